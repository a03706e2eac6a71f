"""Multi-head attention shaped like SAM's (`segment_anything` modeling/transformer.py), but fused; and both ways."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def heads_first(x: Tensor, heads: int) -> Tensor:
    """(B, T, C) -> (B, heads, T, C / heads)."""
    b, t, c = x.shape
    return x.reshape(b, t, heads, c // heads).transpose(1, 2)


def heads_last(x: Tensor) -> Tensor:
    """(B, heads, T, D) -> (B, T, heads D)."""
    return x.transpose(1, 2).flatten(2)


SOFTMAX_BYTES = 2**20  # of logits: with their softmax about what a core's own cache holds


def blocks(count: int, rows: int, row_bytes: int, budget: int) -> Iterator[tuple[slice, slice]]:
    """Cut `count` matrices of `rows` rows of `row_bytes` into blocks of about `budget` bytes: which matrices, which
    rows. Several whole matrices, or some rows of one."""
    some, part = max(1, budget // (rows * row_bytes)), min(rows, max(1, budget // row_bytes))
    for i in range(0, count, some):
        for r in range(0, rows, part):
            yield slice(i, i + some), slice(r, r + part)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return softmax(q k^T / sqrt(d)) v for q (M, S, d), k and v (M, T, d).

    Where a CPU has fast bfloat16 products, PyTorch's fused kernel takes more than twice as long as blocks of plain
    products and softmaxes; it is used everywhere else, and where there are gradients.
    """
    if q.device.type != "cpu" or q.dtype != torch.bfloat16 or torch.is_grad_enabled():
        return F.scaled_dot_product_attention(q[None], k[None], v[None])[0]
    (m, length, d), row_bytes = q.shape, k.shape[1] * k.element_size()
    q, keys, out = q * d**-0.5, k.transpose(1, 2), torch.empty_like(q)
    with torch.autocast("cpu", enabled=False):
        for at in blocks(m, length, row_bytes, SOFTMAX_BYTES):
            which, _ = at
            out[at] = torch.bmm(torch.softmax(torch.bmm(q[at], keys[which]), -1), v[which])
    return out


class CrossAttention(nn.Module):
    """q (B, T, C) attends to k, v (B, U, C) in C / 2 inner channels; returns (B, T, C)."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads = heads
        inner = channels // 2
        self.q_proj = nn.Linear(channels, inner)
        self.k_proj = nn.Linear(channels, inner)
        self.v_proj = nn.Linear(channels, inner)
        self.out_proj = nn.Linear(inner, channels)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See the class."""
        q, k, v = (
            heads_first(project(x), self.heads)
            for project, x in ((self.q_proj, q), (self.k_proj, k), (self.v_proj, v))
        )
        attended = attend(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1))
        return self.out_proj(heads_last(attended.unflatten(0, q.shape[:2])))


BLOCK_BYTES = 4 * 2**20  # of weights: what stays in a processor's cache while it is read twice
LARGEST_LOGIT = 70.0  # up to here exp and sums of thousands of its values are far from float32's limits


def attend_both_ways(a: Tensor, b: Tensor, value_a: Tensor, value_b: Tensor) -> tuple[Tensor, Tensor]:
    """Return softmax(a b^T / sqrt(d)) value_b and softmax(b a^T / sqrt(d)) value_a.

    a, value_a (M, S, d); b, value_b (M, T, d). Both directions have the same logits, so a CPU with fast bfloat16
    products computes every exponential once for both. This leaves no room for each softmax to subtract a maximum of its
    own; for those of the M whose logits might be large there are two passes after all, as in float32, whose fused
    kernel is the faster.
    """
    small = None
    if a.device.type == "cpu" and not torch.is_grad_enabled():
        small = _largest_products(a, b) * a.shape[-1] ** -0.5 < LARGEST_LOGIT  # false where not a number
    if small is None or not small.any():
        return attend(a, b, value_b), attend(b, a, value_a)
    if small.all():
        return _shared_weights(a, b, value_a, value_b)
    read, told = torch.empty_like(value_a), torch.empty_like(value_b)
    large = ~small
    read[small], told[small] = _shared_weights(a[small], b[small], value_a[small], value_b[small])
    read[large] = attend(a[large], b[large], value_b[large])
    told[large] = attend(b[large], a[large], value_a[large])
    return read, told


def _largest_products(a: Tensor, b: Tensor) -> Tensor:
    """Bounds (M,) of |a_i b_j|, those of Cauchy and Schwarz; infinite or not a number where the inputs are."""
    lengths = (torch.linalg.vector_norm(x, dim=-1, dtype=torch.float32).amax(1) for x in (a, b))
    return math.prod(lengths)


def _shared_weights(a: Tensor, b: Tensor, value_a: Tensor, value_b: Tensor) -> tuple[Tensor, Tensor]:
    """Block by block of `a`; the last channel that is added to the values sums up the weights."""
    (m, length, d), row_bytes = a.shape, b.shape[1] * b.element_size()
    a = a * d**-0.5
    value_a, value_b = (F.pad(v, (0, 1), value=1.0) for v in (value_a, value_b))
    to_a, to_b = torch.empty_like(value_a), torch.zeros_like(value_b, dtype=torch.float32)
    with torch.autocast("cpu", enabled=False):
        for at in blocks(m, length, row_bytes, BLOCK_BYTES):
            which, _ = at
            weights = torch.bmm(a[at], b[which].transpose(1, 2)).exp_()  # (some, rows, T)
            to_a[at] = torch.bmm(weights, value_b[which])
            to_b[which] += torch.bmm(weights.transpose(1, 2), value_a[at])
    return to_a[..., :d] / to_a[..., d:], (to_b[..., :d] / to_b[..., d:]).to(b.dtype)
