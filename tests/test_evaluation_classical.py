"""GrabCut and closed-form matting on pictures they must solve, and on those they cannot."""

import sys

import numpy as np
import pytest

from sama.errors import SamaError
from sama.evaluation import classical
from sama.evaluation.classical import closed_form_alpha, grabcut, trimap_from_logits
from sama.evaluation.metrics import iou


def disk(shape, y, x, radius):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def photo(mask):
    noise = np.random.default_rng(0).integers(0, 30, (*mask.shape, 3))
    return (np.where(mask[..., None], (200, 80, 60), (40, 120, 90)) + noise).astype(np.uint8)


def test_grabcut_finds_a_disk():
    pytest.importorskip("cv2")
    truth = disk((80, 100), 40, 50, 20)
    found = grabcut(photo(truth), (28, 18, 73, 63))
    assert found.dtype == bool
    assert iou(found, truth) > 0.97
    np.testing.assert_array_equal(found, grabcut(photo(truth), (28, 18, 73, 63)))


def test_grabcut_of_a_large_photo_has_its_size(monkeypatch):
    pytest.importorskip("cv2")
    monkeypatch.setattr(classical, "GRABCUT_MAX_SIDE", 50)
    truth = disk((80, 100), 40, 50, 20)
    found = grabcut(photo(truth), (28, 18, 73, 63))
    assert found.shape == truth.shape
    assert iou(found, truth) > 0.9


def test_grabcut_without_background_answers_the_box():
    pytest.importorskip("cv2")
    image = photo(disk((30, 40), 15, 20, 8))
    assert grabcut(image, (0, 0, 40, 30)).all()


def test_grabcut_without_opencv_names_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SamaError, match="pip install -r requirements-eval.txt"):
        grabcut(np.zeros((20, 20, 3), np.uint8), (2, 2, 10, 10))


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
def test_closed_form_recovers_a_soft_edge(monkeypatch, cap):
    """A vertical ramp of alpha over two plain colours obeys the colour line model exactly."""
    monkeypatch.setattr(classical, "CLOSED_FORM_MAX_PIXELS", cap)
    alpha = np.tile(np.clip((np.arange(80) - 30) / 20, 0, 1), (60, 1))
    colours = alpha[..., None] * (220, 60, 40) + (1 - alpha[..., None]) * (20, 90, 200)
    trimap = np.tile(np.where(np.arange(80) < 26, 0, np.where(np.arange(80) > 54, 1, 0.5)), (60, 1))
    found = closed_form_alpha(np.rint(colours).astype(np.uint8), trimap)
    assert found.dtype == np.float32
    assert found.shape == alpha.shape
    # The shrunk photo is answered at a lower resolution.
    assert np.abs(found - alpha).mean() < (0.01 if cap == 400_000 else 0.03)
    assert (found[trimap == 1] == 1).all()
    assert (found[trimap == 0] == 0).all()


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
