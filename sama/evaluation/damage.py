"""Masks as somebody else may have them, from true ones: what a matte that follows a mask is measured with."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

MOVED = 0.03  # of the root of the object's area, by which its edge is moved
CORNER = 64  # pixels of the outline from one corner of a polygon to the next


def eroded(truth: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool that is too small; of what would vanish, the innermost pixels stay."""
    depth = np.asarray(ndimage.distance_transform_edt(truth))
    return depth > min(_reach(truth), float(depth.max()) - 0.5)


def grown(truth: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool that is too large."""
    return np.asarray(ndimage.distance_transform_edt(~truth)) <= _reach(truth)


def polygon(truth: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool with straight sides and without holes; what is smaller than a side stays as it is."""
    from contourpy import contour_generator

    height, width = truth.shape
    drawn = Image.new("1", (width, height))
    pen = ImageDraw.Draw(drawn)
    # A border of nothing closes the outlines of what reaches over the picture's edge.
    for outline in contour_generator(z=np.pad(truth, 1).astype(np.float64)).lines(0.5):
        line = np.asarray(outline) - 1  # x, y in the picture's pixels
        step = np.hypot(*np.diff(line, axis=0).T)
        corners = round(float(step.sum()) / CORNER)
        if corners >= 3:
            along = np.linspace(0, float(step.sum()), corners, endpoint=False)
            line = line[np.searchsorted(np.cumsum(step), along)]
        pen.polygon([(float(x), float(y)) for x, y in line], fill=1)
    found = np.array(drawn)
    return found if found.any() else truth


def _reach(truth: np.ndarray) -> float:
    return max(1.0, MOVED * float(np.sqrt(np.count_nonzero(truth))))


MASKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mask": lambda truth: truth,
    "mask_eroded": eroded,
    "mask_grown": grown,
    "mask_polygon": polygon,
}
