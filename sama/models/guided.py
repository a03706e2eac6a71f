"""The guided filter: a map of probabilities that follows the edges of the photo.

He, Sun and Tang 2010: within a window, alpha is taken for an affine function of the colour, which is also what
closed-form matting assumes. It needs no training, and most of it no prompt either.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.maps import fit


class Guide(NamedTuple):
    """What the filter needs of photos for one window: image (B, 3, h, w), its mean (B, 3, h, w) over the window and the
    inverse of its covariance, whose six different entries are (B, 6, h, w)."""

    image: Tensor
    mean: Tensor
    inverse: Tensor
    radius: int


def make_guide(image: Tensor, radius: int, smoothness: float) -> Guide:
    """Prepare images (B, 3, h, w), float32; windows have 2 radius + 1 pixels; smoothness is added to the variances."""
    # One map after another: together they would take ten times the memory, and none would fit into a cache.
    channels = image.split(1, 1)
    means = [window_mean(x, radius) for x in channels]
    rr, rg, rb, gg, gb, bb = (
        window_mean(channels[i] * channels[j], radius) - means[i] * means[j]
        for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    )
    rr, gg, bb = rr + smoothness, gg + smoothness, bb + smoothness
    # The adjugate over the determinant.
    cofactors = torch.cat(
        [
            gg * bb - gb * gb,
            rb * gb - rg * bb,
            rg * gb - rb * gg,
            rr * bb - rb * rb,
            rb * rg - rr * gb,
            rr * gg - rg * rg,
        ],
        1,
    )
    determinant = rr * cofactors[:, :1] + rg * cofactors[:, 1:2] + rb * cofactors[:, 2:3]
    return Guide(image, torch.cat(means, 1), cofactors / determinant, radius)


def follow(guide: Guide, p: Tensor) -> Tensor:
    """Filter p (N, 1, h, w), float32: coefficients (N, 4, h, w) of the red, green and blue channel and a constant.

    `guide` is of N images.
    """
    image, mean, inverse, radius = guide
    means = window_mean(torch.cat([p, image * p], 1), radius)
    level = means[:, :1]
    r, g, b = (means[:, 1:] - mean * level).unbind(1)
    rr, rg, rb, gg, gb, bb = inverse.unbind(1)
    slopes = torch.stack([rr * r + rg * g + rb * b, rg * r + gg * g + gb * b, rb * r + gb * g + bb * b], 1)
    constant = level - (slopes * mean).sum(1, keepdim=True)
    return window_mean(torch.cat([slopes, constant], 1), radius)


def apply(coefficients: Tensor, image: Tensor) -> Tensor:
    """The filtered map (N, 1, H, W) at the resolution of image (N, 3, H, W), from coefficients (N, 4, h, w); in
    [0, 1]. Coefficients are smooth, so they may be made at a lower resolution (fast guided filter, He and Sun 2015)."""
    red, green, blue, constant = fit(coefficients, image.shape[-2:]).split(1, 1)
    out = torch.addcmul(constant, red, image[:, :1])
    return out.addcmul_(green, image[:, 1:2]).addcmul_(blue, image[:, 2:]).clamp_(0, 1)


def window_mean(x: Tensor, radius: int) -> Tensor:
    """Mean over windows of 2 radius + 1 pixels, the border repeated outwards; any (N, C, h, w)."""
    window = 2 * radius + 1
    x = _sums(F.pad(x, (radius, radius, 0, 0), mode="replicate"), window, 3)
    x = _sums(F.pad(x, (0, 0, radius, radius), mode="replicate"), window, 2)
    return x / window**2


def _sums(x: Tensor, window: int, axis: int) -> Tensor:
    """Sums of `window` neighbours along an axis, which becomes shorter by window - 1.

    Sums of 1, 2, 4, ... neighbours are made of each other, and those that add up to the window are added: an eighth of
    the time of PyTorch's average pooling, which walks through each window.
    """
    length, begin, size, parts = x.shape[axis] - window + 1, 0, 1, []
    while True:
        if window & size:
            parts.append(x.narrow(axis, begin, length))
            begin += size
        if 2 * size > window:
            return sum(parts[1:], parts[0])
        rest = x.shape[axis] - size
        x = x.narrow(axis, 0, rest) + x.narrow(axis, size, rest)
        size *= 2
