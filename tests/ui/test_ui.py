"""The page's parts without a browser."""

from pathlib import Path

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.errors import PromptError
from sama.matting import parse_background, to_uint8
from sama.photo.opening import open_image
from sama.predict.hints import WHERE, hint
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.request.settings import Settings
from sama.ui.examples import read_examples
from sama.ui.handlers.answering import answer
from sama.ui.handlers.scenery import parts_of
from sama.ui.pictures import grey_url, mask_url, matte_url
from sama.ui.prompter import PromptData
from sama.ui.scene import SceneData
from sama.ui.visit import PREVIEW_SIDE, Visit
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import Counts, FakePredictor
from tests.ui.sent import decoded

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photo(tmp_path):
    """A file with a photo of 1600 x 1200 pixels."""
    rgb = np.random.default_rng(0).integers(0, 255, (1200, 1600, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def test_masks_and_mattes_travel_without_loss():
    rng = np.random.default_rng(0)
    mask = rng.random((41, 67)) > 0.5
    rgba = np.asarray(decoded(mask_url(mask, (1, 2, 3))).convert("RGBA"))
    assert ((rgba[..., 3] == 255) == mask).all()
    assert (rgba[mask] == (1, 2, 3, 255)).all()
    alpha = rng.integers(0, 256, (41, 67), np.uint8)
    assert (np.asarray(decoded(grey_url(alpha))) == alpha).all()
    rgba = np.asarray(decoded(matte_url(alpha)).convert("RGBA"))
    assert (rgba[..., 3] == alpha).all() and (rgba[..., :3] == 255).all()
    stack = rng.integers(0, 256, (41, 67, 3), np.uint8)
    assert (np.asarray(decoded(matte_url(stack))) == stack).all()


def test_a_visit_encodes_once_and_keeps_only_a_preview(photo):
    counts = Counts()
    visit = Visit(FakePredictor(counts), photo)
    assert [p.stage for p in visit.encode()] == ["global"] + ["local"] * 4
    assert list(visit.encode()) == []
    assert visit.preview.shape == (768, PREVIEW_SIDE, 3)
    box = Prompts(boxes=((200, 200, 1400, 1000),))
    assert visit.answer(visit.request(box), 1).alpha.shape == (768, 1024)
    outputs = visit.outputs(box, Settings(parse_background("white")), FakePredictor().info)
    assert outputs.cutout.shape == (1200, 1600, 4)
    assert counts.views == 5


def test_a_composite_asks_no_model(photo):
    counts = Counts()
    visit = Visit(FakePredictor(counts), photo)
    list(visit.encode())
    visit.answer(visit.request(Prompts(boxes=((200, 200, 1400, 1000),))), 1, side=512)
    answers = counts.answers
    shown = visit.shown
    for name in ("white", "transparent"):
        assert parts_of(shown, SceneData(), parse_background(name))["behind"] is None, "the page draws it"
    parts = parts_of(shown, SceneData(kind="blur"), parse_background("blur:8"))
    assert decoded(parts["behind"]).size == (512, 384)
    x, y = parts["cut"]["x"], parts["cut"]["y"]
    width, height = decoded(parts["cut"]["src"]).size
    held = shown.fitted.alpha > 0
    assert held[y : y + height, x : x + width].sum() == held.sum() and x > 0 and width < 512
    assert parts["cut"]["alpha"] is None, "that of the matte's panel"
    by_mask = parts_of(shown, SceneData(cutout_from="mask"), parse_background("white"))["cut"]
    alpha = np.asarray(decoded(by_mask["alpha"]).convert("RGBA"))[..., 3]
    assert (alpha == to_uint8(shown.masked.alpha)).all()
    assert counts.answers == answers
    visit.forget_answer()
    assert visit.shown is None


def test_a_closed_visit_stops_encoding(photo):
    counts = Counts()
    visit = Visit(FakePredictor(counts), photo)
    steps = visit.encode()
    next(steps)
    visit.close()
    assert list(steps) == []
    assert counts.views == 1
    assert not visit.encoded


def test_a_visit_that_has_left_and_comes_back_is_opened_again(photo):
    counts = Counts()
    studio = studio_of(FakePredictor(counts))
    data = PromptData(image=FileData(path=str(photo)), boxes=[[10, 10, 40, 40]], seq=1)
    left = Visit(FakePredictor(counts), str(photo))
    list(left.encode())
    left.leave()
    visit = [*answer(page_of(studio, left, data))][-1]["visit"]
    assert visit is not left
    assert visit.shown is not None


@pytest.mark.parametrize("outside", [(0.5, 0.3, 0.6, 0.8), (0.2, 0.55, 0.8, 0.7), (0.2, 0.3, 0.45, 0.8)])
def test_a_box_that_cuts_the_object_is_told_where(outside):
    alpha = np.zeros((80, 100), np.float32)
    alpha[24:64, 20:80] = 1
    x0, y0, x1, y1 = (side * scale for side, scale in zip(outside, (200, 160) * 2, strict=True))
    told = hint(alpha, Prompts(boxes=((x0, y0, x1, y1),)), (200, 160))
    for where, cut in zip(WHERE, (x0 > 40, y0 > 48, x1 < 160, y1 < 128), strict=True):
        assert (where in told) == cut


@pytest.mark.parametrize("box", [(40, 48, 160, 128), (20, 20, 180, 140), (0, 0, 200, 160)])
def test_a_box_around_all_of_the_object_is_not_commented(box):
    alpha = np.zeros((80, 100), np.float32)
    alpha[24:64, 20:80] = 1
    alpha[23, 20:80] = 0.3  # a soft edge
    assert hint(alpha, Prompts(boxes=(box,)), (200, 160)) == ""
    small = (80.0, 48.0, 120.0, 128.0)
    assert hint(alpha, Prompts(((140.0, 80.0, 1),), (small,)), (200, 160)) == "", "a click may lie outside"
    assert hint(alpha, Prompts(boxes=(small, (40, 48, 160, 128))), (200, 160)) == ""
    assert hint(alpha, Prompts(boxes=(small,)), (200, 160)) != ""


def test_sam_answers_at_once_where_a_closer_look_takes_a_while(photo):
    counts = Counts(small=100)
    studio = studio_of(FakePredictor(counts))
    visit = studio.open(photo)
    list(visit.encode())

    def told(box: list[float]) -> list[str | None]:
        data = PromptData(image=FileData(path=photo), boxes=[box], seq=1)
        steps = list(answer(page_of(studio, visit, data)))
        return [
            s["prompter"].props["status"].get("text") for s in steps if {"viewer", "prompter"} <= s.keys()
        ]

    assert told([200, 200, 1400, 1000]) == [None]
    assert counts.closer == [False, True], "SAM's mask goes ahead"
    assert told([200, 200, 260, 240]) == ["Looking closer ...", None]
    assert counts.closer[2:] == [False, True], "SAM on the whole photo first"
    assert visit.shown.answer.alpha is not None


def test_prompts_from_the_page_are_checked():
    with pytest.raises(PromptError):
        _ = PromptData(points=[[1, 2]]).prompts
    with pytest.raises(PromptError):
        _ = PromptData(points=[[1, 2, float("nan")]]).prompts
    assert PromptData(points=[[1, 2, 1]]).prompts == Prompts(points=((1, 2, 1),))


def test_every_example_has_valid_prompts_and_a_licence():
    examples = read_examples(ROOT / "examples")
    assert len(examples) >= 4
    licences = (ROOT / "examples" / "LICENSES.md").read_text()
    for example in examples.values():
        photo = open_image(example.path)
        Session.load(example.path.with_suffix(".json")).check(photo)
        assert example.prompts.validate(photo.size) == example.prompts
        assert example.path.stat().st_size < 400_000
        assert f"| {example.path.name} |" in licences


def test_names_of_files_fit_every_disk():
    from sama.ui.handlers.exports import file_stem

    assert file_stem("horse.jpg") == "horse" and file_stem("a.b.c.tif") == "a.b.c"
    assert file_stem("\u5199" * 80 + ".jpg") == "\u5199" * 50 and file_stem("n" * 250 + ".png") == "n" * 150
    assert file_stem('a<b>:"c|?*\\d.png') == "a_b___c____d" and file_stem("..  .jpg") == "photo"
    assert file_stem("\u202e\n.png") == "This file" and file_stem("a" * 200 + "_1.png").endswith("_1")
