"""Attention in blocks whose logits stay in a core's own cache."""

from collections.abc import Iterator

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
    products and softmaxes; it is used everywhere else, and where there are gradients.
    """
    if q.device.type != "cpu" or q.dtype != torch.bfloat16 or torch.is_grad_enabled():
        return attention.attend(q, k, v)
    (m, length, d), row_bytes = q.shape, k.shape[1] * k.element_size()
    q, keys, out = q * d**-0.5, k.transpose(1, 2), torch.empty_like(q)
    with torch.autocast("cpu", enabled=False):
        for at in blocks(m, length, row_bytes, SOFTMAX_BYTES):
            which, _ = at
            out[at] = torch.bmm(torch.softmax(torch.bmm(q[at], keys[which]), -1), v[which])
    return out
