"""Masks as they come from elsewhere: true ones, damaged in ways that do not depend on chance.

What mattes from a mask must mend: a mask drawn too small or too large, outlined with few corners, or made by a network
of low resolution. Lengths are relative to the object, so that the same damage is done to small and to large photos;
the corners of a polygon alone are a number of pixels apart, as a hand that clicks sets them.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from sama.errors import INSTALL_EVAL, SamaError
from sama.evaluation.prompting import tight_box
from sama.photo.resize import resize

REACH = 0.03  # of the longer side of the object's box: how far edges are moved
SPARED = 0.5  # of an object's pixels that erosion leaves at least
CORNERS = 64  # pixels along the outline from one corner of the polygon to the next
FEWEST = 3  # corners of a polygon
COARSE = 64  # cells along the longer side of the object's box


def eroded(mask: np.ndarray) -> np.ndarray:
    """A non-empty mask (H, W) bool without what is within REACH of its edge; the photo's rim is no edge.

    Thin objects would be gone: the reach is shortened until at least SPARED of the pixels are left, down to none.
    """
    if mask.all():
        return mask
    depth = np.asarray(ndimage.distance_transform_edt(mask))
    # Keeping what is as deep as the quantile keeps at least SPARED.
    most = float(np.quantile(depth[mask], 1 - SPARED, method="lower"))
    kept = depth > _reach(mask)
    return kept if np.count_nonzero(kept) >= SPARED * np.count_nonzero(mask) else depth >= max(most, 1)


def grown(mask: np.ndarray) -> np.ndarray:
    """A non-empty mask (H, W) bool with everything within REACH of it."""
    return np.asarray(ndimage.distance_transform_edt(~mask)) <= _reach(mask)


def polygon(mask: np.ndarray) -> np.ndarray:
    """Each connected piece of a non-empty mask (H, W) bool as a polygon with a corner every CORNERS px of its outline.

    Holes are filled, as those who outline by hand do; a piece has at least FEWEST corners. Raises SamaError where
    OpenCV is missing.
    """
    try:
        import cv2
    except ImportError as error:
        raise SamaError(f"Polygons of masks need OpenCV: {INSTALL_EVAL}.") from error
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    drawn = Image.new("L", mask.shape[::-1])
    pen = ImageDraw.Draw(drawn)
    for outline in outlines:
        points = outline[:, 0]  # (N, 1, 2) to (N, 2), x and y of each pixel of the outline
        steps = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
        along = np.concatenate([[0], np.cumsum(steps)[:-1]])
        count = max(FEWEST, round(float(steps.sum()) / CORNERS))
        chosen = np.unique(
            np.searchsorted(along, np.arange(count) * steps.sum() / count).clip(0, len(points) - 1)
        )
        corners = [(int(x), int(y)) for x, y in points[chosen]]
        if len(corners) < FEWEST:  # a speck, or a line
            pen.line(corners * 2, fill=1)
        else:
            pen.polygon(corners, fill=1, outline=1)
    return np.asarray(drawn) > 0


def coarse(mask: np.ndarray) -> np.ndarray:
    """A non-empty mask (H, W) bool as a network sees it that has COARSE cells for the object's box."""
    height, width = mask.shape
    x0, y0, x1, y1 = tight_box(mask)
    scale = COARSE / max(x1 - x0, y1 - y0)
    if scale >= 1:
        return mask
    grid = max(1, round(width * scale)), max(1, round(height * scale))
    found = resize(resize(mask.astype(np.float32), grid), (width, height)) > 0.5
    return found if found.any() else mask


DAMAGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "eroded": eroded,
    "grown": grown,
    "polygon": polygon,
    "coarse": coarse,
}


def _reach(mask: np.ndarray) -> float:
    x0, y0, x1, y1 = tight_box(mask)
    return max(1.0, REACH * max(x1 - x0, y1 - y0))
