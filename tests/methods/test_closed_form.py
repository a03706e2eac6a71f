"""Mattes without training: the trimap of a mask, and closed-form matting on pictures it must solve."""

import numpy as np
import pytest

from sama.matting.closed_form import closed_form_alpha
from sama.matting.trimap import WIDENING, trimap_from_logits
from sama.photo.resize import shrink_photo


def disk(shape, y, x, radius):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def test_trimap_band_scales_with_the_object():
    """The mean depth of a disk of radius R is R / 3, the square root of its area sqrt(pi) R."""
    logits = np.where(disk((300, 300), 150, 150, 120), 9.0, -9.0)
    row = trimap_from_logits(logits)[150]
    inside = (row == 0.5) & (logits[150] > 0)
    outside = (row == 0.5) & (logits[150] < 0)
    assert inside.sum() / 2 == pytest.approx(0.25 * 120 / 3, abs=1)
    assert outside.sum() / 2 == pytest.approx(0.03 * np.sqrt(np.pi) * 120, abs=1)


def test_trimap_keeps_the_core_of_thin_objects():
    logits = np.full((200, 200), -9.0)
    logits[98:103, 10:190] = 9.0
    trimap = trimap_from_logits(logits)
    assert (trimap[100, 20:180] == 1).all()
    assert trimap[98, 100] == trimap[96, 100] == 0.5


def test_trimap_leaves_unsure_logits_unknown():
    logits = np.where(disk((100, 100), 50, 50, 30), 9.0, -9.0)
    logits[50, 50], logits[2, 2] = 0.5, -0.5
    trimap = trimap_from_logits(logits)
    assert trimap[50, 50] == trimap[2, 2] == 0.5
    assert trimap[50, 55] == 1
    assert trimap[2, 5] == 0


@pytest.mark.parametrize("cap", [400_000, 1_500])
def test_closed_form_recovers_a_soft_edge(cap):
    """A vertical ramp of alpha over two plain colours obeys the colour line model exactly."""
    alpha = np.tile(np.clip((np.arange(80) - 30) / 20, 0, 1), (60, 1))
    colours = alpha[..., None] * (220, 60, 40) + (1 - alpha[..., None]) * (20, 90, 200)
    trimap = np.tile(np.where(np.arange(80) < 26, 0, np.where(np.arange(80) > 54, 1, 0.5)), (60, 1))
    told = []
    found = closed_form_alpha(np.rint(colours).astype(np.uint8), trimap, max_pixels=cap, progress=told.append)
    assert found.dtype == np.float32
    assert found.shape == alpha.shape
    # The shrunk photo is answered at a lower resolution.
    assert np.abs(found - alpha).mean() < (0.01 if cap == 400_000 else 0.03)
    assert (found[trimap == 1] == 1).all()
    assert (found[trimap == 0] == 0).all()
    assert told == sorted(told)
    assert told[0] == 0, "told before anything takes long"
    assert 0 < told[1] < told[-1] == 1


@pytest.mark.parametrize("values", [(0.0, 0.5), (0.5, 1.0), (0.0, 1.0), (0.0, 0.0), (0.5, 0.5)])
def test_closed_form_with_nothing_to_propagate(values):
    trimap = np.full((30, 30), values[0])
    trimap[10:20, 10:20] = values[1]
    found = closed_form_alpha(np.zeros((30, 30, 3), np.uint8), trimap)
    np.testing.assert_array_equal(found, trimap >= 0.5)


@pytest.mark.parametrize("value", [-5.0, 5.0])
def test_trimap_of_an_empty_or_full_mask(value):
    trimap = trimap_from_logits(np.full((10, 10), value))
    assert (trimap == (value > 0)).all()


def test_trimap_widens_where_candidates_disagree_but_not_without_end():
    """Candidates that differ by a sliver of 30 px at the right edge, and by a part far from the contour."""
    shape = (300, 300)
    mask, larger = disk(shape, 150, 150, 90), disk(shape, 150, 150, 90)
    larger[145:156, 240:270] = True
    part = mask & ~disk(shape, 150, 150, 10)
    logits = np.where(mask, 9.0, -9.0)
    plain = trimap_from_logits(logits)
    np.testing.assert_array_equal(plain, trimap_from_logits(logits, np.stack([mask] * 3)))
    wide = trimap_from_logits(logits, np.stack([mask, larger, part]))
    outer = 0.03 * np.sqrt(np.pi) * 90
    band = np.flatnonzero(wide[150, 241:] == 0.5)
    assert np.flatnonzero(plain[150, 241:] == 0.5).max() + 1 == pytest.approx(outer, abs=1)
    assert band.max() + 1 == pytest.approx(WIDENING * outer, abs=1)
    assert wide[150, 150] == 1, "the middle is as sure as before"
    np.testing.assert_array_equal(wide[:100], plain[:100])


def test_a_photo_that_fits_is_not_copied():
    photo = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    assert shrink_photo(photo, 2400) is photo
    small = shrink_photo(photo, 600)
    assert small.shape == (20, 30, 3)
    np.testing.assert_allclose(small, photo.reshape(20, 2, 30, 2, 3).mean((1, 3)), atol=1.01)
