"""Attention in blocks equals attention."""

import pytest
import torch

from sama.models import attention as plain
from sama.models.fast import attention


@pytest.mark.parametrize("softmax_bytes", [1, 700, 2**20])
@torch.no_grad()
def test_attention_in_blocks_equals_attention(monkeypatch, softmax_bytes):
    monkeypatch.setattr(attention, "SOFTMAX_BYTES", softmax_bytes)
    torch.manual_seed(0)
    q, k, v = (torch.randn(3, length, 8) for length in (20, 50, 50))
    expected = plain.attend(q, k, v)
    assert torch.equal(attention.attend(q, k, v), expected)  # nothing is quicker in float32
    rounded = attention.attend(*(x.bfloat16() for x in (q, k, v)))
    assert rounded.dtype == torch.bfloat16 and (rounded - expected).abs().max() < 0.03


@pytest.mark.parametrize("softmax_bytes", [1, 700, 2**20])
def test_gradients_of_blocks_equal_those_of_attention(monkeypatch, softmax_bytes):
    monkeypatch.setattr(attention, "SOFTMAX_BYTES", softmax_bytes)
    torch.manual_seed(0)
    given = [torch.randn(3, length, 8) for length in (20, 50, 50)]
    grad = torch.randn(3, 20, 8)
    expected = [x.double().requires_grad_() for x in given]
    plain.attend(*expected).backward(grad.double())
    rounded = [x.bfloat16().requires_grad_() for x in given]
    attention.attend(*rounded).backward(grad.bfloat16())
    for x, y in zip(rounded, expected, strict=True):
        assert x.grad is not None and x.grad.dtype == torch.bfloat16
        assert (x.grad - y.grad).norm() < 0.02 * y.grad.norm()


def test_in_float32_it_is_attention_itself_with_gradients_too():
    given = [torch.randn(2, 6, 4) for _ in range(3)]
    once, twice = ([x.clone().requires_grad_() for x in given] for _ in range(2))
    attention.attend(*once).square().sum().backward()
    plain.attend(*twice).square().sum().backward()
    assert all(torch.equal(x.grad, y.grad) for x, y in zip(once, twice, strict=True))


@pytest.mark.parametrize(("count", "rows", "budget"), [(3, 4, 1), (3, 4, 25), (3, 4, 100), (3, 4, 10**6)])
def test_blocks_cover_every_row_once(count, rows, budget):
    seen = torch.zeros(count, rows)
    for at in attention.blocks(count, rows, 10, budget):
        seen[at] += 1
    assert torch.equal(seen, torch.ones(count, rows))
