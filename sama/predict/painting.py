"""Strokes of brush and eraser correct what SAM says of an object."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from sama.models.image_features import SamAnswer
from sama.models.prompt_tensors import PromptTensors
from sama.models.views import Frame
from sama.predict.framing import prompt_tensors
from sama.request.masks import SURE
from sama.request.prompts import Prompts
from sama.request.strokes import CORE, Stroke, coverage

if TYPE_CHECKING:
    from sama.models.sama import ImageFeatures, Sama


def first_asked(prompts: Prompts, given: np.ndarray | None, size: tuple[int, int]) -> Prompts:
    """What SAM is asked of an object before strokes correct it; given: the mask that SAMA's heads follow instead of
    SAM's answer, which is then one to the box of that mask. size: (width, height) of the photo."""
    if given is None:
        return prompts.beneath(size)
    return Prompts(boxes=replace(prompts, mask=given).boxed().boxes)


def repainted(
    model: "Sama", features: "ImageFeatures", answer: SamAnswer, prompts: Prompts, frame: Frame
) -> tuple[SamAnswer, PromptTensors]:
    """SAM's answer once more, with the answer before as its mask prompt and the clicks that strokes mean, as SAM
    corrects itself in its own training; and what it was asked. prompts: in photo pixels."""
    photo = frame.width, frame.height
    side = 4 * model.backbone.grid[0]
    asked = Prompts(prompts.as_clicks(photo).points, prompts.boxed().boxes)
    tensors = prompt_tensors([asked], frame, side, answer.logits.device).with_masks(answer.base.float())
    return model.decode_sam(features, tensors), tensors


def marked(logits: Tensor, strokes: Sequence[Stroke], frame: Frame) -> Tensor:
    """Logits (1, 1, s, s) of a mask in the frame, with what strokes say for certain written into them."""
    shape = frame.extent(logits.shape[-1])
    result = logits.clone()
    for stroke in strokes:
        share = CORE if stroke.label else 1.0
        (rows, columns), under = coverage(stroke, (frame.width, frame.height), shape, share)
        part = result[0, 0, rows, columns]
        part[torch.from_numpy(under > 0.5).to(part.device)] = SURE if stroke.label else -SURE
    return result
