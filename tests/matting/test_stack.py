"""Mattes behind one another, against the sum that is written in the definition."""

import numpy as np
import pytest

from sama.matting.stack import stacked, stacked_bytes


@pytest.mark.parametrize("seed", range(3))
def test_each_lets_be_seen_what_it_does_not_cover(seed):
    rng = np.random.default_rng(seed)
    alphas = [rng.random((20, 30), dtype=np.float32) for _ in range(5)]
    alphas[1][:5] = 1
    alphas[2][5:9] = 0
    seen = stacked(alphas)
    for i, part in enumerate(seen):
        exact = alphas[i].astype(np.float64) * np.prod([1 - a.astype(np.float64) for a in alphas[:i]], axis=0)
        np.testing.assert_allclose(part, exact, atol=1e-6)
        assert part.dtype == np.float32 and part.min() >= 0
    assert np.sum(seen, axis=0, dtype=np.float64).max() <= 1
    assert all((part[:5] == 0).all() for part in seen[2:]), "nothing is seen behind what is opaque"


def test_bytes_never_exceed_255_together():
    halves = [np.full((2, 2), value, np.float32) for value in (0.5, 1.0, 1.0)]
    assert [int(part[0, 0]) for part in stacked_bytes(halves)] == [128, 127, 0]
    rng = np.random.default_rng(0)
    alphas = [rng.random((50, 50), dtype=np.float32) for _ in range(7)]
    parts = stacked_bytes(alphas)
    assert np.sum(parts, axis=0, dtype=int).max() <= 255
    for part, exact in zip(parts, stacked(alphas), strict=True):
        assert np.abs(part - 255 * exact).max() <= 1
    assert stacked([]) == [] and stacked_bytes([]) == []
