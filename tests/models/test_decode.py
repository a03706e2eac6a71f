"""What makes a click fast changes no answer: shared layers, prepared features, bands, skipped views."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from sama.models import attention, heads
from sama.models.attention import attend_both_ways
from sama.models.local_adapter import LocalAdapter
from sama.models.sama import TASKS, Sama
from sama.models.views import add_pooled, join_tokens, pool_tokens, split_quadrants, split_tokens
from tests.helpers import features_of, lively_sama, prompts_for, small_sama


@pytest.fixture(scope="module")
def model() -> Sama:
    return lively_sama()


@pytest.fixture(scope="module")
def features(model):
    with torch.no_grad():
        return features_of(model, batch=2)


@torch.no_grad()
def test_the_first_layer_is_shared_and_nothing_changes(model, features):
    prompts = prompts_for(4, 128)
    answer = model.decode_sam(features, prompts)
    logits, scores = model.backbone.decode(features.embedding, answer.embedded)
    assert torch.allclose(answer.logits, logits, atol=1e-4)
    assert torch.allclose(answer.scores, scores, atol=1e-5)
    shared = model.decode(features, answer)
    own = model.decode(features, replace(answer, first=None))
    for task in TASKS:
        assert torch.allclose(shared[task], own[task], atol=1e-4)


def test_with_gradients_every_pass_runs_its_own_first_layer(model, features):
    """Else SAMA's tokens would learn nothing through it."""
    with torch.no_grad():
        answer = model.decode_sam(features, prompts_for(2, 128))
    poisoned = replace(answer, first=tuple(torch.full_like(x, torch.nan) for x in answer.first))
    assert model.decode(features, poisoned)["matting"].isfinite().all()


@pytest.mark.parametrize("residual", [True, False])
@torch.no_grad()
def test_prepared_features_give_the_same_answers(residual):
    model = lively_sama(residual=residual, adapter_pool=2)
    features, prompts = features_of(model, batch=2), prompts_for(4, 128)
    prepared = model.prepare(features)
    assert prepared.image is None and prepared.detail is None
    answer = model.decode_sam(features, prompts)
    expected, got = model.decode(features, answer), model.decode(prepared, answer)
    for task in TASKS:
        assert torch.allclose(expected[task], got[task], atol=1e-5)


@pytest.mark.parametrize("band_bytes", [1, 40_000])
@torch.no_grad()
def test_heads_in_bands_equal_heads_at_once(model, features, monkeypatch, band_bytes):
    answer = model.decode_sam(features, prompts_for(2, 128))
    monkeypatch.setattr(heads, "BAND_BYTES", 2**40)
    whole = model.decode(features, answer)
    monkeypatch.setattr(heads, "BAND_BYTES", band_bytes)
    banded = model.decode(features, answer)
    for task in TASKS:
        assert torch.allclose(whole[task], banded[task], atol=1e-4)


@pytest.mark.parametrize("block_bytes", [1, 5000, 2**22])
@torch.no_grad()
def test_attention_both_ways_equals_two_attentions(monkeypatch, block_bytes):
    monkeypatch.setattr(attention, "BLOCK_BYTES", block_bytes)
    torch.manual_seed(0)
    a, b = torch.randn(3, 20, 8), torch.randn(3, 50, 8)
    value_a, value_b = torch.randn(3, 20, 8), torch.randn(3, 50, 8)
    expected = (
        F.scaled_dot_product_attention(a, b, value_b),
        F.scaled_dot_product_attention(b, a, value_a),
    )
    exact = attention._shared_weights(a, b, value_a, value_b)
    rounded = attend_both_ways(*(x.bfloat16() for x in (a, b, value_a, value_b)))
    for e, ours, low in zip(expected, exact, rounded, strict=True):
        assert torch.allclose(ours, e, atol=1e-5)
        assert low.dtype == torch.bfloat16 and (low - e).abs().max() < 0.03


@torch.no_grad()
def test_attention_both_ways_survives_logits_that_exp_would_not():
    torch.manual_seed(0)
    a, b, value_a, value_b = (40 * torch.randn(2, 30, 8).bfloat16() for _ in range(4))
    to_a, to_b = attend_both_ways(a, b, value_a, value_b)
    # That far apart softmax picks the largest.
    picked = (a.float() @ b.float().transpose(1, 2)).argmax(-1)
    assert to_a.isfinite().all() and to_b.isfinite().all()
    same = to_a == torch.stack([v[i] for v, i in zip(value_b, picked, strict=True)])
    assert same.float().mean() > 0.8


@torch.no_grad()
def test_attention_both_ways_of_heads_with_small_and_with_large_logits():
    torch.manual_seed(0)
    a, b, value_a, value_b = (torch.randn(4, 30, 8) for _ in range(4))
    a[1], a[3] = 40 * a[1], 60 * a[3]
    expected = (
        torch.softmax(a @ b.transpose(1, 2) / 8**0.5, -1) @ value_b,
        torch.softmax(b @ a.transpose(1, 2) / 8**0.5, -1) @ value_a,
    )
    for ours, e in zip(attend_both_ways(a, b, value_a, value_b), expected, strict=True):
        assert torch.allclose(ours, e, atol=1e-4)


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


def test_tokens_are_split_and_joined_like_maps():
    x = torch.arange(2 * 8 * 12 * 3.0).reshape(2, 96, 3)
    parts = split_tokens(x, (8, 12))
    maps = split_quadrants(x.transpose(1, 2).reshape(2, 3, 8, 12))
    assert torch.equal(parts, maps.flatten(3).transpose(2, 3))
    assert torch.equal(join_tokens(parts, (8, 12)), x)


def test_pooled_tokens_are_added_back_to_the_cells_they_come_from():
    x = torch.randn(1, 3, 4 * 6, 5)
    pooled = pool_tokens(x, (4, 6), 2)
    assert pooled.shape == (1, 3, 6, 5)
    assert torch.allclose(pooled[0, 0, 1], x[0, 0, [2, 3, 8, 9]].mean(0))
    back = add_pooled(torch.zeros_like(x), pooled, (4, 6), 2)
    assert torch.equal(back[0, 0, [2, 3, 8, 9]], pooled[0, 0, 1].expand(4, -1))
    assert torch.allclose(pool_tokens(back, (4, 6), 2), pooled)


def test_positions_follow_the_grid_and_the_encoding(model):
    model = small_sama()
    before = model.positions()
    assert model.positions() is before
    layer = model.backbone.sam.prompt_encoder.pe_layer
    with torch.no_grad():
        layer.positional_encoding_gaussian_matrix.mul_(2)
    assert torch.equal(model.positions().pos[0], layer((8, 8)))
    assert not torch.equal(model.positions().pos, before.pos)
    model.backbone.resize(192)
    assert model.positions().local_pos.shape[-2:] == (24, 24)
