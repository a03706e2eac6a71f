"""Attention both ways with every exponential computed once."""

import pytest
import torch
from torch.nn import functional as F

from sama.models.fast import both_ways
from sama.models.fast.both_ways import attend_both_ways


@pytest.mark.parametrize("block_bytes", [1, 5000, 2**22])
@torch.no_grad()
def test_attention_both_ways_equals_two_attentions(monkeypatch, block_bytes):
    monkeypatch.setattr(both_ways, "BLOCK_BYTES", block_bytes)
    torch.manual_seed(0)
    a, b = torch.randn(3, 20, 8), torch.randn(3, 50, 8)
    value_a, value_b = torch.randn(3, 20, 8), torch.randn(3, 50, 8)
    expected = (
        F.scaled_dot_product_attention(a, b, value_b),
        F.scaled_dot_product_attention(b, a, value_a),
    )
    *exact, sure = both_ways._shared_weights(a, b, value_a, value_b, torch.tensor([0.0, 3.0, 30.0]))
    assert sure.all(), "a shift leaves both softmaxes as they are"
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


@pytest.mark.parametrize("apart", [False, True])
@torch.no_grad()
def test_large_logits_take_two_passes_only_where_a_row_is_far_below_the_largest(monkeypatch, apart):
    torch.manual_seed(0)
    a, b, value_a, value_b = (torch.randn(2, 30, 8) for _ in range(4))
    a[1] *= 15
    if apart:  # all that the first row of the second matrix attends to is far below what the others do
        a[1, 0], b[1, :, 0] = torch.tensor([-600.0] + 7 * [0.0]), b[1, :, 0].abs() + 1
    passes, attend = [], both_ways.attend
    monkeypatch.setattr(both_ways, "attend", lambda q, *kv: passes.append(len(q)) or attend(q, *kv))
    expected = (
        torch.softmax(a @ b.transpose(1, 2) / 8**0.5, -1) @ value_b,
        torch.softmax(b @ a.transpose(1, 2) / 8**0.5, -1) @ value_a,
    )
    for ours, e in zip(attend_both_ways(a, b, value_a, value_b), expected, strict=True):
        assert torch.allclose(ours, e, atol=1e-4)
    assert both_ways._largest_products(a, b)[1] / 8**0.5 > both_ways.LARGEST_LOGIT
    assert passes == ([1, 1] if apart else [])
