"""Attention both ways with every exponential computed once."""

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.fast.attention import attend, blocks

BLOCK_BYTES = 4 * 2**20  # of weights: what stays in a processor's cache while it is read twice
LARGEST_LOGIT = 70.0  # up to here exp and sums of thousands of its values are far from float32's limits
LEAST_SUM = 1e-30  # of weights: below it the smaller ones are lost


def attend_both_ways(a: Tensor, b: Tensor, value_a: Tensor, value_b: Tensor) -> tuple[Tensor, Tensor]:
    """Twin of `sama.models.attention.attend_both_ways`; same arguments.

    Both directions have the same logits, so a CPU computes every exponential once for both. This leaves no room for
    each softmax to subtract a maximum of its own: all logits of one of the M are shifted by what the largest might be
    too large, and those of which a sum then comes out too small take two passes after all.
    """
    if a.device.type != "cpu" or torch.is_grad_enabled():
        return attend(a, b, value_b), attend(b, a, value_a)
    shift = (_largest_products(a, b) * a.shape[-1] ** -0.5 - LARGEST_LOGIT).clamp(min=0)
    read, told, sure = _shared_weights(a, b, value_a, value_b, shift)
    if not sure.all():
        unsure = ~sure
        read[unsure] = attend(a[unsure], b[unsure], value_b[unsure])
        told[unsure] = attend(b[unsure], a[unsure], value_a[unsure])
    return read, told


def _largest_products(a: Tensor, b: Tensor) -> Tensor:
    """Bounds (M,) of |a_i b_j|, those of Cauchy and Schwarz; infinite or not a number where the inputs are."""
    of_a, of_b = (torch.linalg.vector_norm(x, dim=-1, dtype=torch.float32).amax(1) for x in (a, b))
    return of_a * of_b


def _shared_weights(
    a: Tensor, b: Tensor, value_a: Tensor, value_b: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Block by block of `a`, shift (M,) being taken from the logits; and of which of the M both results (M,) are sure.

    One more channel of `a` and `b` makes the shift a part of their products; the one that is added to the values sums
    up the weights.
    """
    (m, length, d), row_bytes = a.shape, b.shape[1] * b.element_size()
    a = F.pad(a * d**-0.5, (0, 1), value=1.0)
    b = torch.cat([b, (-shift).to(b.dtype)[:, None, None].expand(-1, b.shape[1], 1)], -1)
    value_a, value_b = (F.pad(v, (0, 1), value=1.0) for v in (value_a, value_b))
    to_a, to_b = torch.empty_like(value_a), torch.zeros_like(value_b, dtype=torch.float32)
    with torch.autocast("cpu", enabled=False):
        for at in blocks(m, length, row_bytes, BLOCK_BYTES):
            which, _ = at
            weights = torch.bmm(a[at], b[which].transpose(1, 2)).exp_()  # (some, rows, T)
            to_a[at] = torch.bmm(weights, value_b[which])
            to_b[which] += torch.bmm(weights.transpose(1, 2), value_a[at])
    sure = (to_a[..., d].amin(1) > LEAST_SUM) & (to_b[..., d].amin(1) > LEAST_SUM)  # false where not a number
    return to_a[..., :d] / to_a[..., d:], (to_b[..., :d] / to_b[..., d:]).to(b.dtype), sure
