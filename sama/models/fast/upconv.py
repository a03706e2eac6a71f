"""A 3x3 convolution of a map enlarged twice, computed at the small map's resolution.

Each of the four pixels that a cell becomes is a fixed combination of the cell and its eight neighbours: enlarging and
convolving is one 3x3 convolution with four times as many outputs (the sub-pixel convolution of Shi et al. 2016, here
with kernels that are not free but follow from bilinear interpolation). Processors like that better than few channels at
high resolution. Beyond its border a map goes on as its border cells.

Maps in phases, (N, 4 C, h, w), are those of `sama.models.maps.to_phases`.
"""

import torch
from torch import Tensor

# What pixel p of a cell's two sees of the cell before, itself and the cell behind, through tap t of three:
# [p][cell][t], for bilinear interpolation with half-pixel centres.
_ALONG = torch.tensor(
    [
        [[0.75, 0.25, 0.0], [0.25, 0.75, 0.75], [0.0, 0.0, 0.25]],
        [[0.25, 0.0, 0.0], [0.75, 0.75, 0.25], [0.0, 0.25, 0.75]],
    ]
)
_ENLARGING = torch.einsum("pyt,qxs->tspqyx", _ALONG, _ALONG).reshape(9, 36)
# The same, [p][u][cell][t], for a map that has a value of its own for each pixel u of the cell.
_ALONG_OWN = torch.zeros(2, 2, 3, 3)
for _p in range(2):
    for _t in range(3):
        _ALONG_OWN[_p, (_p + _t - 1) % 2, (_p + _t - 1) // 2 + 1, _t] = 1
_OWN = torch.einsum("puyt,qvxs->tspquvyx", _ALONG_OWN, _ALONG_OWN).reshape(9, 144)


def enlarging_kernel(kernel: Tensor) -> Tensor:
    """(O, C, 3, 3) for the enlarged map to (4 O, C, 3, 3) for the small one."""
    o, c = kernel.shape[:2]
    parts = (kernel.reshape(-1, 9) @ _ENLARGING.to(kernel)).reshape(o, c, 4, 9)
    return parts.permute(2, 0, 1, 3).reshape(4 * o, c, 3, 3)


def own_kernel(kernel: Tensor) -> Tensor:
    """(O, C, 3, 3) for a map of the large size to (4 O, 4 C, 3, 3) for the same map in phases."""
    o, c = kernel.shape[:2]
    parts = (kernel.reshape(-1, 9) @ _OWN.to(kernel)).reshape(o, c, 4, 4, 9)
    return parts.permute(2, 0, 3, 1, 4).reshape(4 * o, 4 * c, 3, 3)
