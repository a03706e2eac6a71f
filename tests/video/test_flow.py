"""Optical flow: what has moved is found where it went, and what comes out of nowhere is not trusted."""

import numpy as np
import pytest
from scipy import ndimage

from sama.video.flow import LONGEST, Motion, grey_of, moved_box
from sama.video.steady import changed, steadied

SHIFT = 6


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    """Two grey pictures; the later one shows the earlier one SHIFT pixels further right."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(96, 140)), 2)
    texture = (128 + 60 * noise / noise.std()).clip(0, 255).astype(np.uint8)
    return texture[:, SHIFT : 120 + SHIFT], texture[:, :120]


@pytest.fixture(scope="module")
def motion(pair) -> Motion:
    return Motion.between(*pair)


def test_a_mask_moves_with_the_picture(motion):
    mask = np.full((96, 120), -8, np.float32)
    mask[30:60, 40:70] = 8
    moved = motion.moved(mask, -8) > 0
    expected = np.roll(mask > 0, SHIFT, axis=1)
    assert np.count_nonzero(moved & expected) / np.count_nonzero(moved | expected) > 0.95


def test_a_mask_of_another_size_moves_as_far(motion):
    mask = np.full((192, 240), -8, np.float32)
    mask[60:120, 80:140] = 8
    columns = np.flatnonzero((motion.moved(mask, -8) > 0).any(axis=0))
    assert abs(columns[0] - (80 + 2 * SHIFT)) <= 2


def test_both_ways_agree_but_where_something_new_comes_in(motion):
    assert motion.sure[:, 20:].mean() > 0.95
    assert motion.sure_at((192, 240)).shape == (192, 240)


def test_a_box_moves_and_stays_inside(motion):
    x0, y0, x1, y1 = moved_box((80, 60, 140, 120), motion, (240, 192))
    assert x0 == pytest.approx(80 + 2 * SHIFT, abs=2)
    assert x1 == pytest.approx(140 + 2 * SHIFT, abs=2)
    assert (y0, y1) == pytest.approx((60, 120), abs=2)
    x0, y0, x1, y1 = moved_box((200, 100, 240, 192), motion, (240, 192))
    assert x1 <= 240
    assert y1 <= 192
    assert x1 - x0 >= 1


def test_large_frames_are_looked_at_small():
    assert max(grey_of(np.zeros((900, 1600, 3), np.uint8)).shape) == LONGEST
    assert grey_of(np.zeros((90, 160, 3), np.uint8)).shape == (90, 160)


def test_flicker_is_damped_where_a_matte_is_between_and_nowhere_else(pair, motion):
    before = np.zeros((96, 120), np.float32)
    before[30:60, 40:70] = 1.0
    before[30:60, 70:80] = 0.4
    now = np.roll(before, SHIFT, axis=1)
    flickering = now.copy()
    flickering[30:60, 70 + SHIFT : 80 + SHIFT] = 0.8
    change = changed(*pair, motion)
    damped = steadied(flickering, before, motion, change, 0.5)
    between = damped[35:55, 72 + SHIFT : 78 + SHIFT]
    assert between.mean() == pytest.approx(0.6, abs=0.06)
    sure = (flickering == 1) & ndimage.binary_erosion(flickering == 1, iterations=3)
    assert np.array_equal(damped[sure], flickering[sure])
    assert steadied(flickering, before, motion, change, 0.0) is flickering


def test_a_spot_that_has_changed_takes_nothing_from_before(pair, motion):
    now = np.full((96, 120), 0.8, np.float32)
    before = np.full((96, 120), 0.2, np.float32)
    assert np.array_equal(steadied(now, before, motion, np.full((96, 120), 200.0), 0.5), now)
