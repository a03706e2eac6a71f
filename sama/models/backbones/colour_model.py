"""What colour alone says about inside and outside: GrabCut's idea, batched, without training.

Rother et al. 2004 alternate between colour models of object and background and a labelling that follows edges. Here the
colour models are smoothed histograms, and the labelling is soft.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

BINS = 48
ROUNDS = 5
SWEEPS = 5
SMOOTHNESS = 4.0
CAUTION = 0.5  # colours of neighbouring pixels are not independent evidence


def colour_bins(colours: Tensor) -> Tensor:
    """Joint colour bin of every pixel of (B, 3, g, g) normalised colours, (B, g*g) int."""
    level = ((colours * 0.225 + 0.45) * BINS).long().clamp(0, BINS - 1)  # (B, 3, g, g)
    return ((level[:, 0] * BINS + level[:, 1]) * BINS + level[:, 2]).flatten(1)


def contrast_affinity(colours: Tensor, valid: Tensor) -> Tensor:
    """How strongly each pixel of (B, 3, g, g) is tied to its eight neighbours, (8, B, 1, g, g) in [0, 1].

    exp(-d^2 / 2 mean(d^2)) of the colour difference d over the distance, as in GrabCut's smoothness term; 0 across the
    border of the padding.
    """
    squared = ((_neighbours(colours) - colours) ** 2).sum(2, keepdim=True)
    both = _neighbours(valid) * valid
    mean = (squared * both).sum((0, 2, 3, 4)) / both.sum((0, 2, 3, 4)).clamp(min=1)
    distance = colours.new_tensor([2, 1, 2, 1, 1, 2, 1, 2]).sqrt().reshape(8, 1, 1, 1, 1)
    return torch.exp(-squared / (2 * mean.reshape(1, -1, 1, 1, 1) + 1e-6)) * both / distance


def _neighbours(x: Tensor) -> Tensor:
    """The eight neighbours of (B, C, g, g), 0 outside: (8, B, C, g, g), row by row."""
    return torch.stack(_shifted(x))


def _shifted(x: Tensor) -> list[Tensor]:
    """The same, not put together."""
    h, w = x.shape[-2:]
    padded = F.pad(x, (1, 1, 1, 1))
    steps = [(dy, dx) for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]
    return [padded[..., dy : dy + h, dx : dx + w] for dy, dx in steps]


def colour_posterior(
    bins: Tensor, inside: Tensor, outside: Tensor, allowed: Tensor, affinity: Tensor
) -> Tensor:
    """Probability (N, 1, g, g) that a pixel is the object's, from weights of the same shape.

    bins (N, g*g) are joint colour bins, affinity (8, N, 1, g, g) ties neighbours. Histograms give each pixel its odds,
    mean-field sweeps (Krahenbuhl & Koltun 2011, here with neighbours only) smooth them along similar colours, and the
    histograms are estimated again from the answer, `ROUNDS` times.
    """
    weights, both = torch.cat([inside, outside]), bins.repeat(2, 1)
    nobody = -affinity.sum(0)  # what neighbours say of whom nothing is believed
    for _ in range(ROUNDS):
        for_object, against = _colour_density(both, weights).chunk(2)
        ratio = for_object / against
        odds = CAUTION * ratio.log().reshape(inside.shape)
        belief = torch.sigmoid(odds) * allowed
        for _ in range(SWEEPS):
            agreed = nobody.clone()
            for tied, beliefs in zip(affinity, _shifted(belief), strict=True):
                agreed.addcmul_(tied, beliefs, value=2)  # affinity * (2 * belief - 1)
            belief = torch.sigmoid(odds + SMOOTHNESS * agreed) * allowed
        weights = torch.cat([inside * belief, outside + allowed * (1 - belief)])
    return belief


def _colour_density(bins: Tensor, weights: Tensor) -> Tensor:
    """Smoothed histogram density of each pixel's colour, (N, g*g)."""
    n = len(bins)
    flat = weights.flatten(1)
    histogram = torch.zeros(n, BINS**3, device=bins.device).scatter_add_(1, bins, flat)
    cube = smoothed((histogram / (flat.sum(1, keepdim=True) + 1e-6)).reshape(n, BINS, BINS, BINS))
    return cube.reshape(n, -1).gather(1, bins) + 1e-6


def smoothed(cube: Tensor) -> Tensor:
    """Histograms (N, BINS, BINS, BINS) in which neighbouring colours share their counts: twice with weights 1/4, 1/2,
    1/4 along each axis, 0 outside; as products, which are quicker than slices and than convolutions."""
    n, shares = len(cube), _shares(cube)
    cube = torch.matmul(shares, torch.matmul(cube, shares.T))
    return torch.matmul(shares, cube.reshape(n, BINS, -1)).reshape(n, BINS, BINS, BINS)


def _shares(like: Tensor) -> Tensor:
    """What each bin of an axis gets of each, (BINS, BINS)."""
    once = torch.eye(BINS, dtype=like.dtype, device=like.device)
    once = (
        once / 2
        + torch.diag(once.new_full((BINS - 1,), 0.25), 1)
        + torch.diag(once.new_full((BINS - 1,), 0.25), -1)
    )
    return once @ once
