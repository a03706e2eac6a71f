"""Matting errors against values worked out by hand, by formula, or by another algorithm."""

import math

import numpy as np
import pytest

from sama.evaluation.matting_metrics import connectivity_error, gradient_magnitude, matting_errors

SIGMA = 1.4


def dense_gradient(alpha: np.ndarray) -> np.ndarray:
    """The definition, pixel by pixel: sampled 9x9 Gaussian derivative of norm 1, edges repeated."""
    r = range(-4, 5)
    gauss = {t: math.exp(-t * t / (2 * SIGMA**2)) / (SIGMA * math.sqrt(2 * math.pi)) for t in r}
    kernel = {(i, j): gauss[i] * gauss[j] * -j / SIGMA**2 for i in r for j in r}
    norm = math.sqrt(sum(v * v for v in kernel.values()))
    height, width = alpha.shape
    result = np.zeros(alpha.shape)
    for y in range(height):
        for x in range(width):
            gx = gy = 0.0
            for (i, j), weight in kernel.items():
                gx += weight / norm * alpha[np.clip(y - i, 0, height - 1), np.clip(x - j, 0, width - 1)]
                gy += weight / norm * alpha[np.clip(y - j, 0, height - 1), np.clip(x - i, 0, width - 1)]
            result[y, x] = math.sqrt(gx * gx + gy * gy)
    return result


def test_identical_mattes_have_no_error():
    matte = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    assert matting_errors(matte, matte) == {"SAD": 0, "MSE": 0, "MAD": 0, "Grad": 0, "Conn": 0}


def test_constant_offset():
    """0.25 everywhere against 0 on 20 x 50 pixels: SAD 250 / 1000, MSE .0625 x 1000, MAD 250."""
    errors = matting_errors(np.full((20, 50), 0.25), np.zeros((20, 50)))
    assert errors["SAD"] == pytest.approx(0.25)
    assert errors["MSE"] == pytest.approx(62.5)
    assert errors["MAD"] == pytest.approx(250)
    assert errors["Grad"] == pytest.approx(0, abs=1e-20)


def test_hand_computed_two_by_two():
    errors = matting_errors(np.array([[1, 0.5], [0, 0.2]]), np.array([[0.9, 0.5], [0.4, 0]]))
    assert errors["SAD"] == pytest.approx(0.7e-3)
    assert errors["MSE"] == pytest.approx((0.01 + 0.16 + 0.04) / 4 * 1e3)
    assert errors["MAD"] == pytest.approx(0.7 / 4 * 1e3)


def test_region_limits_the_sums_and_the_means():
    alpha, truth = np.zeros((10, 10)), np.zeros((10, 10))
    alpha[0, 0], alpha[9, 9] = 0.5, 1.0
    region = np.zeros((10, 10), bool)
    region[9, 8:] = True
    errors = matting_errors(alpha, truth, region)
    assert errors["SAD"] == pytest.approx(1e-3)
    assert errors["MSE"] == pytest.approx(500)
    assert errors["MAD"] == pytest.approx(500)
    assert 0 < errors["Grad"] < matting_errors(alpha, truth)["Grad"]


def test_gradient_of_a_step_is_the_gaussian():
    """A Gaussian derivative answers a unit step with a Gaussian, up to the kernel's known norm.

    Continuous: |g'| = N(d; sigma) at distance d from the step. The unit-norm 2-D kernel scales it
    by 1 / |N(x) N'(y)|_2, where |N|^2 = 1 / (2 sqrt(pi) sigma) and |N'|^2 = 1 / (4 sqrt(pi)
    sigma^3).
    """
    step = np.zeros((30, 40))
    step[:, 20:] = 1
    norm = math.sqrt(1 / (2 * math.sqrt(math.pi) * SIGMA) / (4 * math.sqrt(math.pi) * SIGMA**3))
    peak = 1 / (SIGMA * math.sqrt(2 * math.pi)) / norm  # sampling and the cut tails cost 2 % of it
    for column in range(16, 24):
        distance = column + 0.5 - 20
        gauss = math.exp(-(distance**2) / (2 * SIGMA**2)) / (SIGMA * math.sqrt(2 * math.pi))
        found = gradient_magnitude(step)[15, column]
        assert found == pytest.approx(gauss / norm, abs=0.02 * peak)
        assert gradient_magnitude(step.T)[column, 15] == pytest.approx(found)


def test_gradient_of_a_ramp_is_its_slope():
    """The derivative kernel's first moment is 1 in the continuum; away from the rim a ramp is
    exact.
    """
    ramp = np.tile(np.arange(40) * 0.02, (30, 1))
    norm = math.sqrt(1 / (2 * math.sqrt(math.pi) * SIGMA) / (4 * math.sqrt(math.pi) * SIGMA**3))
    assert gradient_magnitude(ramp)[15, 20] == pytest.approx(0.02 / norm, rel=0.03)


def test_grad_matches_the_definition_on_noise():
    rng = np.random.default_rng(1)
    alpha, truth = rng.random((12, 14)), rng.random((12, 14))
    np.testing.assert_allclose(gradient_magnitude(alpha), dense_gradient(alpha), atol=1e-12)
    expected = ((dense_gradient(alpha) - dense_gradient(truth)) ** 2).sum() / 1000
    assert matting_errors(alpha, truth)["Grad"] == pytest.approx(expected)


def test_conn_of_a_detached_piece():
    """Truth is one solid block; the answer adds a loose block that the truth lacks.

    The loose pixels never belong to the shared region, so their level is 0 from the first
    threshold: phi is 1 - 0.8 in the answer and 1 in the truth, an error of 0.8 for each of the six
    pixels.
    """
    truth = np.zeros((10, 12))
    truth[2:8, 1:5] = 1
    alpha = truth.copy()
    alpha[4:6, 8:11] = 0.8
    error = connectivity_error(alpha, truth)
    assert error[4:6, 8:11] == pytest.approx(np.full((2, 3), 0.8))
    assert error.sum() == pytest.approx(4.8)
    assert matting_errors(alpha, truth)["Conn"] == pytest.approx(4.8e-3)


def test_conn_forgives_small_distances():
    """0.1 of haze over the background stays below the tolerance of 0.15; 0.2 counts in full."""
    truth = np.zeros((8, 8))
    truth[2:6, 2:6] = 1
    assert connectivity_error(np.maximum(truth, 0.1), truth).sum() == 0
    assert connectivity_error(np.maximum(truth, 0.2), truth).sum() == pytest.approx(48 * 0.2)


def test_conn_of_a_bridge_that_breaks():
    """A row 1 1 b 1 of the answer, against 1 1 1 1, with b = 0.55: the bridge holds up to 0.5.

    Above, the larger piece (two pixels) is the connected one: the last pixel's level is 0.5, so
    both mattes have phi = 0.5 there; at the bridge phi is 1 (0.05 < 0.15) against 1 - 0.5.
    """
    truth, alpha = np.ones((1, 4)), np.array([[1, 1, 0.55, 1]])
    assert connectivity_error(alpha, truth) == pytest.approx(np.array([[0, 0, 0.5, 0]]))


def test_conn_is_four_connected():
    """Two blocks that touch at a corner only are two regions; the smaller loses its connection."""
    truth, alpha = np.zeros((4, 4)), np.zeros((4, 4))
    truth[:2, :3] = alpha[:2, :3] = 1
    truth[2, 3], alpha[2, 3] = 1, 0.5
    assert connectivity_error(alpha, truth)[2, 3] == pytest.approx(0.5)  # levels 0: d = 1 and 0.5


def test_conn_thresholds_are_exact_for_8_bit_values():
    """153 / 255 is 0.6 and must reach the threshold 0.6, which 6 * 0.1 overshoots by one ulp."""
    alpha = np.full((3, 3), np.float32(153) / np.float32(255), np.float32)
    truth = np.ones((3, 3), np.float32)
    assert connectivity_error(alpha.astype(float), truth.astype(float)).max() == pytest.approx(0.4)
