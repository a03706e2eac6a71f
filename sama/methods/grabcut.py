"""A method without a network: GrabCut."""

import numpy as np
from PIL import Image

from sama.errors import INSTALL_EVAL, SamaError
from sama.methods.base import BOX, MASK, PhotoMethod
from sama.photo.resize import resize
from sama.predict.answer import ObjectAnswer
from sama.request.request import Request

GRABCUT_ITERATIONS = 5
GRABCUT_MAX_SIDE = 1024  # pixels; its graph cut takes minutes beyond
GRABCUT_COMPONENTS = 5  # of OpenCV's Gaussian mixtures: fewer pixels teach neither side


LAYER = "grabcut"
SURE = 20.0  # logit of a mask that knows no doubt


class GrabCut(PhotoMethod):
    """Rother et al. 2004, as OpenCV has it."""

    name = "grabcut"
    label = "GrabCut"
    title = "GrabCut mask"
    help = "OpenCV's GrabCut in a box, without a network"
    note = "mask by GrabCut, without a network"
    takes = frozenset({BOX})
    returns = frozenset({MASK})
    mask = LAYER
    licence = "Apache-2.0"

    def layers(self, photo: np.ndarray, answer: ObjectAnswer, request: Request) -> dict[str, np.ndarray]:
        """See `PhotoMethod.layers`."""
        height, width = photo.shape[:2]
        x, y = width / request.photo_size[0], height / request.photo_size[1]
        x0, y0, x1, y1 = answer.prompts.boxes[0]
        mask = grabcut(photo, (x0 * x, y0 * y, x1 * x, y1 * y))
        if mask.shape != request.shape:
            mask = resize(mask.astype(np.float32), request.output_size) > 0.5
        return {LAYER: np.where(mask, np.float32(SURE), np.float32(-SURE))}


def grabcut(image: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Return GrabCut's (H, W) bool mask for image (H, W, 3) uint8 and a box in pixels.

    Source: Rother et al. 2004, OpenCV's `grabCut`. Photos with a longer side than GRABCUT_MAX_SIDE
    are cut at that size. Where no background is left to learn from (or no foreground), the filled
    box is the answer. Raises SamaError where OpenCV is missing.
    """
    try:
        import cv2
    except ImportError as error:
        raise SamaError(f"The method grabcut needs OpenCV: {INSTALL_EVAL}.") from error
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
        cv2.grabCut(small, state, (0, 0, 0, 0), *mixtures, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found = (state == cv2.GC_FGD) | (state == cv2.GC_PR_FGD)
    return resize(found.astype(np.float32), (width, height)) > 0.5
