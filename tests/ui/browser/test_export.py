"""Taking results home from the page, and bringing a session back."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageCms

from sama.export.files import names_of, write_file
from sama.export.outputs import Outputs
from sama.methods import METHODS, answer
from sama.photo.opening import open_image
from sama.request.session import Session
from sama.request.settings import Settings
from tests.helpers import asked
from tests.ui.browser.conftest import EXAMPLES, Visitor, download
from tests.ui.browser.fake_predictor import FakePredictor


def drop(visitor, path):
    """Drop a file on the photo, as a person would from a file manager."""
    transfer = visitor.page.evaluate_handle(
        """([name, bytes]) => {
          const t = new DataTransfer();
          t.items.add(new File([new Uint8Array(bytes)], name));
          return t;
        }""",
        [path.name, list(path.read_bytes())],
    )
    visitor.page.dispatch_event(".pr-canvas", "drop", {"dataTransfer": transfer})


def expected(zipped: zipfile.ZipFile, photo) -> Outputs:
    """What the fake model answers to the session in a zip, made without the page."""
    (photo.parent / "session.json").write_bytes(zipped.read("session.json"))
    session = Session.load(photo.parent / "session.json")
    opened = open_image(photo, keep_own=True)
    session.check(opened)
    settings = Settings.from_dict(session.settings, methods=METHODS)
    predictor = FakePredictor()
    list(predictor.set_image(opened.rgb))
    request = asked(predictor, session.prompts, candidate=settings.candidate, method=settings.method)
    return Outputs(opened, answer(predictor, request), request, settings, predictor.info)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A photo with a colour profile, lying on its side by EXIF: 900 x 600 when upright."""
    rgb = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    upright = Image.fromarray(rgb).resize((900, 600), Image.Resampling.BICUBIC)
    tags = Image.Exif()
    tags[0x0112] = 6
    path = tmp_path_factory.mktemp("photo") / "horse.png"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    upright.transpose(Image.Transpose.ROTATE_90).save(path, exif=tags, icc_profile=icc)
    return path


@pytest.fixture(scope="module")
def visitor(browser, server, photo):
    """A visitor with the photo, a box, two clicks, and a blurred background."""
    visitor = Visitor(browser, server[1])
    visitor.page.set_input_files(".pr-file", photo)
    visitor.page.get_by_text("900 × 600").wait_for()
    visitor.page.get_by_text("Ready: click the object").wait_for()
    visitor.page.mouse.move(*visitor.at(0.3, 0.3))
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.at(0.5, 0.5))
    visitor.page.mouse.move(*visitor.at(0.7, 0.7))
    visitor.page.mouse.up()
    visitor.answered()
    visitor.click(0.75, 0.5)
    visitor.click(0.5, 0.5, button="right")
    visitor.page.click("[data-kind=blur]")
    yield visitor
    visitor.context.close()


@pytest.fixture(scope="module")
def everything(visitor, tmp_path_factory):
    """The zip of everything, opened."""
    caught = download(visitor)
    assert caught.suggested_filename == "horse_sama.zip"
    path = tmp_path_factory.mktemp("zip") / "horse_sama.zip"
    caught.save_as(path)
    visitor.screenshot("export")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_zip_has_the_pixels_of_the_command_line(everything, photo, tmp_path):
    outputs = expected(everything, photo)
    assert everything.namelist() == list(names_of(outputs))
    assert len(outputs.prompts.boxes) == 1 and len(outputs.prompts.points) == 2
    assert outputs.settings.background.kind == "blur"
    for name in names_of(outputs):
        write_file(name, outputs, tmp_path)
        assert everything.read(name) == (tmp_path / name).read_bytes(), name
    cut = Image.open(tmp_path / "cutout.png")
    assert cut.size == (900, 600) and cut.mode == "RGBA"
    assert cut.info["icc_profile"] == Image.open(photo).info["icc_profile"]
    upright = np.asarray(Image.open(photo).transpose(Image.Transpose.ROTATE_270))
    opaque = outputs.alpha == 1
    assert opaque.any() and (np.asarray(cut)[opaque][:, :3] == upright[opaque]).all()


def test_a_single_file_is_the_one_in_the_zip(visitor, everything):
    caught = download(visitor, "Alpha, 16 bit")
    assert caught.suggested_filename == "horse_alpha16.png"
    assert caught.path().read_bytes() == everything.read("alpha16.png")


def test_a_session_brings_everything_back(visitor, everything, tmp_path):
    session = tmp_path / "session.json"
    session.write_bytes(everything.read("session.json"))
    before = visitor.prompts()
    visitor.page.click("[data-kind=transparent]")
    visitor.page.click(".pr-clear")
    visitor.page.locator("#viewer [data-seq]").wait_for(state="detached")
    visitor.page.mouse.click(*visitor.at(0.2, 0.2))
    visitor.answered()
    cleared = visitor.prompts()["points"]
    seq = visitor.seq
    drop(visitor, session)
    visitor.answered(seq)
    again = visitor.prompts()
    assert (again["points"], again["boxes"]) == (before["points"], before["boxes"])
    assert visitor.page.locator("[data-kind=blur]").get_attribute("aria-pressed") == "true"
    caught = download(visitor, "Composite")
    assert caught.path().read_bytes() == everything.read("composite.png")
    visitor.page.click(".pr-undo")
    visitor.answered(visitor.seq)
    assert visitor.prompts()["points"] == cleared
    assert not visitor.errors


def without(session: dict, **changes) -> bytes:
    return json.dumps(session | changes).encode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"image_sha256": "0" * 64}, "This session was made on another photo (horse.png)"),
        ({"version": 7}, "The session file is not of version 1"),
        ({"prompts": {"points": [[9000, 1, 1]]}}, "lies outside the photo of 900 x 600 pixels"),
        ({"prompts": {"boxes": [[9, 9, 9, 40]]}}, "has no area"),
        ({"settings": {"candidate": "x"}}, "A candidate is the number"),
        ({"settings": {"background": "no colour"}}, "is no background"),
        (None, "is not a session file"),
    ],
    ids=["another photo", "version", "outside", "no area", "candidate", "background", "no JSON"],
)
def test_a_session_that_does_not_fit_changes_nothing(visitor, everything, tmp_path, change, sentence):
    session = json.loads(everything.read("session.json"))
    path = tmp_path / "session.json"
    path.write_bytes(b"{" if change is None else without(session, **change))
    before = visitor.prompts(), visitor.seq
    visitor.page.set_input_files(".pr-file", path)
    visitor.page.get_by_text(sentence).first.wait_for()
    visitor.page.get_by_text("Reading session").wait_for(state="hidden")
    assert visitor.page.get_by_text("900 × 600").is_visible()
    visitor.click(0.9, 0.3, button="right")
    now = visitor.prompts()
    assert now["points"][:-1] == before[0]["points"] and now["boxes"] == before[0]["boxes"]
    visitor.page.click(".pr-undo")
    visitor.answered(before[1] + 1)
    assert not visitor.errors


def test_a_session_never_opens_a_file_of_the_server(visitor, everything, tmp_path):
    session = json.loads(everything.read("session.json"))
    secret = EXAMPLES / "flower.jpg"
    path = tmp_path / "session.json"
    path.write_bytes(without(session, settings={"background": f"image:{secret}"}))
    seq = visitor.seq
    visitor.page.set_input_files(".pr-file", path)
    visitor.page.get_by_text("Its background picture is not in the file").wait_for()
    visitor.answered(seq)
    assert visitor.page.locator("[data-kind=blur]").get_attribute("aria-pressed") == "true"


def test_a_session_of_another_model_says_so(visitor, everything, tmp_path):
    path = tmp_path / "session.json"
    path.write_bytes(without(json.loads(everything.read("session.json")), model="vit_b"))
    seq = visitor.seq
    visitor.page.set_input_files(".pr-file", path)
    visitor.page.get_by_text("made with the model vit_b; this page runs fake").wait_for()
    visitor.answered(seq)


def test_other_programs_find_the_photo_by_its_name(browser, server, photo, tmp_path):
    """The upload changes names; what is exported has the visitor's own."""
    name = "\u4fa1\u683c\u8868 $5 `x`! <b>" + "n" * 100 + "_0001.png"
    (tmp_path / name).write_bytes(photo.read_bytes())
    visitor = Visitor(browser, server[1])
    visitor.page.set_input_files(".pr-file", tmp_path / name)
    visitor.page.get_by_text("Ready: click the object").wait_for()
    visitor.page.mouse.click(*visitor.at(0.5, 0.5))
    visitor.answered()
    data = json.loads(download(visitor, "Mask, COCO RLE").path().read_text("utf-8"))
    assert data["images"][0]["file_name"] == name
    visitor.context.close()
