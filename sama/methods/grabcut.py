"""A method without a network: GrabCut."""

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.evaluation.metrics import INSTALL_HINT
from sama.photo.resize import resize

GRABCUT_ITERATIONS = 5
GRABCUT_MAX_SIDE = 1024  # pixels; its graph cut takes minutes beyond
GRABCUT_COMPONENTS = 5  # of OpenCV's Gaussian mixtures: fewer pixels teach neither side


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
