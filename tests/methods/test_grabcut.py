"""GrabCut on pictures it must solve, and on those it cannot."""

import sys

import numpy as np
import pytest

from sama.errors import SamaError
from sama.evaluation.metrics import iou
from sama.methods import grabcut as classical
from sama.methods.grabcut import grabcut


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
    with pytest.raises(SamaError, match=r"pip install '\.\[eval\]'"):
        grabcut(np.zeros((20, 20, 3), np.uint8), (2, 2, 10, 10))
