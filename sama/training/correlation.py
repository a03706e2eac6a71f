"""Correlation along one axis as products with banded matrices: on processors much faster than a convolution of one
channel, forwards and backwards."""

import torch
from torch import Tensor
from torch.nn import functional as F

PIECE = 64  # of an axis that is filtered


def filter_axis(x: Tensor, taps: Tensor, axis: int) -> Tensor:
    """Correlate (N, 1, H, W) with an odd number of taps, on the processor, along axis 2 or 3; the border is repeated
    outwards."""
    reach = len(taps) // 2
    pad = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
    return _Correlation.apply(F.pad(x, pad, mode="replicate"), taps, axis)


class _Correlation(torch.autograd.Function):
    """Correlate along one axis where all taps fit.

    As products of pieces of the axis with a banded matrix: many times faster than a convolution of one channel.
    """

    @staticmethod
    def forward(ctx, x: Tensor, taps: Tensor, axis: int) -> Tensor:
        ctx.taps, ctx.axis = taps, axis
        return _correlate(x, taps, axis)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None, None]:
        reach = len(ctx.taps) - 1
        pad = (0, 0, reach, reach) if ctx.axis == 2 else (reach, reach, 0, 0)
        return _correlate(F.pad(grad, pad), ctx.taps.flip(0), ctx.axis), None, None


def _correlate(x: Tensor, taps: Tensor, axis: int) -> Tensor:
    size = x.shape[axis] - len(taps) + 1
    piece = min(PIECE, size)
    band = torch.zeros(piece, piece + len(taps) - 1)
    for offset, tap in enumerate(taps.tolist()):
        band.diagonal(offset)[:] = tap
    band = band.to(x)
    shape = list(x.shape)
    shape[axis] = size
    out = x.new_empty(shape)
    for start in range(0, size, piece):
        n = min(piece, size - start)
        some = x.narrow(axis, start, n + len(taps) - 1)
        matrix = band[:n, : some.shape[axis]]
        out.narrow(axis, start, n).copy_(matrix @ some if axis == 2 else some @ matrix.T)
    return out
