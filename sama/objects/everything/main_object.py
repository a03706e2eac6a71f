"""Which of the masks that everything mode has found is the photo's object."""

from collections.abc import Iterable

import numpy as np

from sama.objects.everything.folder import ordered
from sama.objects.everything.found import Found

BORDER = 0.4  # of the photo's border: what holds more is what is around the object
WHOLE = 0.9  # of the photo: what holds more is the photo


def main_object(found: Iterable[Found]) -> np.ndarray | None:
    """The largest mask (H, W) bool that is no background, at the photo's size; None where there is none.

    Background is what holds much of the photo's border, as sky, ground and walls do, or nearly all of the photo.
    """
    for each in ordered(found):
        if each.share > WHOLE:
            continue
        mask = each.mask()
        if mask.any() and _border(mask).mean() <= BORDER:
            return mask
    return None


def _border(mask: np.ndarray) -> np.ndarray:
    return np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
