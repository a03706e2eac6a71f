"""Two methods without a network of their own: GrabCut, and closed-form matting of a mask."""

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
from PIL import Image
from scipy import ndimage

from sama.errors import SamaError
from sama.evaluation.metrics import INSTALL_HINT

GRABCUT_ITERATIONS = 5
GRABCUT_MAX_SIDE = 1024  # pixels; its graph cut takes minutes beyond
GRABCUT_COMPONENTS = 5  # of OpenCV's Gaussian mixtures: fewer pixels teach neither side
CLOSED_FORM_MAX_PIXELS = 400_000  # of the crop; about ten seconds of one core
INNER_RATIO = 0.25  # unknown inside the contour, of the object's mean depth; at least 1.5 px
OUTER_RATIO = 0.03  # unknown outside it, of the square root of the object's area; at least 2 px
UNSURE_LOGIT = 1.0  # |logit| below this is unknown, too
CROP_MARGIN = 8  # pixels of sure background around the unknown band


def grabcut(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Return GrabCut's (H, W) bool mask for image (H, W, 3) uint8 and a box in pixels.

    Source: Rother et al. 2004, OpenCV's `grabCut`. Photos with a longer side than GRABCUT_MAX_SIDE
    are cut at that size. Where no background is left to learn from (or no foreground), the filled
    box is the answer. Raises SamaError where OpenCV is missing.
    """
    try:
        import cv2
    except ImportError as error:
        raise SamaError(f"The method grabcut needs OpenCV: {INSTALL_HINT}.") from error
    height, width = image.shape[:2]
    scale = min(1.0, GRABCUT_MAX_SIDE / max(height, width))
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(image).resize((w, h), Image.Resampling.BOX))
    x0, y0 = (int(np.floor(v * scale)) for v in box[:2])
    x1, y1 = (int(np.ceil(v * scale)) for v in box[2:])
    state = np.full((h, w), cv2.GC_BGD, np.uint8)
    state[max(y0, 0) : y1, max(x0, 0) : x1] = cv2.GC_PR_FGD
    inside = np.count_nonzero(state == cv2.GC_PR_FGD)
    if min(inside, state.size - inside) >= GRABCUT_COMPONENTS:
        cv2.setRNGSeed(0)  # the mixtures start from random k-means centres
        mixtures = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(small, state, None, *mixtures, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = (state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)
    return resize(found.astype(np.float32), (width, height)) > 0.5


def trimap_from_logits(logits: np.ndarray) -> np.ndarray:
    """Return a trimap (H, W) float64 of 0, 0.5 (unknown) and 1 from mask logits (H, W).

    Unknown is a band around the mask's contour, INNER_RATIO and OUTER_RATIO wide, and whatever the
    logits leave undecided. A band that ignored how thin the object is would leave nothing of spokes
    and stems; these widths were the best of eight rules on renders with true masks.
    """
    mask = logits > 0
    if mask.all() or not mask.any():
        return mask.astype(np.float64)
    depth = ndimage.distance_transform_edt(mask)
    outside = ndimage.distance_transform_edt(~mask)
    inner = max(1.5, INNER_RATIO * float(depth[mask].mean()))
    outer = max(2.0, OUTER_RATIO * float(np.sqrt(np.count_nonzero(mask))))
    band = np.where(mask, depth <= inner, outside <= outer)
    return np.where(band | (np.abs(logits) < UNSURE_LOGIT), 0.5, mask)


def closed_form_alpha(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    """Return the closed-form matte (H, W) float32 in [0, 1] of image (H, W, 3) uint8 and a trimap.

    Source: Levin et al. 2008, PyMatting's `estimate_alpha_cf`, on the crop that holds the unknown
    pixels, shrunk to CLOSED_FORM_MAX_PIXELS; known pixels keep their value. A trimap without
    foreground, background or unknown is answered by rounding it: there is nothing to propagate.
    """
    from pymatting import estimate_alpha_cf

    known = (trimap >= 0.5).astype(np.float32)
    unknown = (trimap > 0) & (trimap < 1)
    if not (unknown.any() and (trimap == 0).any() and (trimap == 1).any()):
        return known
    crop = _crop(trimap > 0)
    part, values = Image.fromarray(np.ascontiguousarray(image[crop])), trimap[crop]
    scale = min(1.0, float(np.sqrt(CLOSED_FORM_MAX_PIXELS / values.size)))
    h, w = (max(1, round(n * scale)) for n in values.shape)
    colours = np.asarray(part.resize((w, h), Image.Resampling.BOX)) / 255.0
    rough = resize(values.astype(np.float32), (w, h)).astype(np.float64)
    if scale < 1:  # a shrunk pixel is known only where all that it covers is
        rough = np.where(rough <= 0.01, 0.0, np.where(rough >= 0.99, 1.0, 0.5))
    if not ((rough == 0).any() and (rough == 1).any()):
        return known
    with redirect_stdout(StringIO()):  # it prints when its preconditioner needs a second attempt
        found = np.clip(estimate_alpha_cf(colours, rough), 0, 1).astype(np.float32)
    known[crop] = np.where(unknown[crop], resize(found, values.shape[::-1]), known[crop])
    return known


def _crop(region: np.ndarray) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return (
        slice(max(0, rows[0] - CROP_MARGIN), rows[-1] + 1 + CROP_MARGIN),
        slice(max(0, columns[0] - CROP_MARGIN), columns[-1] + 1 + CROP_MARGIN),
    )


def resize(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize (H, W) float32 to size (width, height): area average downwards, bilinear upwards."""
    if values.shape == size[::-1]:
        return values
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR))
