"""Where SAM and SAMA differ, and closer looks at an answer, without a browser."""

import numpy as np
import pytest
from PIL import Image

from sama.matting import Background
from sama.predict.answer import ALPHA, ALPHA_LOGITS, SAM, SAMA, Answer, ObjectAnswer
from sama.request.prompts import Prompts
from sama.ui.shown import SIDES, Look, Shown, mask_at, panel_side, shrink
from sama.ui.viewer.difference import RIM, WINDOW, difference_map, places


def logits(shape, *boxes):
    """10 inside boxes x0, y0, x1, y1, and -10 elsewhere."""
    result = np.full(shape, -10, np.float32)
    for x0, y0, x1, y1 in boxes:
        result[y0:y1, x0:x1] = 10
    return result


def test_the_map_is_the_difference_of_probabilities():
    sam, sama = np.array([[0.0, 2, -3]], np.float32), np.array([[0.0, -2, -3]], np.float32)
    p = 1 / (1 + np.exp(-2.0))
    assert difference_map(sam, sama) == pytest.approx(np.array([[0, p - (1 - p), 0]]), abs=1e-6)


def test_places_are_ranked_by_area_times_strength():
    sam = logits((200, 300), (0, 0, 300, 200))
    sama = logits((200, 300), (0, 0, 300, 200))
    sama[20:40, 20:40] = -10  # 400 pixels, strength 1
    sama[100:130, 200:230] = -0.5  # 900 pixels, strength 0.62
    sama[150:160, 50:60] = -10  # 100 pixels
    found = places(sam, sama)
    assert [place.area for place in found] == [900, 400, 100]
    assert found[0].box == (200, 100, 230, 130)
    assert found[0].strength == pytest.approx(1 - 1 / (1 + np.exp(0.5)), abs=1e-3)
    sama[100:130, 200:230] = -np.log(0.6 / 0.4)  # strength 0.6: 540
    sama[20:50, 20:40] = -10  # now 600
    assert [place.area for place in places(sam, sama)][:2] == [600, 900]


def test_a_thin_rim_is_no_place_unless_it_is_all_there_is():
    sam = logits((200, 200), (20, 20, 180, 180))
    rim = RIM - 1
    sama = logits((200, 200), (20 + rim, 20 + rim, 180 - rim, 180 - rim))
    (only,) = places(sam, sama)
    assert only.area == 160**2 - (160 - 2 * rim) ** 2
    sama[90:110, 90:110] = -10
    (hole,) = places(sam, sama)
    assert hole.box == (90, 90, 110, 110)
    assert places(sam, sam) == []


def test_of_a_large_region_its_thickest_spot_is_shown():
    sam = logits((300, 300), (10, 10, 290, 290))
    sama = logits((300, 300), (20, 20, 280, 280))
    sama[140:160, 230:280] = -10  # the ring is thick at its right
    (ring,) = places(sam, sama)
    x0, y0, x1, y1 = ring.box
    assert max(x1 - x0, y1 - y0) <= WINDOW * 300
    assert x0 <= 255 <= x1
    assert y0 <= 150 <= y1


@pytest.fixture
def shown():
    """An answer to a photo of 800 x 600 at a preview of 400 x 300: a half-plane with a soft edge at x = 100."""
    x = np.broadcast_to(np.arange(400, dtype=np.float32) + 0.5, (300, 400))
    field = (100 - x) / 4
    alpha = 1 / (1 + np.exp(-field))
    layers = {SAM: field, SAMA: field - 1, ALPHA: alpha}
    one = ObjectAnswer(Prompts(), (field > 0)[None], np.ones(1, np.float32), 0, layers)
    preview = np.zeros((300, 400, 3), np.uint8)
    preview[...] = (200, 40, 40)
    return Shown(Answer("sama", (one,)), preview, 7, shrink(preview, 300))


def test_what_a_click_sends_fits_the_panels(shown):
    assert shown.fitted.image.shape == (225, 300, 3)
    assert shown.fitted.alpha.shape == (225, 300)
    assert panel_side(10**9) == SIDES[1]
    assert panel_side(-5) == SIDES[0]
    assert panel_side(333) == 333


def test_masks_fit_the_panels(shown):
    logits = np.broadcast_to((800.5 - np.arange(2048, dtype=np.float32)) / 4, (1536, 2048))
    assert mask_at(logits, 100).shape == (384, 512)
    assert mask_at(logits, 400).shape == (480, 640)
    assert mask_at(logits, 10_000).shape == (768, 1024)
    assert mask_at(logits, 400).mean() == pytest.approx(801 / 2048, abs=1 / 640)
    assert (mask_at(shown.answer.layer(SAM), 400) == shown.answer.mask(SAM)).all()


def test_a_matte_is_enlarged_by_its_logits_where_they_were_kept(shown):
    photo = np.zeros((600, 800, 3), np.uint8)
    plain = Look(shown, photo, (160, 100, 240, 160), 500).alpha
    shown.answer.union.layers[ALPHA_LOGITS] = shown.answer.layer(SAM)
    kept = Look(shown, photo, (160, 100, 240, 160), 500).alpha
    assert np.abs(kept - plain).max() < 1e-4
    shown.answer.union.layers[ALPHA_LOGITS] = shown.answer.layer(SAM) - 2
    assert (Look(shown, photo, (160, 100, 240, 160), 500).alpha < plain).any()


def test_a_look_is_the_answer_at_the_photo_s_resolution(shown):
    photo = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)
    look = Look(shown, photo, (160, 100, 240, 160), 500)
    assert look.image.shape == (60, 80, 3)
    assert (look.image == photo[100:160, 160:240]).all()
    x = (160 + np.arange(80) + 0.5) / 2  # photo pixels as preview pixels
    exact = 1 / (1 + np.exp(-(100 - x) / 4))
    assert np.abs(look.alpha - exact).max() < 1e-4
    assert (look.sam_mask == (x < 100)).all()
    assert (look.sama_mask == (x < 96)).all()
    assert np.abs(look.difference - (exact - 1 / (1 + np.exp(-(100 - x) / 4 + 1)))).max() < 1e-4
    smaller = Look(shown, photo, (0, 0, 800, 600), 200)
    assert smaller.alpha.shape == smaller.sam_mask.shape == (150, 200)


def test_a_look_on_a_background(shown):
    photo = np.asarray(Image.fromarray(shown.preview).resize((800, 600)))
    look = Look(shown, photo, (0, 200, 400, 400), 400)
    green = look.on(Background("green", "colour", (0, 255, 0)), True)
    assert (green[:, :150] == (200, 40, 40)).all()
    assert (np.abs(green[:, -50:].astype(int) - (0, 255, 0)) < 2).all()
    checker = look.on(Background("transparent", "transparent"), True)
    assert set(np.unique(checker[:, -40:])) <= set(range(205, 245))
