"""A head in bands equals the head."""

import copy

import pytest
import torch

from sama.models.beliefs import Beliefs, make_guides
from sama.models.fast import FUSED, heads
from sama.models.fast.heads import entry
from sama.models.fast.stage import QuickStage
from sama.models.heads import PredictionHead
from tests.helpers import enliven_norms


def quick(head: PredictionHead) -> heads.QuickHead:
    head = copy.deepcopy(head)
    for layer in head.modules():
        layer.__class__ = FUSED.get(type(layer), type(layer))
        if isinstance(layer, QuickStage):
            layer.fold(torch.float32)
    return head


@pytest.mark.parametrize("band_bytes", [1, 20_000, 2**40])
@pytest.mark.parametrize(("residual", "details"), [(True, (3,)), (True, (3, 2)), (False, ())])
@pytest.mark.parametrize(
    ("widths", "trimap"),
    [
        ((6, 5), False),
        ((6, 5, 4), False),
        ((6, 5, 4, 3, 4), False),
        ((6, 5, 4), True),
        ((6, 5, 4, 3, 4), True),
    ],
)
@torch.no_grad()
def test_a_head_in_bands_equals_the_head(monkeypatch, residual, widths, trimap, details, band_bytes):
    monkeypatch.setattr(heads, "BAND_BYTES", band_bytes)
    torch.manual_seed(0)
    colours = len(details) != 2
    head = PredictionHead(
        8,
        widths,
        16,
        details=details,
        image=colours,
        beliefs=2,
        mixing=bool(details),
        residual=residual,
        trimap=trimap,
    ).eval()
    enliven_norms(head)
    torch.nn.init.normal_(head.weights.layers[-1].weight)
    if trimap:
        torch.nn.init.normal_(head.trimap.weights.layers[-1].weight, std=0.3)
    if details:
        torch.nn.init.normal_(head.mix.conv2.weight, std=0.1)
    image, x = torch.randn(2, 3, 64, 48), torch.randn(2, 8, 16, 12)
    maps = tuple(torch.randn(2, c, 32 << i, 24 << i) for i, c in enumerate(details))
    base, token = torch.randn(2, 1, 32, 24), torch.randn(2, 8)
    beliefs = Beliefs(base, make_guides(image, ((2, 1e-3),)), torch.float32)
    expected = head(x, token, base, beliefs, head.shown(maps, image, (16, 12)))
    twin = quick(head)
    got = twin(
        entry(x, beliefs if residual else None), token, base, beliefs, twin.sides(maps, image, (16, 12))
    )
    assert (expected.trimap is not None) == trimap
    for mine, other in zip(got, expected, strict=True):
        if other is not None:
            assert mine.shape == other.shape
            assert torch.allclose(mine, other, atol=1e-4 * max(1, float(other.abs().max())))


@torch.no_grad()
def test_a_head_looks_closely_where_its_trimap_is_not_sure_of_the_background(monkeypatch):
    torch.manual_seed(0)
    head = PredictionHead(
        8, (6, 5, 4, 3, 4), 16, details=(3, 2), image=True, beliefs=2, mixing=True, residual=True, trimap=True
    ).eval()
    enliven_norms(head)
    torch.nn.init.normal_(head.weights.layers[-1].weight)
    image, x = torch.randn(1, 3, 256, 256), torch.randn(1, 8, 16, 16)
    maps = tuple(torch.randn(1, c, 64 << i, 64 << i) for i, c in enumerate((3, 2)))
    base, token = torch.full((1, 1, 32, 32), -20.0), torch.randn(1, 8)
    base[..., 8:14, 17:22] = 20.0
    beliefs = Beliefs(base, make_guides(image, ((2, 1e-3),)), torch.float32)
    expected = head(x, token, base, beliefs, head.shown(maps, image, (16, 16)))
    twin = quick(head)
    given = entry(x, beliefs), token, base, beliefs, twin.sides(maps, image, (16, 16))
    made = []
    monkeypatch.setattr(heads, "_weigh", lambda x, w, weigh=heads._weigh: made.append(x.shape) or weigh(x, w))
    got = twin(*given)
    assert sum(shape[-2] * shape[-1] for shape in made) < 0.3 * 128 * 128  # of the last map, in phases
    opaque, same = expected.logits.sigmoid(), torch.isclose(got.logits, expected.logits, atol=1e-3)
    assert same[opaque > heads.SURE / 100].all()
    assert got.logits[~same].sigmoid().max() < 1e-4 and opaque[~same].max() < 0.002
