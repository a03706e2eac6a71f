"""Drawn foregrounds."""

import numpy as np
import pytest

from sama.training.data.procedural import SHAPES


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_drawn_shapes_have_soft_and_solid_pixels(shape):
    for seed in range(4):
        alpha = SHAPES[shape](np.random.default_rng(seed), 96)
        values = np.asarray(alpha)
        assert alpha.mode == "L" and alpha.size == (96, 96)
        assert values.max() > 110 and ((values > 10) & (values < 200)).any()
        assert values[0, 0] < 10
