"""Whether a matte is grey inside of what the mask holds though the object seems solid: right for glass, wrong for cats.

Two measures of what lies deep inside, which is in SAMA's mask and farther from its edge than `DEEP` of the picture's
longer side. Where the photo ends is no edge. Both are 0 where less than `LEAST` of the mask lies that deep: branches
and wires are all edge.

- `grey_share`: the share whose alpha is neither nearly 0 nor nearly 1. Large for glass, and for solid things of kinds
  that the model knows badly.
- `unsure_share`: the share where the trimap, which the model makes before the matte, says that it does not know. Large
  for glass, small for those solid things: there the trimap says "object", and the matte is grey all the same.

So the page asks where the first is large and the second is not. How well that parts the two: docs/notebook.md. Smoke
it does not tell from what is solid; whoever sees the photo decides.
"""

import numpy as np

from sama.predict.answer import ALPHA, SAMA, TRIMAP, Answer

DEEP = 0.01  # of the longer side
GREY = (0.1, 0.9)  # an alpha between these is grey
LEAST = 0.2  # of the mask that has to lie deep
LARGE = 0.1  # of the deep part that is grey: from here on the page asks
UNSURE = 0.3  # of the deep part that the trimap leaves open: from here on it does not
MAKERS = {"sama"}  # the methods whose mattes can be made opaque by `solid`
_GRID = 512  # longer side of what is looked at, in pixels


def grey_share(alpha: np.ndarray, mask: np.ndarray) -> float:
    """Share, in [0, 1], of a mask's deep inside where the matte is grey.

    alpha: (H, W) float in [0, 1]; mask: (H, W) bool. 0 for a mask without a deep inside.
    """
    return _share(alpha, mask, *GREY)


def unsure_share(trimap: np.ndarray, mask: np.ndarray) -> float:
    """Share, in [0, 1], of a mask's deep inside that a trimap (H, W), 0, 0.5 or 1, leaves open; otherwise as
    `grey_share`."""
    return _share(trimap, mask, 0.25, 0.75)


def is_grey(answer: Answer) -> bool:
    """Whether the page should ask if the object of an answer is solid: its matte is SAMA's and grey inside on a large
    part of the object, and its trimap, if the model makes one, does not say that this is right."""
    logits = answer.layer(SAMA)
    if logits is None or answer.alpha is None or answer.method not in MAKERS:
        return False
    layers, mask = answer.union.layers, logits > 0
    if grey_share(layers[ALPHA], mask) < LARGE:
        return False
    return TRIMAP not in layers or unsure_share(layers[TRIMAP], mask) < UNSURE


def _share(values: np.ndarray, mask: np.ndarray, low: float, high: float) -> float:
    """Share of a mask's deep inside where values lie between two others."""
    from scipy.ndimage import minimum_filter

    step = max(1, round(max(mask.shape) / _GRID))
    values, mask = values[::step, ::step], mask[::step, ::step]
    reach = int(np.ceil(DEEP * max(mask.shape)))
    deep = minimum_filter(mask.astype(np.uint8), 2 * reach + 1, mode="nearest") > 0
    if deep.sum() < max(1, LEAST * mask.sum()):
        return 0.0
    inside = values[deep]
    return float(((inside > low) & (inside < high)).mean())
