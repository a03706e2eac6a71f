"""What a matte has away from its object goes; what is joined to the object stays."""

import numpy as np
import pytest

from sama.matting.haze import _most, haze_of

Y, X = np.mgrid[:240, :320]


def disc(x: float, y: float, radius: float) -> np.ndarray:
    return np.hypot(X - x, Y - y) < radius


@pytest.fixture
def alpha() -> np.ndarray:
    """An object with a soft edge, a strand that leads away from it, and haze in a corner."""
    soft = np.clip((60 - np.hypot(X - 110, Y - 120)) / 12, 0, 1).astype(np.float32)
    soft[119:122, 160:230] = np.maximum(soft[119:122, 160:230], 0.3)
    soft[disc(280, 40, 25)] = 0.45
    return soft


@pytest.mark.parametrize("scale", [1, 4])
def test_haze_goes_and_a_strand_stays(alpha, scale):
    whole = alpha.repeat(scale, 0).repeat(scale, 1)
    away = haze_of(whole, whole > 0.6)
    expected = disc(280, 40, 25).repeat(scale, 0).repeat(scale, 1)
    assert away.shape == whole.shape and away[expected].all()
    assert not away[(whole > 0) & ~expected].any(), "edge and strand are the object's"


def test_a_matte_without_haze_is_left_alone(alpha):
    alpha[disc(280, 40, 25)] = 0
    assert haze_of(alpha, alpha > 0.6) is None


def test_a_mask_that_holds_nothing_says_nothing(alpha):
    assert haze_of(alpha, np.zeros(alpha.shape, bool)) is None


def test_what_a_click_keeps_is_no_haze(alpha):
    assert haze_of(alpha, alpha > 0.6, [(285.0, 45.0)]) is None


def test_parts_that_the_mask_holds_are_no_haze(alpha):
    mask = (alpha > 0.6) | disc(280, 40, 3)
    assert haze_of(alpha, mask) is None


@pytest.mark.parametrize("shape", [(40, 31), (3, 50), (1, 1)])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_highest_of_squares(shape, size):
    values = np.random.default_rng(0).random(shape)
    rows, columns = (np.arange(0, side, size) for side in shape)
    expected = np.maximum.reduceat(np.maximum.reduceat(values, rows, axis=0), columns, axis=1)
    assert np.array_equal(_most(values, size), expected)
    assert np.array_equal(_most(values > 0.9, size), expected > 0.9)
