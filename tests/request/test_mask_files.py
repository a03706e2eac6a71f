"""Mask prompts from pictures and COCO files of other programs."""

import codecs
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from sama.errors import PromptError
from sama.request.mask_files import read_mask
from sama.request.session import Session

SIZE = 40, 30


@pytest.fixture
def mask() -> np.ndarray:
    y, x = np.mgrid[:30, :40]
    return ((x - 22) / 11) ** 2 + ((y - 14) / 9) ** 2 < 1


def pictures(mask: np.ndarray) -> dict[str, Image.Image]:
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    labels = Image.fromarray(mask.astype(np.uint8))
    palette = Image.fromarray(1 - mask.astype(np.uint8)).convert("P")  # black has the higher number
    palette.putpalette([255, 255, 255, 0, 0, 0])
    clear = Image.new("RGBA", SIZE, "black")
    clear.putalpha(grey)
    return {
        "grey.png": grey,
        "one_bit.png": grey.convert("1"),
        "zero_and_one.png": labels,
        "deep.png": Image.fromarray(mask.astype(np.uint16) * 65535),
        "colour.bmp": grey.convert("RGB"),
        "palette.png": palette,
        "opaque.png": clear,
        "lossy.jpg": grey,
    }


def dataset(name: str, shapes: list, **more) -> dict:
    images = [{"id": 7, "file_name": name, "width": 40, "height": 30}]
    annotations = [{"id": i, "image_id": 7, "segmentation": shape} for i, shape in enumerate(shapes)]
    return {"images": images, "annotations": annotations, **more}


def compressed(mask: np.ndarray) -> dict:
    code = coco.encode(np.asfortranarray(mask, np.uint8))
    return {"size": code["size"], "counts": code["counts"].decode()}


def plain(mask: np.ndarray) -> dict:
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return {"size": [30, 40], "counts": np.diff([0, *edges, mask.size]).tolist()}


@pytest.mark.parametrize("name", list(pictures(np.zeros((30, 40), bool))))
def test_pictures(mask, tmp_path, name):
    pictures(mask)[name].save(tmp_path / name)
    found = read_mask(tmp_path / name, SIZE, "horse.jpg")
    if name == "lossy.jpg":  # what JPEG has blurred is soft
        assert found.dtype == np.float32 and ((found > 0) != mask).mean() < 0.01
    else:
        assert found.dtype == bool and np.array_equal(found, mask)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_coco_in_any_encoding_and_form(mask, tmp_path, encoding):
    half = mask & (np.arange(40) < 22)
    path = tmp_path / "coco.json"
    for shapes in ([compressed(mask)], [plain(mask)], [compressed(half), plain(mask & ~half)]):
        path.write_bytes(json.dumps(dataset("photos/horse.jpg", shapes)).encode(encoding))
        np.testing.assert_array_equal(read_mask(path, SIZE, "horse.jpg"), mask)
    box = [[10.0, 5, 30, 5, 30, 25, 10, 25]]
    path.write_bytes(json.dumps(dataset("other.jpg", [box])).encode(encoding))
    expected = coco.decode(coco.merge(coco.frPyObjects(box, 30, 40))) > 0
    np.testing.assert_array_equal(read_mask(path, SIZE, "horse.jpg"), expected)  # the only photo there is


def test_the_photo_is_found_by_its_whole_name_however_accents_are_written(mask, tmp_path):
    data = dataset("caf\u00e9_" + "x" * 90 + ".jpg", [compressed(mask)])
    data["images"].append({"id": 8, "file_name": "caf\u00e9.jpg"})
    (tmp_path / "c.json").write_text(json.dumps(data), "utf-8")
    found = read_mask(tmp_path / "c.json", SIZE, "cafe\u0301_" + "x" * 90 + ".jpg")
    np.testing.assert_array_equal(found, mask)
    with pytest.raises(PromptError, match="has no photo called tea.jpg; check its file_name"):
        read_mask(tmp_path / "c.json", SIZE, "tea.jpg")


WRONG_COUNTS = {"size": [30, 40], "counts": "zzzz"}
BAD = {
    "words.png": (b"I am no mask", "cannot be read as a photo; choose a complete JPEG, PNG"),
    "cut.png": (
        b"\x89PNG\r\n\x1a\n\0\0",
        "damaged or incomplete; export or download it again. A mask is a picture",
    ),
    "list.json": (b"{}", "is not a COCO data set"),
    "deep.json": (b'{"images":' + b"[" * 100_000, "is not a COCO data set"),
    "none.json": (json.dumps(dataset("a.jpg", [])).encode(), "has no annotation of this photo"),
    "long.json": (
        json.dumps(dataset("a.jpg", [{"size": [30, 40], "counts": [5, 9**9]}])).encode(),
        "is not a COCO",
    ),
    "false.json": (json.dumps(dataset("a.jpg", [WRONG_COUNTS])).encode(), "is not a COCO data set"),
    "size.json": (
        json.dumps(dataset("a.jpg", [{"size": [9, 9], "counts": [81]}])).encode(),
        "is 9 x 9 pixels",
    ),
    "nan.json": (json.dumps(dataset("a.jpg", [[[1, 1, 5, 5, 9, float("nan")]]])).encode(), "is not a COCO"),
    "text.json": (json.dumps(dataset("a.jpg", ["horse"])).encode(), "is not a COCO data set"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_mask_is_one_sentence(tmp_path, name):
    data, sentence = BAD[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PromptError) as caught:
        read_mask(tmp_path / name, SIZE, "a.jpg")
    assert sentence in str(caught.value) and str(caught.value).endswith(".") and name in str(caught.value)


def test_a_mask_of_another_size_names_both(tmp_path):
    Image.new("L", (41, 30)).save(tmp_path / "m.png")
    with pytest.raises(
        PromptError, match=r"is 41 x 30 pixels and the upright photo 40 x 30; make them equal"
    ):
        read_mask(tmp_path / "m.png", SIZE, "a.jpg")
    with pytest.raises(PromptError, match="cannot be read"):
        read_mask(tmp_path / "none.png", SIZE, "a.jpg")


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b""], ids=["marked", "plain"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_sessions_open_as_editors_save_them(tmp_path, mark, encoding):
    from sama.request.prompts import Prompts

    session = Session("0" * 64, (9, 9), "\u5199\u771f.png", Prompts(boxes=((1, 1, 5, 5),)), "mini")
    session.save(tmp_path / "s.json")
    text = (tmp_path / "s.json").read_text("utf-8").replace("\n", "\r\n")
    (tmp_path / "s.json").write_bytes((mark if encoding == "utf-8" else b"") + text.encode(encoding))
    assert Session.load(tmp_path / "s.json") == session
