"""What is written, that it is lossless, and that failure leaves no trace."""

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image, ImageCms
from pycocotools.coco import COCO
from pycocotools.mask import decode

from sama.errors import PromptError, SamaError
from sama.export.details import strongest_details
from sama.export.files import FILES, names_of
from sama.export.outputs import Outputs
from sama.export.turns import alone_in
from sama.export.writing import ExportError, check_folder, write_outputs, write_zip
from sama.matting import composite, estimate_foreground, parse_background, to_uint8
from sama.methods import METHODS
from sama.photo.opening import Photo, image_digest, open_image
from sama.predict.answer import ALPHA, SAM, SAMA, TRIMAP, Answer, ModelInfo, ObjectAnswer
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import Settings
from tests.helpers import png_file

INFO = ModelInfo("mini", "SAM-mini", "mini", "0123+4567", "Apache-2.0", "cpu", "float32", 512, 1024, True)
PROMPTS = Prompts(((16.0, 12.0, 1),))
PLAIN = [name for name in FILES if not name.startswith("figure")]  # a figure takes seconds


@dataclass(frozen=True)
class Found:
    """An answer as its masks; its logits are 4 inside and -4 outside."""

    sam_mask: np.ndarray
    sama_mask: np.ndarray | None
    alpha: np.ndarray | None
    method: str = "sama"

    @property
    def answer(self) -> Answer:
        masks = {SAM: self.sam_mask, SAMA: self.sama_mask}
        layers = {k: np.where(v, 4, -4).astype(np.float32) for k, v in masks.items() if v is not None}
        if self.alpha is not None:
            layers[ALPHA] = self.alpha
        one = ObjectAnswer(PROMPTS, self.sam_mask[None], np.ones(1, np.float32), 0, layers)
        return Answer(self.method, (one,))


@pytest.fixture
def photo() -> Photo:
    rgb = np.random.default_rng(0).integers(0, 256, (24, 33, 3), np.uint8)
    return Photo(rgb, None, "horse.jpg", image_digest(rgb), (), None)


@pytest.fixture
def answer() -> Found:
    return disc(24, 33)


def disc(height: int, width: int) -> Found:
    y, x = np.mgrid[:height, :width]
    alpha = np.clip((9 - np.hypot(x - width // 2, y - height // 2)) / 4, 0, 1).astype(np.float32)
    return Found(alpha > 0.7, alpha > 0.5, alpha)


def outputs(photo, answer, background="#2040ff", **settings) -> Outputs:
    request = Request.of(PROMPTS, photo.size)
    done = Settings(parse_background(background), **settings)
    return Outputs(photo, answer.answer, request, done, INFO)


def read(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def snapshot(folder) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_everything_is_written_at_the_photos_size(photo, answer, tmp_path):
    out = tmp_path / "new" / "folder"
    paths = write_outputs(out, outputs(photo, answer, "#2040ff"), PLAIN)
    assert paths == [out / name for name in PLAIN]
    assert sorted(p.name for p in out.iterdir()) == sorted(PLAIN)
    np.testing.assert_array_equal(read(out / "mask_sam.png"), np.where(answer.sam_mask, 255, 0))
    np.testing.assert_array_equal(read(out / "mask.png"), np.where(answer.sama_mask, 255, 0))
    np.testing.assert_array_equal(read(out / "alpha.png"), np.rint(answer.alpha * 255))
    foreground = estimate_foreground(photo.rgb, answer.alpha)
    cut = read(out / "cutout.png")
    assert cut.shape == (24, 33, 4) and cut.dtype == np.uint8
    np.testing.assert_array_equal(cut[..., 3], np.rint(answer.alpha * 255))
    seen = cut[..., 3] > 0
    np.testing.assert_array_equal(cut[seen][:, :3], to_uint8(foreground)[seen])
    blue = np.array([0x20, 0x40, 0xFF]) / 255
    exact = answer.alpha[..., None] * foreground + (1 - answer.alpha[..., None]) * blue
    assert np.abs(read(out / "composite.png") - 255 * exact).max() <= 0.51
    np.testing.assert_array_equal(read(out / "alpha16.png"), np.rint(answer.alpha * 65535))
    session = Session.load(out / "session.json")
    session.check(photo)
    assert session.prompts == PROMPTS
    assert (session.model, session.settings["background"]) == ("mini", "#2040ff")


@pytest.mark.parametrize("cutout_from", ["matte", "mask"])
def test_mask_and_matte_both_cut_out_and_one_is_chosen(photo, answer, tmp_path, cutout_from):
    done = outputs(photo, answer, "#2040ff", cutout_from=cutout_from)
    other = {"matte": "mask", "mask": "matte"}[cutout_from]
    assert f"cutout_{other}.png" in names_of(done) and f"cutout_{cutout_from}.png" not in names_of(done)
    write_outputs(tmp_path, done, PLAIN)
    cuts = {name: read(tmp_path / f"cutout_{name}.png") for name in ("matte", "mask")}
    np.testing.assert_array_equal(read(tmp_path / "cutout.png"), cuts[cutout_from])
    np.testing.assert_array_equal(cuts["matte"][..., 3], np.rint(answer.alpha * 255))
    np.testing.assert_array_equal(cuts["mask"][..., 3], np.where(answer.sama_mask, 255, 0))
    np.testing.assert_array_equal(cuts["mask"][answer.sama_mask][:, :3], photo.rgb[answer.sama_mask])
    seen = read(tmp_path / "composite.png")[~answer.sama_mask & (answer.alpha > 0)]
    assert (seen == [0x20, 0x40, 0xFF]).all() == (cutout_from == "mask"), "a mask has no soft edge"
    again = Settings.from_dict(Session.load(tmp_path / "session.json").settings, methods=METHODS)
    assert again.cutout_from == cutout_from


def test_a_mask_is_never_more_opaque_than_the_file(photo, answer):
    half = replace(photo, alpha=np.full(photo.rgb.shape[:2], 100, np.uint8))
    cut = outputs(half, answer, cutout_from="mask").cutout
    np.testing.assert_array_equal(cut[..., 3], np.where(answer.sama_mask, 100, 0))


def test_the_cutout_gives_the_same_composite(photo, answer, tmp_path):
    write_outputs(tmp_path, outputs(photo, answer, "white"), PLAIN)
    cut = read(tmp_path / "cutout.png") / np.float32(255)
    again = to_uint8(composite(cut[..., :3], cut[..., 3], np.ones(3)))
    difference = np.abs(again.astype(int) - read(tmp_path / "composite.png"))
    assert difference.max() <= 1


def test_transparent_composite_is_the_cutout(photo, answer, tmp_path):
    write_outputs(tmp_path, outputs(photo, answer, "transparent"), PLAIN)
    assert (tmp_path / "composite.png").read_bytes() == (tmp_path / "cutout.png").read_bytes()


def test_blurred_background(photo, answer, tmp_path):
    write_outputs(tmp_path, outputs(photo, answer, "blur:4"), PLAIN)
    result = read(tmp_path / "composite.png").astype(int)
    inside, outside = answer.alpha == 1, answer.alpha == 0
    np.testing.assert_array_equal(result[inside], photo.rgb[inside])
    assert np.diff(result, axis=1)[outside[:, 1:]].std() < 0.2 * np.diff(photo.rgb * 1.0, axis=1).std()


def test_trimap_keeps_what_is_certain(photo, answer, tmp_path):
    write_outputs(tmp_path, outputs(photo, answer), ["trimap.png"])
    trimap = read(tmp_path / "trimap.png")
    assert set(np.unique(trimap)) == {0, 128, 255}
    assert (answer.alpha[trimap == 255] == 1).all() and (answer.alpha[trimap == 0] == 0).all()
    assert (trimap[(answer.alpha > 0) & (answer.alpha < 1)] == 128).all()
    assert (trimap == 255).sum() > 20 and (trimap == 0).sum() > 20
    binary = replace(answer, alpha=answer.sama_mask.astype(np.float32))
    band = outputs(photo, binary).trimap() == 128  # a hard edge is unknown on both of its sides
    assert (binary.alpha[band] == 0).any() and (binary.alpha[band] == 1).any()
    assert band.sum() < 0.3 * band.size


def test_coco_reads_what_is_written(photo, answer, tmp_path, capsys):
    write_outputs(tmp_path, outputs(photo, answer), ["coco.json"])
    data = COCO(tmp_path / "coco.json")
    (annotation,) = data.loadAnns(data.getAnnIds())
    np.testing.assert_array_equal(data.annToMask(annotation), answer.sama_mask)
    np.testing.assert_array_equal(decode(annotation["segmentation"]), answer.sama_mask)
    rows, columns = np.nonzero(answer.sama_mask)
    assert annotation["area"] == len(rows)
    assert annotation["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    assert data.loadImgs(1)[0]["file_name"] == "horse.jpg"


def test_the_photo_s_own_colours_when_asked(photo, answer, tmp_path):
    write_outputs(tmp_path, outputs(photo, answer, "white", estimate_foreground=False), PLAIN)
    cut = read(tmp_path / "cutout.png")
    seen = cut[..., 3] > 0
    np.testing.assert_array_equal(cut[seen][:, :3], photo.rgb[seen])
    assert Session.load(tmp_path / "session.json").settings["foreground"] == "photo"


def odd_profile() -> bytes:
    """sRGB's profile with the tags of its red and its green primary exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


def test_the_photo_s_profile_is_kept_with_its_colours(answer, tmp_path):
    icc = odd_profile()
    rgb = np.random.default_rng(0).integers(0, 256, (24, 33, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "own.png", icc_profile=icc)
    photo = open_image(tmp_path / "own.png", keep_own=True)
    assert (photo.rgb != rgb).any()  # the model and the page see sRGB
    write_outputs(tmp_path, outputs(photo, answer, "#2040ff"), PLAIN)
    for name in ("cutout.png", "composite.png"):
        with Image.open(tmp_path / name) as image:
            assert image.info["icc_profile"] == icc, name
    inside, outside = answer.alpha == 1, answer.alpha == 0
    np.testing.assert_array_equal(read(tmp_path / "cutout.png")[inside][:, :3], rgb[inside])
    np.testing.assert_array_equal(read(tmp_path / "composite.png")[inside], rgb[inside])
    shown = open_image(tmp_path / "composite.png").rgb  # converted to sRGB again
    assert np.abs(shown[outside].astype(int) - [0x20, 0x40, 0xFF]).max() <= 2
    for name in ("mask.png", "alpha.png"):
        assert "icc_profile" not in Image.open(tmp_path / name).info


def test_colours_named_by_numbers_are_kept_with_a_profile(answer, tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (24, 33, 3), np.uint8)
    data = png_file(rgb, 8, 2, [(b"cICP", bytes((12, 13, 0, 1)))])  # Display P3
    photo = open_image(data, keep_own=True)
    write_outputs(tmp_path, outputs(photo, answer, "#2040ff"), ["cutout.png", "composite.png"])
    inside = answer.alpha == 1
    np.testing.assert_array_equal(read(tmp_path / "cutout.png")[inside][:, :3], rgb[inside])
    shown = open_image(tmp_path / "composite.png").rgb
    assert np.abs(shown[inside].astype(int) - photo.rgb[inside]).max() <= 1
    assert np.abs(shown[answer.alpha == 0].astype(int) - [0x20, 0x40, 0xFF]).max() <= 2


def test_pictures_have_the_photo_s_resolution(photo, answer, tmp_path):
    names = [name for name in PLAIN if name.endswith(".png")]
    write_outputs(tmp_path / "without", outputs(photo, answer), names)
    write_outputs(tmp_path / "with", outputs(replace(photo, dpi=(300.0, 150.0)), answer), names)
    for name in names:
        with Image.open(tmp_path / "without" / name) as bare, Image.open(tmp_path / "with" / name) as image:
            assert "dpi" not in bare.info
            assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
            np.testing.assert_array_equal(np.array(bare), np.array(image))


def test_the_matte_is_never_more_opaque_than_the_file(photo, answer, tmp_path):
    own = np.random.default_rng(1).integers(0, 256, (24, 33)).astype(np.uint8)
    own[12, 10:20] = 0
    hidden = np.full((24, 33, 3), 7, np.uint8)  # a colour that only the file knows where it is transparent
    data = io.BytesIO()
    Image.fromarray(np.dstack([np.where(own[..., None] == 0, hidden, photo.rgb), own])).save(data, "PNG")
    opened = open_image(data.getvalue(), keep_own=True)
    limited = outputs(opened, answer, "transparent")
    write_outputs(tmp_path, limited, PLAIN)
    expected = np.minimum(np.rint(answer.alpha * 255), own)
    for name in ("cutout.png", "composite.png"):
        cut = read(tmp_path / name)
        np.testing.assert_array_equal(cut[..., 3], expected)
        assert not (cut[own == 0][:, :3] == 7).all(-1).any()
    np.testing.assert_array_equal(read(tmp_path / "alpha.png"), expected)
    assert np.abs(read(tmp_path / "alpha16.png") / 257 - np.minimum(answer.alpha * 255, own)).max() < 0.01
    assert limited.alpha.dtype == np.float32
    np.testing.assert_array_equal(read(tmp_path / "mask.png"), np.where(answer.sama_mask, 255, 0))
    write_outputs(tmp_path / "white", outputs(opened, answer, "white"), ["composite.png"])
    assert (read(tmp_path / "white" / "composite.png")[12, 10:20] == 255).all()


def test_an_srgb_profile_is_kept_and_a_damaged_one_is_not(answer, tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (24, 33, 3), np.uint8)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc, kept in ((srgb, srgb), (b"x" * 200, None)):
        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, "PNG", icc_profile=icc)
        photo = open_image(buffer.getvalue(), keep_own=True)
        np.testing.assert_array_equal(photo.rgb, rgb)
        write_outputs(tmp_path, outputs(photo, answer, "white"), ["cutout.png"])
        with Image.open(tmp_path / "cutout.png") as image:
            assert image.info.get("icc_profile") == kept


def test_without_sama_weights_there_is_no_sama_mask(photo, answer, tmp_path):
    bare = outputs(photo, replace(answer, sama_mask=None, method="closed_form"))
    assert [name for name in FILES if name not in names_of(bare)] == ["cutout_matte.png", "mask.png"]
    written = write_outputs(tmp_path, bare, [name for name in names_of(bare) if name in PLAIN])
    assert not (tmp_path / "mask.png").exists() and len(written) == len(PLAIN) - 2
    np.testing.assert_array_equal(decode(bare.coco()["annotations"][0]["segmentation"]), answer.sam_mask)
    assert "SAM mask by mini" in bare.coco()["info"]["description"]


def test_zip_holds_the_same_files_and_is_reproducible(photo, answer, tmp_path):
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"
    write_zip(first, outputs(photo, answer))
    write_zip(second, outputs(photo, answer))
    assert first.read_bytes() == second.read_bytes()
    write_outputs(tmp_path / "folder", outputs(photo, answer))
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == list(names_of(outputs(photo, answer)))
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "folder" / name).read_bytes(), name
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "one.zip", "two.zip"]
    page = Image.open(tmp_path / "folder" / "figure.png")
    assert page.width > 3000 and page.mode in ("RGB", "RGBA")
    pdf = (tmp_path / "folder" / "figure.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"/FontFile2" in pdf  # text as text, in an embedded TrueType font
    with pytest.raises(ExportError):
        write_zip(tmp_path / "no" / "where.zip", outputs(photo, answer))


def test_details_are_where_the_masks_differ_most():
    sam = np.zeros((600, 800), bool)
    sama = sam.copy()
    sama[100:160, 600:660] = True
    sama[400:420, 100:130] = True
    alpha = sama.astype(np.float32)
    (x, y, side), (u, v, _) = strongest_details(sam, sama, alpha)
    assert x <= 600 and y <= 100 and x + side >= 660 and y + side >= 160
    assert u <= 100 and v <= 400 and u + side >= 130 and v + side >= 420
    assert strongest_details(sama, sama, alpha) == []
    soft = alpha.copy()
    soft[410:420, 110:120] = 0.4
    ((x, y, side),) = strongest_details(sama, sama, soft)
    assert x <= 110 and y <= 410 and x + side >= 120 and y + side >= 420
    for tiny in ((1, 1), (1, 300), (40, 30)):  # squares stay inside the photo
        for x, y, side in strongest_details(np.ones(tiny, bool), np.zeros(tiny, bool), np.zeros(tiny)):
            assert x >= 0 and y >= 0 and side >= 1 and x + side <= tiny[1] and y + side <= tiny[0]


def test_replaces_its_own_files_and_no_others(photo, answer, tmp_path):
    (tmp_path / "mask.png").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write_outputs(tmp_path, outputs(photo, answer, "white"), PLAIN)
    assert read(tmp_path / "mask.png").shape == (24, 33)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*PLAIN, "notes.txt"])


def test_what_a_killed_run_has_left_goes_with_the_next(photo, answer, tmp_path):
    left, busy, new = (tmp_path / f".sama-{name}" for name in ("left", "busy", "new"))
    for folder in (left, busy, new):
        folder.mkdir()
        (folder / "mask.png").write_bytes(b"half")
    (tmp_path / ".sama-notes").write_text("mine")
    for folder in (left, busy):
        os.utime(folder, (0, 0))
    with alone_in(busy):
        write_outputs(tmp_path, outputs(photo, answer), ["mask.png"])
    assert {path.name for path in tmp_path.iterdir()} == {
        ".sama-busy",
        ".sama-new",
        ".sama-notes",
        "mask.png",
    }


def test_failure_while_writing_leaves_nothing(photo, answer, tmp_path):
    bad = outputs(photo, answer, "white", candidate=float("nan"))  # no JSON number
    (tmp_path / "mask.png").write_text("old")
    before = snapshot(tmp_path)
    for out in (tmp_path, tmp_path / "deep" / "er"):
        with pytest.raises(PromptError):
            write_outputs(out, bad, PLAIN)
    assert snapshot(tmp_path) == before


def test_failure_while_moving_puts_everything_back(photo, answer, tmp_path):
    (tmp_path / "mask.png").write_text("old")
    (tmp_path / "trimap.png").mkdir()  # cannot be replaced, and most files come before it
    before = snapshot(tmp_path)
    with pytest.raises(ExportError, match="trimap.png in it is a folder"):
        write_outputs(tmp_path, outputs(photo, answer, "white"), PLAIN)
    assert snapshot(tmp_path) == before


def test_interrupted_move_puts_everything_back(photo, answer, tmp_path, monkeypatch):
    (tmp_path / "alpha.png").write_text("old")
    before = snapshot(tmp_path)
    real, calls = os.replace, []

    def interrupted(source, target):
        calls.append(target)
        if len(calls) == 4:  # after cutout.png, composite.png, and the old alpha.png
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_outputs(tmp_path, outputs(photo, answer, "white"), PLAIN)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["file.txt", "file.txt/below"])
def test_impossible_folders(photo, answer, tmp_path, name):
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(ExportError) as caught:
        write_outputs(tmp_path / name, outputs(photo, answer, "white"), PLAIN)
    assert isinstance(caught.value, SamaError)
    assert str(caught.value).endswith("choose another one.") and str(tmp_path) not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("step", ["mkdtemp", "save"])
def test_refused_by_the_system(photo, answer, tmp_path, monkeypatch, step):
    calls = []

    def fail(*args, **options):
        calls.append(step)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*{"mkdtemp": (tempfile, "mkdtemp"), "save": (Image.Image, "save")}[step], fail)
    (tmp_path / "mask.png").write_text("old")
    before = snapshot(tmp_path)
    for out in (tmp_path, tmp_path / "deep" / "er"):
        with pytest.raises(ExportError, match=r"cannot be written to \(No space left on device\)"):
            write_outputs(out, outputs(photo, answer, "white"), PLAIN)
    assert len(calls) == 2 and snapshot(tmp_path) == before


def test_a_prediction_of_another_size_is_a_mistake_of_the_caller(photo, answer, tmp_path):
    for wrong, said in (
        (replace(answer, alpha=answer.alpha.T), "24, 33"),
        (replace(answer, alpha=None), "matte"),
    ):
        with pytest.raises(ValueError, match=said):
            outputs(photo, wrong)
    assert not list(tmp_path.iterdir())


def test_the_trimap_is_the_head_s_where_it_tells_one(photo, answer):
    told = np.random.default_rng(2).integers(0, 3, (24, 33)).astype(np.float32) / 2
    own = np.full((24, 33), 255, np.uint8)
    own[:3], own[3:6] = 0, 100
    made = outputs(replace(photo, alpha=own), answer)
    made.answer.objects[0].layers[TRIMAP] = told
    found = made.trimap()
    np.testing.assert_array_equal(found[6:], np.ceil(told[6:] * 255))
    assert not found[:3].any(), "where the file has nothing"
    np.testing.assert_array_equal(found[3:6], np.where(told[3:6] > 0, 128, 0))


DATA = ["mask.png", "mask_sam.png", "alpha.png", "coco.json", "session.json"]


def kinds_of(folder, answers) -> set[int]:
    """Whose files lie in a folder, by their content: numbers of `answers`."""
    areas = {int(each.own_mask.sum()): i for i, each in enumerate(answers)}
    area = json.loads((folder / "coco.json").read_text("utf-8"))["annotations"][0]["area"]
    colour = json.loads((folder / "session.json").read_text("utf-8"))["settings"]["background"]
    colours = [each.settings.background.text for each in answers]
    return {areas[area], areas[int((read(folder / "mask.png") > 0).sum())], colours.index(colour)}


def test_two_who_write_into_one_folder_never_mix(photo, answer, tmp_path):
    small = replace(answer, sama_mask=answer.alpha > 0.9)
    both = [outputs(photo, answer, "#ff0000"), outputs(photo, small, "#00ff00")]
    errors, seen = [], set()

    def write(one):
        try:
            write_outputs(tmp_path, one, DATA)
        except Exception as error:
            errors.append(error)

    for _ in range(40):
        threads = [threading.Thread(target=write, args=(each,)) for each in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (winner,) = kinds_of(tmp_path, both)
        seen.add(winner)
    assert not errors and seen <= {0, 1}
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(DATA)


def test_another_process_waits_for_its_turn(tmp_path):
    from sama.export.turns import alone_in

    code = "import sys; from pathlib import Path; from sama.export.turns import alone_in\n"
    code += "with alone_in(Path(sys.argv[1])): print('in', flush=True)"
    with alone_in(tmp_path):
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(3)
    assert other.communicate(timeout=60)[0] == "in\n" and other.returncode == 0
    assert not list(tmp_path.iterdir())


def test_all_files_are_those_of_one_answer(photo, answer, tmp_path):
    """What an earlier answer has left and this one has not is removed; what is somebody else's stays."""
    write_outputs(tmp_path, outputs(photo, answer, "white"), PLAIN)
    (tmp_path / "notes.txt").write_text("mine")
    bare = outputs(photo, replace(answer, sama_mask=None, method="closed_form"))
    write_outputs(tmp_path, bare)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*names_of(bare), "notes.txt"])
    assert "mask.png" not in names_of(bare)


def test_a_folder_is_looked_at_ahead_and_left_as_it_was(tmp_path, monkeypatch):
    check_folder(tmp_path / "new" / "er")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="choose another one"):
        check_folder(tmp_path / "file" / "below")
    (tmp_path / "mask.png").mkdir()
    with pytest.raises(ExportError, match="mask.png in it is a folder"):
        check_folder(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "mask.png"]


def test_the_data_set_names_the_photo_as_it_is_called(answer, tmp_path):
    rgb = np.zeros((24, 33, 3), np.uint8)
    for name in ("a" * 200 + "_0001.jpg", "\u5199\u771f $5 <b>.png", "two\nlines.png", "caf\udce9.jpg"):
        named = outputs(Photo(rgb, None, name, image_digest(rgb), (), None), answer)
        write_outputs(tmp_path, named, ["coco.json", "session.json"])
        data = json.loads((tmp_path / "coco.json").read_text("utf-8"))
        assert data["images"][0]["file_name"] == name == Session.load(tmp_path / "session.json").image_name
    assert b"\r" not in (tmp_path / "coco.json").read_bytes()
