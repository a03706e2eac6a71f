"""The Local-Adapter's quadrants."""

import pytest
import torch

from sama.models.local_adapter import LocalAdapter
from sama.models.views import split_tokens


@pytest.mark.parametrize("pool", [1, 2])
@torch.no_grad()
def test_an_adapter_treats_every_quadrant_alone_and_skips_those_without_a_view(pool):
    torch.manual_seed(0)
    adapter, grid = LocalAdapter(16, heads=2, pool=pool), (8, 12)
    for layer in (adapter.global_out, adapter.local_out):
        torch.nn.init.normal_(layer.weight)
    stream, pos, local = torch.randn(2, 96, 16), torch.randn(1, 96, 16), torch.randn(2, 4, 96, 16)
    places = torch.randn(1, 4, 96 // pool**2, 16)
    whole = adapter(stream, local, adapter.local_keys(local, places, grid), pos, grid)
    views = (0, 3)
    some = local[:, views]
    keys = adapter.local_keys(some, places[:, views], grid)
    part = adapter(stream, some, keys, pos, grid, views)
    assert torch.allclose(part.local, whole.local[:, views], atol=1e-5)
    before, after, full = (split_tokens(x, grid) for x in (stream, part.stream, whole.stream))
    assert torch.allclose(after[:, views], full[:, views], atol=1e-5)
    assert torch.equal(after[:, 1:3], before[:, 1:3])
    assert not torch.allclose(full[:, 1:3], before[:, 1:3])
