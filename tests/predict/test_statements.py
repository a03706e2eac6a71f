"""What a click states holds, whatever the model says, and changes nothing where the model says so itself."""

import numpy as np
import pytest
from scipy.special import expit

from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, SAM, SAMA, TRIMAP, ObjectAnswer
from sama.predict.statements import held, neighbourhood
from sama.request.prompts import Prompts

SIZE = WIDTH, HEIGHT = 200, 150
CENTRE = 100, 75
BOX = (30.0, 5.0, 170.0, 145.0)
Y, X = np.mgrid[:HEIGHT, :WIDTH] + 0.5
AWAY = np.hypot(X - CENTRE[0], Y - CENTRE[1])
HOLE, RING = AWAY < 40, (AWAY >= 40) & (AWAY < 65)


def photo(noise: float = 3, slope: float = 0) -> np.ndarray:
    """A dark ring on a light ground with noise, in grey levels, and a ground that gets `slope` levels lighter."""
    grey = np.where(RING, 110, 180 + slope * X / WIDTH)
    levels = grey[..., None] + noise * np.random.default_rng(0).standard_normal((HEIGHT, WIDTH, 3))
    return levels.clip(0, 255).astype(np.uint8)


def answered(points, alpha: np.ndarray, box=BOX) -> ObjectAnswer:
    logits = np.where(alpha > 0.5, 6, -6).astype(np.float32)
    alpha = alpha.astype(np.float32)
    certain = np.clip(alpha, 1e-4, 1 - 1e-4)
    layers = {SAM: logits, SAMA: logits.copy(), ALPHA: alpha, ALPHA_LOGITS: np.log(certain / (1 - certain))}
    boxes = () if box is None else (box,)
    return ObjectAnswer(Prompts(tuple(points), boxes), logits[None] > 0, np.ones(1, np.float32), 0, layers)


def filled(points) -> ObjectAnswer:
    """The answer of a model that takes the hole for the ring's."""
    return answered(points, np.where(AWAY < 65, 0.92, 0))


@pytest.mark.parametrize(("noise", "slope"), [(0, 0), (3, 0), (8, 0), (3, 40)])
def test_a_hole_is_removed_at_the_click_and_around_it(noise, slope):
    found = filled([(100, 75, 0)])
    before = {name: layer.copy() for name, layer in found.layers.items()}
    layers = held(found, photo(noise, slope), SIZE)
    assert layers[ALPHA][75, 100] == 0
    assert layers[ALPHA][HOLE & (AWAY < 30)].max() < 0.1
    assert not (layers[SAMA][AWAY < 30] > 0).any()
    assert expit(layers[ALPHA_LOGITS])[AWAY < 30].max() < 0.1
    inner = (AWAY >= 42) & (AWAY < 65)
    assert np.array_equal(layers[ALPHA][inner], before[ALPHA][inner]), "the ring stays as it was"
    assert np.array_equal(layers[SAMA][inner], before[SAMA][inner])
    assert layers[SAM] is found.layers[SAM], "SAM says what SAM says"
    for name, layer in found.layers.items():
        assert np.array_equal(layer, before[name]), "nothing is changed in place"


def test_trimap_and_detail_say_what_the_matte_says():
    found = filled([(100, 75, 0)])
    told = np.where(AWAY < 62, 1, np.where(AWAY < 68, 0.5, 0)).astype(np.float32)
    detail = np.where(told == 0.5, np.float32(0.4), told)
    found.layers.update({TRIMAP: told.copy(), DETAIL: detail.copy()})
    layers = held(found, photo(), SIZE)
    assert set(np.unique(layers[TRIMAP])) <= {0, 0.5, 1} and layers[TRIMAP][75, 100] == 0
    assert (layers[TRIMAP][AWAY < 30] < 1).all() and layers[DETAIL][AWAY < 30].max() < 0.12
    sure = layers[TRIMAP] != 0.5
    assert np.allclose(layers[DETAIL][sure], layers[TRIMAP][sure], atol=1e-6)
    inner = (AWAY >= 42) & (AWAY < 65)
    for name, before in ((TRIMAP, told), (DETAIL, detail)):
        assert np.array_equal(layers[name][inner], before[inner])
        assert np.array_equal(found.layers[name], before), "nothing is changed in place"
    # Unknown is no mistake where the matte itself obeys.
    obeying = answered([(50, 75, 1)], np.where(RING, 0.97, 0.03))
    obeying.layers[TRIMAP] = obeying.layers[DETAIL] = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    assert held(obeying, photo(), SIZE) is obeying.layers


@pytest.mark.parametrize("points", [[(100, 75, 0)], [(50, 75, 1)], [(50, 75, 1), (100, 75, 0), (5, 5, 0)]])
def test_an_answer_that_obeys_is_returned_as_it_is(points):
    found = answered(points, np.where(RING, 0.97, 0.03))
    assert held(found, photo(), SIZE) is found.layers


def test_what_is_missed_is_kept_and_the_box_bounds_it():
    """A light disc that the model has lost in a light ground, whose box says where it ends."""
    found = answered([(100, 75, 1)], np.zeros((HEIGHT, WIDTH)), box=(70.0, 45.0, 130.0, 105.0))
    layers = held(found, photo(), SIZE)
    assert layers[ALPHA][75, 100] == 1 and layers[ALPHA][65:86, 90:111].min() > 0.9
    assert (layers[SAMA][65:86, 90:111] > 0).all()
    outside = (X < 69) | (X > 131) | (Y < 44) | (Y > 106)
    assert not layers[ALPHA][outside].any()


def test_a_click_outside_the_box_counts_more_than_the_box():
    found = answered([(15, 20, 1)], np.where(RING, 1.0, 0.0))
    layers = held(found, photo(), SIZE)
    assert layers[ALPHA][20, 15] > 0.9 and layers[ALPHA][17:24, 12:19].min() > 0.9
    assert layers[ALPHA][RING].min() == 1


@pytest.mark.parametrize("label", [0, 1])
def test_of_clicks_at_one_place_the_last_counts(label):
    found = filled([(100, 75, 1 - label), (100, 75, label)])
    layers = held(found, photo(), SIZE)
    assert abs(layers[ALPHA][75, 100] - label) < 0.1


@pytest.mark.parametrize("order", [1, -1])
def test_clicks_that_say_the_opposite_share_what_lies_between_them(order):
    clicks = [(85, 75, 1), (118, 75, 0)][::order]
    layers = held(answered(clicks, np.full((HEIGHT, WIDTH), 0.5)), photo(), SIZE)
    assert layers[ALPHA][72:79, 82:89].min() > 0.9
    assert layers[ALPHA][72:79, 115:122].max() < 0.1


@pytest.mark.parametrize("scale", [0.5, 1, 3, (1.3, 1.3)])
def test_it_holds_at_any_size_of_answer_and_photo(scale):
    """The answer has another size than the photo, the photo another than the clicks' pixels."""
    factor = scale if isinstance(scale, int | float) else scale[0]
    height, width = round(HEIGHT * factor), round(WIDTH * factor)
    rows, columns = (np.mgrid[:height, :width] + 0.5) / factor
    away = np.hypot(columns - CENTRE[0], rows - CENTRE[1])
    clicks = [(200, 150, 0)]
    found = answered(clicks, np.where(away < 65, 0.92, 0), box=tuple(2 * value for value in BOX))
    layers = held(found, photo(), (2 * WIDTH, 2 * HEIGHT))
    assert layers[ALPHA].shape == (height, width)
    assert layers[ALPHA][away < 28].max() < 0.1
    assert layers[ALPHA][(away > 44) & (away < 62)].min() > 0.9


@pytest.mark.parametrize("place", [(0, 0), (200, 150), (200, 0), (0.2, 149.9)])
def test_a_click_at_the_very_edge(place):
    found = answered([(*place, 0)], np.ones((HEIGHT, WIDTH)))
    layers = held(found, photo(), SIZE)
    x, y = min(int(place[0]), WIDTH - 1), min(int(place[1]), HEIGHT - 1)
    assert layers[ALPHA][y, x] == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_tiny_photos(shape):
    height, width = shape
    logits = np.full(shape, 5, np.float32)
    layers = {SAM: logits, ALPHA: np.ones(shape, np.float32)}
    found = ObjectAnswer(Prompts(((0.5, 0.5, 0),)), logits[None] > 0, np.ones(1, np.float32), 0, layers)
    assert held(found, np.zeros((*shape, 3), np.uint8), (width, height))[ALPHA][0, 0] == 0


@pytest.mark.parametrize(("boxes", "share"), [(((200.0, 100.0, 400.0, 300.0),), 0.35), ((), 0.12)])
def test_a_neighbourhood_ends_at_its_reach(boxes, share):
    """Of a plain photo; without a box nobody knows how large the object is, so that less is believed."""
    plain = np.full((400, 600, 3), 90, np.uint8)
    near = neighbourhood(plain, Prompts(((300.0, 200.0, 0),), boxes), 0, extent=200)
    rows, weight = near.at((400, 600))
    whole = np.zeros((400, 600), np.float32)
    whole[rows] = weight
    y, x = np.mgrid[:400, :600] + 0.5
    away = np.hypot(x - 300, y - 200) / (share * 200)
    assert whole[away < 0.7].min() > 0.99
    assert not whole[away > 1.1].any()
