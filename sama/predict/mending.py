"""A given mask whose edges are off: SAM has a say near them, before the matting head follows.

The matting head finds the edges of a mask that is a little off, but not all the way. How far it moves them tells a mask
that fits the photo from one that does not, and how unsure the mask's edges are: near them SAM's answer to the mask's
box counts as much as the mask does, and the farther from them the less.
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from sama.models.prompt_tensors import PromptTensors
from sama.models.views import Frame
from sama.predict.filling import filling
from sama.predict.framing import mask_logits
from sama.predict.painting import marked
from sama.request.masks import SURE
from sama.request.prompts import box_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sama.models.image_features import ImageFeatures, SamAnswer
    from sama.models.sama import Sama
    from sama.request.strokes import Stroke

# Lengths are shares of the longer side of the box around the mask.
FITS = 0.004  # edges that the matte moves by less are where they should be
DOUBT = 6.0  # times as far from its edges as the matte has moved them a mask is believed in full
MATTING = "matting"


def followed(
    model: "Sama",
    features: "ImageFeatures",
    answer: "SamAnswer",
    asked: PromptTensors,
    mask: np.ndarray,
    strokes: "Sequence[Stroke]",
    frame: Frame,
) -> dict[str, Tensor]:
    """The matting head's maps where it follows a mask; one more pass where the mask does not fit the photo.

    answer, asked: SAM's to the mask's box, and that box; mask: (H, W) of the photo, bool or logits; strokes: those in
    it, which are believed wherever they are; frame: where the photo lies in the global view.
    """
    given = mask_logits(mask, frame, answer.base.shape[-1])
    found = model.decode(features, answer.believing(given.to(answer.base)), (MATTING,))
    matte = found[MATTING]
    off = moved_by(_inside(matte, frame), _inside(mask_logits(mask, frame, matte.shape[-1]), frame))
    if off < FITS:
        return found
    beside = filling(answer, asked, model.backbone.image_size).base.float().cpu().clamp(-SURE, SURE)
    both = marked((beside + doubted(given, frame, off)) / 2, strokes, frame)
    return model.decode(features, answer.believing(both.to(answer.base)), (MATTING,))


def moved_by(matte: np.ndarray, mask: np.ndarray) -> float:
    """How far a matte's edge lies from a mask's on average, as a share of the longer side of the mask's box.

    That is what one has and the other has not, over the length of the mask's edge. Both (H, W) bool; 0 for an empty
    mask.
    """
    long = _long_side(mask)
    inner = np.asarray(ndimage.binary_erosion(mask, border_value=1))
    rim = np.count_nonzero(mask & np.logical_not(inner))
    return np.count_nonzero(matte ^ mask) / (max(1, rim) * long) if long else 0.0


def doubted(given: Tensor, frame: Frame, off: float) -> Tensor:
    """Logits (1, 1, s, s) of a mask, the weaker the nearer to its edges, from a distance of DOUBT * `off` on.

    off: a share of the longer side of its box. The photo's rim is no edge, and padding stays as it is.
    """
    inside = _inside(given, frame)
    certain = given.clamp(-SURE, SURE)
    if inside.all() or not inside.any():
        return certain
    height, width = inside.shape
    away = np.add(*(np.asarray(ndimage.distance_transform_edt(part)) for part in (inside, ~inside)))
    share = np.clip(away / max(1.0, DOUBT * off * _long_side(inside)), 0, 1)
    certain[..., :height, :width] *= torch.from_numpy(share.astype(np.float32))
    return certain


def _inside(logits: Tensor, frame: Frame) -> np.ndarray:
    """Where logits (1, 1, s, s) of the frame are above 0, (h, w) bool, without the padding."""
    height, width = frame.extent(logits.shape[-1])
    return (logits[0, 0, :height, :width] > 0).cpu().numpy()


def _long_side(mask: np.ndarray) -> float:
    """Of the box around a mask (H, W) bool; 0 for an empty one."""
    if not mask.any():
        return 0.0
    x0, y0, x1, y1 = box_of(mask)
    return max(x1 - x0, y1 - y0)
