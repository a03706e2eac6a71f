"""Whether a matte is grey inside of what the mask holds: right for glass, wrong for a cat.

The measure, `grey_share`: of the pixels that lie inside SAMA's mask, farther from its edge than `DEEP` of the picture's
longer side, the share whose alpha is neither nearly 0 nor nearly 1. Where the photo ends is no edge. It is 0 where less
than `LEAST` of the mask lies that deep: branches and wires are all edge. On the examples it is below 0.08 for opaque
things with a good matte, 0.14 for a cat with grey fur, 0.5 for a glass vase. The model cannot tell the last two apart
(it would have made the cat opaque), so the page asks, and whoever sees the photo decides.
"""

import numpy as np

from sama.predict.answer import ALPHA, SAMA, Answer

DEEP = 0.01  # of the longer side
GREY = (0.1, 0.9)  # an alpha between these is grey
LEAST = 0.2  # of the mask that has to lie deep
LARGE = 0.1  # of the deep part: from here on the page asks
MAKERS = {"sama"}  # the methods whose mattes can be made opaque by `solid`
_GRID = 512  # longer side of what is looked at, in pixels


def grey_share(alpha: np.ndarray, mask: np.ndarray) -> float:
    """Share, in [0, 1], of a mask's deep inside where the matte is grey.

    alpha: (H, W) float in [0, 1]; mask: (H, W) bool. 0 for a mask without a deep inside.
    """
    from scipy.ndimage import minimum_filter

    step = max(1, round(max(mask.shape) / _GRID))
    alpha, mask = alpha[::step, ::step], mask[::step, ::step]
    reach = int(np.ceil(DEEP * max(mask.shape)))
    deep = minimum_filter(mask.astype(np.uint8), 2 * reach + 1, mode="nearest") > 0
    if deep.sum() < max(1, LEAST * mask.sum()):
        return 0.0
    inside = alpha[deep]
    return float(((inside > GREY[0]) & (inside < GREY[1])).mean())


def is_grey(answer: Answer) -> bool:
    """Whether the page should ask if the object of an answer is solid: its matte is SAMA's and grey inside on a large
    part of the object."""
    logits = answer.layer(SAMA)
    if logits is None or answer.alpha is None or answer.method not in MAKERS:
        return False
    return grey_share(answer.union.layers[ALPHA], logits > 0) >= LARGE
