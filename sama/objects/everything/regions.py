"""Small pieces and holes of masks."""

from typing import Any

import numpy as np
from scipy import ndimage

_EIGHT = np.ones((3, 3), bool)


def without_small(mask: np.ndarray, smallest: float) -> tuple[np.ndarray, bool]:
    """Fill the holes of a mask (H, W) bool that are smaller than `smallest` pixels, then drop its smaller pieces, all
    but the largest where all are; returns the mask and whether it has changed.

    The rule is that of `remove_small_regions` of segment_anything, which needs OpenCV: pixels touch at corners, too.
    """
    around, holes = _kept(~mask, smallest, at_least_one=False)
    whole, pieces = _kept(~around, smallest, at_least_one=True)
    return whole, holes or pieces


def _kept(region: np.ndarray, smallest: float, *, at_least_one: bool) -> tuple[np.ndarray, bool]:
    """The parts of a region that are large enough, and whether any was not."""
    found: Any = ndimage.label(region, _EIGHT)
    labels, count = found
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    large = sizes >= smallest
    large[0] = False
    if large[1:].all():
        return region, False
    if at_least_one and not large.any():
        large[1 + sizes[1:].argmax()] = True
    return large[labels], True
