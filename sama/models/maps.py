"""Maps (N, C, h, w) at another size, 2 x 2 pixels as channels of one cell, and GELU."""

import torch
from torch import Tensor
from torch.nn import functional as F


def up2(x: Tensor) -> Tensor:
    """Bilinear, twice the size."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def fit(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring x to `size`: exact averaging when it shrinks by a whole factor, else bilinear."""
    if x.shape[-2:] == size:
        return x
    if x.shape[-1] > size[1]:
        return F.adaptive_avg_pool2d(x, size)
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def gelu(x: Tensor) -> Tensor:
    """GELU, in half the time for a map that is channels-last on a processor: oneDNN's, which PyTorch has for tensors in
    the order of their axes alone."""
    if x.dim() != 4 or x.is_contiguous() or not x.is_contiguous(memory_format=torch.channels_last):
        return F.gelu(x)
    return F.gelu(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def span(there: Tensor, axis: int) -> tuple[int, int] | None:
    """The first and the last row, or with axis 1 column, of a map (h, w) bool in which something is; None where nothing
    is."""
    held = there.any(1 - axis).nonzero()
    return (int(held[0]), int(held[-1])) if len(held) else None


def to_phases(x: Tensor) -> Tensor:
    """(N, C, 2h, 2w) to (N, 4 C, h, w), channels last, ordered (row, column, C) by pixel of the 2 x 2 block."""
    n, c, h, w = x.shape
    cells = (
        x.permute(0, 2, 3, 1).reshape(n, h // 2, 2, w // 2, 2, c).transpose(2, 3)
    )  # (N, h, w, row, column, C)
    return cells.reshape(n, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def from_phases(x: Tensor) -> Tensor:
    """Inverse of `to_phases`."""
    n, c, h, w = x.shape
    cells = x.permute(0, 2, 3, 1).reshape(n, h, w, 2, 2, c // 4).transpose(2, 3)  # (N, h, row, w, column, C)
    return cells.reshape(n, 2 * h, 2 * w, c // 4).permute(0, 3, 1, 2)
