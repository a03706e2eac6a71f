"""The learned memory read-out: nothing at first, what its affinity is, and that all of it learns."""

import numpy as np
import pytest
import torch
from torch import nn

from sama.models.memory_readout import LABELS, Cells, MemoryReadout, ReadoutConfig, affinity
from tests.helpers import small_readout


def frame(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Embedding, mask and valid of two clips' frame."""
    torch.manual_seed(seed)
    valid = torch.ones(2, 1, 16, 16)
    valid[1, :, :, 8:] = 0
    return torch.randn(2, 32, 4, 4), torch.rand(2, 1, 16, 16), valid


def told(readout: MemoryReadout) -> torch.Tensor:
    marked, recent = readout.remember(*frame(1)), readout.remember(*frame(2))
    embedding, belief, _ = frame(3)
    return readout(embedding, 6 * belief - 3, marked, Cells.joined([recent, marked]))


def test_untrained_it_adds_nothing_at_all():
    added = told(small_readout())
    assert added.shape == (2, 32, 4, 4)
    assert not added.any()
    assert torch.equal(frame(3)[0] + added, frame(3)[0])


def test_the_shipped_shape_has_about_a_million_parameters():
    readout = MemoryReadout()
    assert sum(each.numel() for each in readout.parameters()) == 882_178
    assert ReadoutConfig.from_dict(readout.config.to_dict()) == readout.config


def test_every_parameter_learns():
    readout = small_readout(lively=True)
    told(readout).square().sum().backward()
    for name, parameter in readout.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_the_affinity_is_xmems():
    rng = np.random.default_rng(4)
    queries, keys = rng.normal(size=(3, 5)), rng.normal(size=(7, 5))
    chosen, width, values = rng.uniform(size=(3, 5)), rng.uniform(0.1, 2, 7), rng.normal(size=(7, 4))
    valid = np.array([True] * 5 + [False, True])
    sharpness = 1.7
    wanted = np.zeros((3, 4))
    for j in range(3):
        weights = np.zeros(7)
        for i in range(7):
            apart = sum(chosen[j, c] * (keys[i, c] - queries[j, c]) ** 2 for c in range(5))
            weights[i] = np.exp(-sharpness * width[i] * apart) * valid[i]
        wanted[j] = weights / weights.sum() @ values
    cells = Cells(*(torch.from_numpy(each)[None] for each in (keys, width, values, valid)))
    one, two = torch.from_numpy(queries)[None], torch.from_numpy(chosen)[None]
    found = affinity(one, two, cells, torch.tensor(sharpness)) @ cells.values
    assert found[0].numpy() == pytest.approx(wanted)


def test_padding_is_not_read():
    readout = small_readout(lively=True)
    cells, (embedding, inside, _) = readout.remember(*frame(1)), frame(1)
    assert cells.valid.sum(1).tolist() == [16, 8]
    assert cells.values.shape == (2, 16, 8 + LABELS)
    changed = cells._replace(values=torch.where(cells.valid[..., None], cells.values, 100.0))
    belief = torch.zeros_like(inside)
    assert torch.equal(readout(embedding, belief, cells, cells), readout(embedding, belief, changed, changed))


def test_it_begins_with_keys_that_were_learned_before():
    readout, describe = small_readout(), nn.Conv2d(32, 8, 1)
    readout.compare_as(describe)
    x = frame(1)[0]
    assert torch.allclose(readout.key(x), describe(x), atol=1e-6)
    before = readout.key.weight.clone()
    readout.compare_as(nn.Conv2d(32, 4, 1))
    assert torch.equal(readout.key.weight, before)
