"""Attention in blocks whose logits stay in a core's own cache, forwards and backwards."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from sama.models import attention

SOFTMAX_BYTES = 2**20  # of logits: with their softmax about what a core's own cache holds


def blocks(count: int, rows: int, row_bytes: int, budget: int) -> Iterator[tuple[slice, slice]]:
    """Cut `count` matrices of `rows` rows of `row_bytes` into blocks of about `budget` bytes: which matrices, which
    rows. Several whole matrices, or some rows of one."""
    some, part = max(1, budget // (rows * row_bytes)), min(rows, max(1, budget // row_bytes))
    for i in range(0, count, some):
        for r in range(0, rows, part):
            yield slice(i, i + some), slice(r, r + part)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Twin of `sama.models.attention.attend`; same arguments.

    Where a CPU has fast bfloat16 products, PyTorch's fused kernel takes more than twice as long as blocks of plain
    products and softmaxes, and with its gradients six times as long; it is used everywhere else.
    """
    if q.device.type != "cpu" or q.dtype != torch.bfloat16:
        return attention.attend(q, k, v)
    if torch.is_grad_enabled() and (q.requires_grad or k.requires_grad or v.requires_grad):
        return _InBlocks.apply(q, k, v)
    return _attended(q, k, v)


def _attended(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    q, keys, out = q * q.shape[-1] ** -0.5, k.transpose(1, 2), torch.empty_like(q)
    with torch.autocast("cpu", enabled=False):
        for at in _blocks(q, k):
            which, _ = at
            out[at] = torch.bmm(torch.softmax(torch.bmm(q[at], keys[which]), -1), v[which])
    return out


def _blocks(q: Tensor, k: Tensor) -> Iterator[tuple[slice, slice]]:
    return blocks(q.shape[0], q.shape[1], k.shape[1] * k.element_size(), SOFTMAX_BYTES)


class _InBlocks(torch.autograd.Function):
    """`_attended` with gradients: what a block attends to is not kept but made once more on the way back."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        out = _attended(q, k, v)
        ctx.save_for_backward(q, k, v, out)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v, out = ctx.saved_tensors
        (grad,) = grads
        scale = q.shape[-1] ** -0.5
        scaled, keys, values = q * scale, k.transpose(1, 2), v.transpose(1, 2)
        # How much a row's logits pull together: what the softmax takes off each of them.
        pull = (grad.float() * out.float()).sum(-1, keepdim=True).to(q.dtype)
        grad_q = torch.empty_like(q)
        grad_k, grad_v = torch.zeros_like(k, dtype=torch.float32), torch.zeros_like(v, dtype=torch.float32)
        for at in _blocks(q, k):
            which, _ = at
            weights = torch.softmax(torch.bmm(scaled[at], keys[which]), -1)
            pulls = torch.bmm(grad[at], values[which]).sub_(pull[at]).mul_(weights)
            grad_q[at] = torch.bmm(pulls, k[which])
            grad_k[which] += torch.bmm(pulls.transpose(1, 2), scaled[at])
            grad_v[which] += torch.bmm(weights.transpose(1, 2), grad[at])
        return grad_q * scale, grad_k.to(k.dtype), grad_v.to(v.dtype)
