"""Mattes of an object whose mask is given: what `--prompts mask` and its damaged kinds compare.

A method is a function here and a line in MASK_METHODS.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from sama.methods.base import Predictor

# photo (H, W, 3) uint8, mask (H, W) bool, predictor with that photo open or None, closer, edges and keep_haze of
# `Request` -> matte (H, W) float32 in [0, 1]
Matting = Callable[[np.ndarray, np.ndarray, object, Mapping[str, Any]], np.ndarray]


class MaskMethod(NamedTuple):
    """How a mask becomes a matte; needs_model: whether it is given a predictor, with the photo open."""

    matte: Matting
    needs_model: bool = False


def as_given(_photo: np.ndarray, mask: np.ndarray, _predictor: object, _how: Mapping[str, Any]) -> np.ndarray:
    """The mask itself, which a matte has to be better than."""
    return mask.astype(np.float32)


def closed_form(
    photo: np.ndarray, mask: np.ndarray, _predictor: object, _how: Mapping[str, Any]
) -> np.ndarray:
    """Closed-form matting of the trimap around the mask."""
    from sama.matting.closed_form import closed_form_alpha
    from sama.matting.trimap import trimap_from_logits

    surely = np.where(mask, np.float32(8), np.float32(-8))  # logits
    return closed_form_alpha(photo, trimap_from_logits(surely))


def from_mask(photo: np.ndarray, mask: np.ndarray, predictor: object, how: Mapping[str, Any]) -> np.ndarray:
    """The method `from_mask` of the table: a model's matting head that follows the mask."""
    from sama.methods import METHODS, answering, matte_of
    from sama.request.prompts import Prompts
    from sama.request.request import Request

    method = METHODS["from_mask"]
    asked = Request.of(
        Prompts(mask=mask),
        (photo.shape[1], photo.shape[0]),
        method=method.name,
        closer=how["closer"],
        edges=how["edges"],
        keep_haze=how["keep_haze"],
    )
    return matte_of(answering(method, photo, cast("Predictor", predictor))(asked, None), method)


MASK_METHODS: dict[str, MaskMethod] = {
    "mask": MaskMethod(as_given),
    "closed_form": MaskMethod(closed_form),
    "from_mask": MaskMethod(from_mask, needs_model=True),
}
