"""Damaged masks: what each kind does to a true one."""

import numpy as np
import pytest
import torch

from sama.training import damage

SIDE = 96


def ring() -> np.ndarray:
    rows, columns = np.ogrid[:SIDE, :SIDE]
    far = np.hypot(rows - 48, columns - 48)
    return (far < 36) & (far > 8)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("kind", damage.KINDS)
def test_every_kind_keeps_to_its_size_and_to_the_object(kind, rng):
    truth = ring()
    size = np.sqrt(truth.sum())
    for _ in range(20):
        made = kind(truth, size, rng)
        assert made.shape == truth.shape and made.dtype == np.float32
        assert made.min() >= 0 and made.max() <= 1
        mask = made > 0.5
        assert (mask & truth).sum() > 0.6 * (mask | truth).sum()


def test_kinds_do_what_they_say(rng):
    truth = ring()
    size = np.sqrt(truth.sum())
    shrunk, grown = (kind(truth, size, rng) > 0.5 for kind in (damage._shrunk, damage._grown))
    assert not (shrunk & ~truth).any() and shrunk.sum() < truth.sum()
    assert not (truth & ~grown).any() and grown.sum() > truth.sum()
    assert truth[48, 48] == 0 and damage._polygon(truth, size, rng)[48, 48] == 1
    slit = truth.copy()
    slit[:, 46:48] = False
    filled = damage._filled(slit, size, rng) > 0.5
    assert not (slit & ~filled).any() and filled[20, 46]
    few = damage._coarse(truth, size, rng)
    assert (few > 0.5).sum() == pytest.approx(truth.sum(), rel=0.2)
    assert (damage._bitten(truth, size, rng) > 0.5).sum() != truth.sum()


def test_logits_are_the_truth_for_what_is_too_small_and_reproducible():
    target = torch.zeros(2, 1, SIDE, SIDE)
    target[0, 0, 50, 50] = 1
    target[1, 0] = torch.from_numpy(ring()).float()
    first, again = (damage.damaged(target, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, again) and first.shape == target.shape
    assert first[0].flatten().argmax() == target[0].flatten().argmax()
    assert (first[1] > 0).sum() == pytest.approx(target[1].sum().item(), rel=0.4)
    assert 3.9 < -first[0].min() <= 10
