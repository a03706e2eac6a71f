"""Attention both ways with every exponential computed once."""

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.fast.attention import attend, blocks

BLOCK_BYTES = 4 * 2**20  # of weights: what stays in a processor's cache while it is read twice
LARGEST_LOGIT = 70.0  # up to here exp and sums of thousands of its values are far from float32's limits


def attend_both_ways(a: Tensor, b: Tensor, value_a: Tensor, value_b: Tensor) -> tuple[Tensor, Tensor]:
    """Twin of `sama.models.attention.attend_both_ways`; same arguments.

    Both directions have the same logits, so a CPU with fast bfloat16 products computes every exponential once for both.
    This leaves no room for each softmax to subtract a maximum of its own; for those of the M whose logits might be
    large there are two passes after all, as in float32, whose fused kernel is the faster.
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
    of_a, of_b = (torch.linalg.vector_norm(x, dim=-1, dtype=torch.float32).amax(1) for x in (a, b))
    return of_a * of_b


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
