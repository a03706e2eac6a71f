"""Objects that stay apart in files: annotations, folders, and what is left of earlier ones."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.mask import decode

from sama.errors import PromptError
from sama.export import parts
from sama.export.files import FILES
from sama.export.outputs import Outputs
from sama.export.writing import ExportError, check_folder, write_outputs, write_zip
from sama.matting import parse_background
from sama.methods import answer
from sama.photo.opening import Photo, image_digest
from sama.request.listing import Listing
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import Settings
from tests.ui.browser.fake_predictor import FakePredictor

BOXES = ((10.0, 10.0, 60.0, 50.0), (40.0, 20.0, 85.0, 60.0))


@pytest.fixture
def quick(monkeypatch):
    """Without figures, which take seconds."""
    files = {name: file for name, file in FILES.items() if not name.startswith("figure")}
    for module in ("files", "writing"):
        monkeypatch.setattr(f"sama.export.{module}.FILES", files)


def outputs(listing: Listing | None = None, boxes=BOXES) -> Outputs:
    listing = listing or Listing()
    rgb = np.random.default_rng(0).integers(0, 256, (70, 100, 3), np.uint8)
    photo = Photo(rgb, None, "two.jpg", image_digest(rgb), (), None)
    predictor = FakePredictor()
    list(predictor.set_image(rgb))
    request = Request.of(Prompts(boxes=boxes), photo.size, listing=listing)
    settings = Settings(parse_background("transparent"), listing=listing)
    return Outputs(photo, answer(predictor, request), request, settings, predictor.info)


def test_two_overlapping_boxes_are_two_annotations(tmp_path, quick):
    made = outputs(Listing(("cat", "")))
    write_outputs(tmp_path, made)
    coco = COCO(str(tmp_path / "coco.json"))
    assert len(coco.anns) == 2 and {c["name"] for c in coco.cats.values()} == {"cat", "object"}
    masks = []
    for number, annotation in enumerate(coco.anns.values()):
        mask = decode(annotation["segmentation"]) > 0
        np.testing.assert_array_equal(mask, made.answer.objects[number].mask("sama"))
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = [columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]]
        assert annotation["bbox"] == box and annotation["area"] == mask.sum()
        assert annotation["score"] == pytest.approx(0.9) and annotation["name"] == ["cat", ""][number]
        masks.append(mask)
    assert (masks[0] & masks[1]).any(), "they overlap, and each is whole"
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "mask.png")) > 0, masks[0] | masks[1])


def test_a_folder_an_object_and_the_union(tmp_path, quick):
    listing = Listing(("cat/1", "dog"), (1, 0))
    made = outputs(listing)
    written = write_outputs(tmp_path / "out", made)
    folders = ["1_dog", "2_cat_1"]
    assert sorted(p.name for p in (tmp_path / "out" / "objects").iterdir()) == folders
    stack = [np.asarray(Image.open(tmp_path / "out" / "objects" / f / parts.STACKED)) for f in folders]
    assert np.sum(stack, axis=0, dtype=int).max() == 255
    for folder, number in zip(folders, (1, 0), strict=True):
        alpha = np.asarray(Image.open(tmp_path / "out" / "objects" / folder / "alpha.png"))
        np.testing.assert_array_equal(alpha, np.rint(255 * made.answer.objects[number].layers["alpha"]))
        mask = np.asarray(Image.open(tmp_path / "out" / "objects" / folder / "mask.png")) > 0
        np.testing.assert_array_equal(mask, made.answer.objects[number].mask("sama"))
    write_zip(tmp_path / "all.zip", made)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert [tmp_path / "out" / name for name in archive.namelist()] == written
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "out" / name).read_bytes(), name
    session = Session.load(tmp_path / "out" / "session.json")
    assert Listing.from_dict(session.settings["objects"]) == listing


def test_hidden_objects_are_in_no_file_but_the_session(tmp_path, quick):
    made = outputs(Listing(hidden=frozenset({0})))
    write_outputs(tmp_path, made)
    (annotation,) = json.loads((tmp_path / "coco.json").read_text())["annotations"]
    np.testing.assert_array_equal(decode(annotation["segmentation"]) > 0, made.answer.objects[1].mask("sama"))
    assert not (tmp_path / "objects").exists()
    assert len(Session.load(tmp_path / "session.json").prompts.boxes) == 2
    with pytest.raises(PromptError, match="All objects are hidden; show one"):
        outputs(Listing(hidden=frozenset({0, 1})))


def test_together_they_are_one(tmp_path, quick):
    write_outputs(tmp_path, outputs(Listing(("pair",), together=True)))
    (annotation,) = json.loads((tmp_path / "coco.json").read_text())["annotations"]
    assert annotation["name"] == "pair" and not (tmp_path / "objects").exists()


def test_folders_of_an_earlier_answer_go_and_those_of_others_stay(tmp_path, quick):
    write_outputs(tmp_path, outputs())
    assert (tmp_path / "objects" / "2").is_dir()
    write_outputs(tmp_path, outputs(Listing(("cat",))))
    assert sorted(p.name for p in (tmp_path / "objects").iterdir()) == ["1_cat", "2"]
    write_outputs(tmp_path, outputs(boxes=BOXES[:1]))
    assert not (tmp_path / "objects").exists()
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "notes.txt").write_text("mine")
    before = (tmp_path / "coco.json").read_bytes()
    for attempt in (lambda: write_outputs(tmp_path, outputs()), lambda: check_folder(tmp_path)):
        with pytest.raises(ExportError, match="objects in it holds files of others"):
            attempt()
    assert (tmp_path / "coco.json").read_bytes() == before
    write_outputs(tmp_path, outputs(boxes=BOXES[:1]))
    assert (tmp_path / "objects" / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.glob(".sama-*"))
