"""The colour model with histograms of the colours that a photo has, instead of all that there could be."""

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.backbones import colour_model as plain
from sama.models.backbones.colour_model import BINS, CAUTION, ROUNDS, SMOOTHNESS, SWEEPS

_KERNEL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # what smoothing twice along an axis makes of one bin
_AT_THE_END = 5 / 16  # instead of 6 / 16: what leaves the histogram does not come back
_TOGETHER = 4  # prompts whose maps a core's own cache holds


def colour_posterior(
    bins: Tensor, inside: Tensor, outside: Tensor, allowed: Tensor, affinity: Tensor
) -> Tensor:
    """Twin of `sama.models.backbones.colour_model.colour_posterior`; same arguments.

    A photo of 128 x 128 cells has a few thousand of 110592 colours, and smoothing is linear, so densities are products
    with a sparse matrix between the colours that occur, made once for all prompts of a photo. On other devices than the
    CPU everything is plain.
    """
    if bins.device.type != "cpu":
        return plain.colour_posterior(bins, inside, outside, allowed, affinity)
    each, out = len(inside) // len(bins), torch.empty_like(inside)
    for b in range(len(bins)):
        colours, found = bins[b].unique(return_inverse=True)
        smooth = _between(colours)
        for start in range(b * each, (b + 1) * each, _TOGETHER):
            rows = slice(start, min(start + _TOGETHER, (b + 1) * each))
            out[rows] = _one(
                found, smooth, inside[rows], outside[rows], allowed[rows], affinity[:, b : b + 1]
            )
    return out


def _one(
    found: Tensor, smooth: Tensor, inside: Tensor, outside: Tensor, allowed: Tensor, affinity: Tensor
) -> Tensor:
    """The answer to some prompts of one photo; found (g*g,): which of the colours each pixel has, smooth (K, K)."""
    n, h, w = len(inside), inside.shape[-2], inside.shape[-1]
    weights = torch.cat([inside, outside])
    index = found.expand(2 * n, -1)
    padded = F.pad(torch.zeros_like(inside), (1, 1, 1, 1))
    steps = [(dy, dx) for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]
    around = [padded[..., dy : dy + h, dx : dx + w] for dy, dx in steps]
    middle = padded[..., 1 : 1 + h, 1 : 1 + w]
    pull = SMOOTHNESS * affinity.sum(0)  # of neighbours that are not the object's
    ties = (2 * SMOOTHNESS) * affinity
    belief = torch.empty_like(inside)
    for _ in range(ROUNDS):
        flat = weights.flatten(1)
        histogram = torch.zeros(2 * n, len(smooth)).scatter_add_(1, index, flat)
        histogram /= flat.sum(1, keepdim=True) + 1e-6
        density = (smooth @ histogram.T).T.gather(1, index) + 1e-6
        odds = CAUTION * (density[:n] / density[n:]).log_().reshape(inside.shape)
        middle.copy_(odds.sigmoid().mul_(allowed))
        odds -= pull
        for _ in range(SWEEPS):
            torch.addcmul(odds, ties[0], around[0], out=belief)
            for tie, neighbour in zip(ties[1:], around[1:], strict=True):
                belief.addcmul_(tie, neighbour)
            middle.copy_(belief.sigmoid_().mul_(allowed))
        weights = torch.cat([inside * middle, outside + allowed * (1 - middle)])
    return middle.clone()


def _between(colours: Tensor) -> Tensor:
    """Smoothing as a sparse matrix (K, K) between the joint bins `colours` (K,), ascending."""
    parts = torch.stack([colours // BINS**2, colours // BINS % BINS, colours % BINS], 1)  # (K, 3)
    steps = torch.cartesian_prod(*[torch.arange(-2, 3)] * 3)  # (125, 3)
    there = parts[:, None] + steps  # (K, 125, 3)
    weights = torch.tensor(_KERNEL)[steps + 2].expand(there.shape)
    at_end = ((parts == 0) | (parts == BINS - 1))[:, None] & (steps == 0)
    weights = torch.where(at_end, _AT_THE_END, weights).prod(2)  # (K, 125)
    wanted = (there[..., 0] * BINS + there[..., 1]) * BINS + there[..., 2]
    place = torch.searchsorted(colours, wanted).clamp_(max=len(colours) - 1)
    rows, step = (((there >= 0) & (there < BINS)).all(2) & (colours[place] == wanted)).nonzero(as_tuple=True)
    indices = torch.stack([rows, place[rows, step]])
    return torch.sparse_coo_tensor(indices, weights[rows, step], (len(colours),) * 2, check_invariants=True)
