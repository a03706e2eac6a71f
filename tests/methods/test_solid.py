"""Solid mattes: opaque inside, edges keep their shape, nothing appears."""

import numpy as np
import pytest

from sama.errors import WeightsError
from sama.methods.solid import solid_matte
from sama.models.fast import fused
from sama.request.prompts import Prompts
from tests.helpers import ask, predictor_of, small_sama


def disc(height: int, width: int, radius: float, soft: float) -> np.ndarray:
    """1 inside, 0 outside, a ramp of `soft` pixels on the circle."""
    y, x = np.mgrid[:height, :width]
    away = np.hypot(x - width / 2, y - height / 2)
    return np.clip((radius - away) / soft + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(400, 600), (1500, 1100), (120, 90)])
def test_a_grey_inside_becomes_opaque_and_the_ramp_keeps_its_shape(height, width):
    radius, soft = 0.35 * min(height, width), 0.02 * max(height, width)
    true = disc(height, width, radius, soft)
    found = solid_matte(0.6 * true, 12 * (true - 0.5))
    assert found[true == 1].min() > 0.999
    assert (found[true == 0] == 0).all()
    ramp = (true > 0) & (true < 1)
    assert np.abs(found - true)[ramp].mean() < 0.06  # 0.2 in the grey matte
    assert np.abs(0.6 * true - true)[ramp].mean() > 0.18


def test_a_matte_that_is_opaque_hardly_changes_and_none_ever_falls():
    true = disc(300, 300, 100, 12)
    found = solid_matte(true, 12 * (true - 0.5))
    assert (found >= true).all() and np.abs(found - true).max() < 0.12


def test_what_the_mask_is_not_sure_of_stays_as_it_was():
    alpha = 0.6 * disc(300, 300, 100, 10)
    assert np.allclose(solid_matte(alpha, np.full_like(alpha, -3)), np.minimum(alpha / 0.92, 1), atol=1e-5)
    half = np.where(np.arange(300) < 150, 6, -6).astype(np.float32)[None].repeat(300, 0)
    found = solid_matte(alpha, half)
    assert found[150, 60:130].min() > 0.99
    assert np.abs(found[150, 215:240] - alpha[150, 215:240]).max() < 0.06  # far from the sure half


def test_nothing_in_gives_nothing_out():
    nothing = np.zeros((50, 80), np.float32)
    assert not solid_matte(nothing, nothing - 8).any()


def test_the_predictor_makes_it_of_its_own_matte_and_mask():
    photo = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    model = fused(small_sama())
    predictor, bare = predictor_of(model), predictor_of(model, sama=None)
    for each in (predictor, bare):
        list(each.set_image(photo))
    prompts = Prompts(boxes=((20, 20, 140, 100),))
    plain, found = (ask(predictor, prompts, method=name, keep_haze=True) for name in ("sama", "solid"))
    assert (plain.method, found.method) == ("sama", "solid")
    assert np.array_equal(plain.mask("sama"), found.mask("sama"))
    assert np.array_equal(found.alpha, solid_matte(plain.alpha, plain.layer("sama")))
    with pytest.raises(WeightsError):
        ask(bare, prompts, method="solid")
