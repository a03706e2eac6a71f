"""The studio's background, edge colours and candidates, without a browser."""

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from sama.errors import PhotoError
from sama.matting import Background, BackgroundError, composite, estimate_layers, residual
from sama.methods import METHODS
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from sama.ui.candidates import ChoiceData, offer
from sama.ui.handlers.scenery import residual_of
from sama.ui.scene import SceneData
from sama.ui.scene.backdrop import Backdrop, open_backdrop
from sama.ui.shown import Shown
from tests.helpers import ask
from tests.ui.browser.fake_predictor import FakePredictor

RED, BLUE = (255, 0, 0), (0, 0, 255)
BOX, CLICK = Prompts(boxes=((60, 40, 240, 160),)), Prompts(points=((200, 150, 1),))


@pytest.fixture(scope="module")
def halves():
    """A picture of 40 x 20 pixels, red on the left and blue on the right."""
    picture = np.empty((20, 40, 3), np.uint8)
    picture[:, :20], picture[:, 20:] = RED, BLUE
    return picture


def placed(picture, **place) -> np.ndarray:
    background = Background("a picture", "image", picture=picture, **place)
    return (255 * background.render(np.zeros((100, 200, 3), np.uint8), np.zeros((100, 200)))).astype(np.uint8)


def test_a_picture_is_moved_and_scaled(halves):
    assert (placed(halves)[:, :84] == RED).all() and (placed(halves)[:, 116:] == BLUE).all()
    moved = placed(halves, offset=(0.25, 0.5))
    assert (moved[:50] == 0).all() and (moved[50:, :50] == 0).all()
    assert (moved[52:, 52:134] == RED).all() and (moved[52:, 166:] == BLUE).all()
    small = placed(halves, scale=0.5)
    assert (small[25:75, 50:90] == RED).all() and (small[25:75, 110:150] == BLUE).all()
    assert not small[:25].any() and not small[75:].any() and not small[:, :50].any()
    large = placed(halves, offset=(0.5, 0.0), scale=4.0)
    assert (large[:, :130] == RED).all()
    assert not placed(halves, offset=(1.0, 1.0), scale=0.25).any()


def test_a_moved_picture_looks_the_same_at_every_size():
    rng = np.random.default_rng(1)
    picture = np.asarray(Image.fromarray(rng.integers(0, 255, (6, 9, 3), np.uint8)).resize((360, 240)))
    background = Background("a picture", "image", picture=picture, offset=(0.13, -0.21), scale=1.4)
    small, large = (background.render(np.zeros((s, 2 * s, 3)), np.zeros((s, 2 * s))) for s in (64, 256))
    again = large.reshape(64, 4, 128, 4, 3).mean((1, 3))
    assert np.abs(small - again).mean() < 0.01


def test_the_scene_says_what_is_behind(halves, tmp_path):
    assert SceneData(kind="colour", colour="#0c04ff").background(None, 100).colour == (12, 4, 255)
    assert SceneData(kind="blur", blur=1.5).background(None, 1000).sigma == pytest.approx(15)
    assert SceneData(kind="picture").background(None, 100).kind == "transparent"
    assert SceneData(kind="nonsense").background(None, 100).kind == "transparent"
    wild = SceneData(kind="picture", fit="contain", x=math.nan, y=9e9, scale=0)
    background = wild.background(Backdrop(halves), 100)
    assert (background.fit, background.offset, background.scale) == ("contain", (-1.0, 1.0), 0.25)
    with pytest.raises(BackgroundError):
        SceneData(kind="colour", colour="no colour").background(None, 100)
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(PhotoError):
        open_backdrop(str(tmp_path / "text.png"))


def test_a_session_keeps_where_the_picture_is(halves):
    scene = SceneData(kind="picture", x=0.2, y=-0.1, scale=2.0)
    background = scene.background(Backdrop(halves), 100)
    again = Settings.from_dict(Settings(background).to_dict(), methods=METHODS).background
    assert (again.offset, again.scale) == ((0.2, -0.1), 2.0)
    photo, alpha = np.zeros((30, 50, 3), np.uint8), np.zeros((30, 50))
    np.testing.assert_array_equal(again.render(photo, alpha), background.render(photo, alpha))


@pytest.fixture(scope="module")
def known():
    """F, B and alpha of a soft disc, and the photo (bytes) that they make."""
    y, x = np.mgrid[:96, :96].astype(np.float32)
    alpha = np.clip((30 - np.hypot(x - 48, y - 48)) / 12 + 0.5, 0, 1)
    foreground, background = np.empty((96, 96, 3), np.float32), np.empty((96, 96, 3), np.float32)
    foreground[:], background[:] = (0.9, 0.5, 0.1), (0.1, 0.3, 0.8)
    return (
        foreground,
        background,
        alpha,
        np.rint(255 * composite(foreground, alpha, background)).astype(np.uint8),
    )


def test_residual_is_what_the_colours_leave_unexplained(known):
    foreground, background, alpha, photo = known
    assert residual(photo, alpha, foreground, background).max() <= 0.5 / 255 + 1e-6
    own = photo / np.float32(255)
    left = residual(photo, alpha, own, background)
    # With the photo's own colours, (1 - alpha) of the old background stays in the edge.
    expected = ((1 - alpha)[..., None] * np.abs(own - background)).mean(2)
    np.testing.assert_allclose(left, expected, atol=1e-6)


def test_estimated_layers_explain_the_photo_and_keep_what_is_known(known):
    *_, alpha, photo = known
    foreground, background = estimate_layers(photo, alpha)
    own = photo / np.float32(255)
    np.testing.assert_array_equal(foreground[alpha == 1], own[alpha == 1])
    np.testing.assert_array_equal(background[alpha == 0], own[alpha == 0])
    assert residual(photo, alpha, foreground, background).mean() < 1 / 255


def test_the_page_shows_the_residual_of_both_choices():
    photo = np.random.default_rng(0).integers(0, 255, (6, 9, 3), np.uint8)
    photo = np.asarray(Image.fromarray(photo).resize((300, 200), Image.Resampling.BICUBIC))
    predictor = FakePredictor()
    list(predictor.set_image(photo))
    shown = Shown(ask(predictor, BOX), photo, 1, photo)
    estimated, own = residual_of(shown, True), residual_of(shown, False)
    assert 0 <= estimated["mean"] < own["mean"]
    assert len(own["src"]) < 6000
    alpha = np.zeros((200, 300), np.float32)
    alpha[50:100, 50:100] = 1
    hard = Shown(ask(predictor, BOX), photo, 1, photo)
    object.__setattr__(hard.fitted, "alpha", alpha)
    assert residual_of(hard, True) is None


def test_a_choice_lasts_until_the_prompts_change():
    choice = ChoiceData(seq=7, index=2)
    assert choice.candidate(7) == 2
    assert choice.candidate(8) is None
    assert ChoiceData().candidate(0) is None


def test_candidates_are_small_lossless_thumbnails():
    predictor = FakePredictor()
    list(predictor.set_image(np.zeros((300, 400, 3), np.uint8)))
    answer = ask(predictor, CLICK, candidate=2)
    offered = offer(answer, "photo", 5, trained=True)
    assert (offered["chosen"], offered["seq"], len(offered["items"])) == (2, 5, 3)
    shares = []
    for item in offered["items"]:
        picture = Image.open(io.BytesIO(base64.b64decode(item["src"].split(",")[1])))
        assert max(picture.size) == 96
        shares.append((np.asarray(picture.convert("RGBA"))[..., 3] > 0).mean())
        assert len(item["src"]) < 1200
    for share, mask in zip(shares, answer.union.masks, strict=True):
        assert share == pytest.approx(mask.mean(), abs=0.01)
