"""A trimap from a mask's logits: what is surely the object, surely not, and what a matting method has to find out."""

import numpy as np
from scipy import ndimage

INNER_RATIO = 0.25  # unknown inside the contour, of the object's mean depth; at least 1.5 px
OUTER_RATIO = 0.03  # unknown outside it, of the square root of the object's area; at least 2 px
UNSURE_LOGIT = 1.0  # |logit| below this is unknown, too
WIDENING = 3.0  # how many bands wide the unknown may get where SAM's candidates disagree


def trimap_from_logits(logits: np.ndarray, candidates: np.ndarray | None = None) -> np.ndarray:
    """Return a trimap (H, W) float64 of 0, 0.5 (unknown) and 1 from mask logits (H, W).

    Unknown is a band around the mask's contour, INNER_RATIO and OUTER_RATIO wide, and whatever the
    logits leave undecided. A band that ignored how thin the object is would leave nothing of spokes
    and stems; these widths were the best of eight rules on renders with true masks.

    candidates (N, H, W) bool are SAM's masks for the same prompt. Where they disagree the band gets up to WIDENING
    times as wide, and no wider: candidates that mean a part and the whole differ by whole limbs, which are not unsure.
    """
    mask = logits > 0
    if mask.all() or not mask.any():
        return mask.astype(np.float64)
    depth = np.asarray(ndimage.distance_transform_edt(mask))
    outside = np.asarray(ndimage.distance_transform_edt(~mask))
    inner = max(1.5, INNER_RATIO * float(depth[mask].mean()))
    outer = max(2.0, OUTER_RATIO * float(np.sqrt(np.count_nonzero(mask))))
    unknown = np.where(mask, depth <= inner, outside <= outer) | (np.abs(logits) < UNSURE_LOGIT)
    if candidates is not None:
        wide = np.where(mask, depth <= WIDENING * inner, outside <= WIDENING * outer)
        unknown |= wide & candidates.any(axis=0) & ~candidates.all(axis=0)
    return np.where(unknown, 0.5, mask)


def trimap_bytes(told: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
    """A trimap (H, W) of 0, 0.5 and 1 in bytes (H, W) uint8: 0, 128 and 255.

    own: the transparency (H, W) uint8 of the photo's file: where it has nothing there is no object, and where it lets
    something through nothing is surely the object.
    """
    found = np.ceil(told * 255).astype(np.uint8)
    if own is not None:
        found[own == 0] = 0
        found[(found == 255) & (own < 255)] = 128
    return found
