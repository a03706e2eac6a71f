"""Haze: what a matte has away from the object, where its mask holds nothing near.

A matting head answers every pixel for itself, and is half sure about things of the object's colours elsewhere. What is
joined to the mask through the matte is left alone, however thin it is there: hair and smoke look like that.
"""

from collections.abc import Iterable
from typing import cast

import numpy as np
from scipy import ndimage

GRID = 512  # cells of the longer side on which things are joined
FAINT = 0.1  # alpha that joins nothing
SKIRT = 8  # cells around what is joined, in which all alpha stays: strands come apart where they are thin
_AROUND = np.ones((3, 3), bool)


def haze_of(
    alpha: np.ndarray, mask: np.ndarray, kept: Iterable[tuple[float, float]] = ()
) -> np.ndarray | None:
    """Which pixels (H, W) bool of a matte (H, W) in [0, 1] are haze beside a mask (H, W) bool.

    kept: places x, y in pixels that belong to the object, too. None where there is no haze, and for a mask that holds
    nothing: then it cannot say what is away from the object.
    """
    size = max(1, -(-max(alpha.shape) // GRID))  # pixels of a cell's side, rounded up
    peak, holds = _most(alpha, size), _most(mask, size)
    for x, y in kept:
        holds[min(int(y) // size, len(holds) - 1), min(int(x) // size, holds.shape[1] - 1)] = True
    if not holds.any():
        return None
    labels, count = cast(tuple[np.ndarray, int], ndimage.label((peak > FAINT) | holds, _AROUND))
    joined = np.zeros(count + 1, bool)
    joined[labels[holds]] = True
    joined[0] = False
    stays = np.asarray(ndimage.binary_dilation(joined[labels], _AROUND, iterations=SKIRT))
    away = (peak > 0) & (stays == 0)
    if not away.any():
        return None
    height, width = alpha.shape
    return away.repeat(size, 0)[:height].repeat(size, 1)[:, :width]


def _most(values: np.ndarray, size: int) -> np.ndarray:
    """The highest of each square of `size` x `size` pixels; those at the far edges may be cut."""
    return _highest(_highest(values, size).T, size).T


def _highest(values: np.ndarray, size: int) -> np.ndarray:
    """The highest of every `size` rows. `np.maximum.reduceat` takes ten times as long for so few."""
    highest = values[::size].copy()
    for start in range(1, min(size, len(values))):
        rows = values[start::size]
        np.maximum(highest[: len(rows)], rows, out=highest[: len(rows)])
    return highest
