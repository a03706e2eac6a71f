"""Clicks without a box on something small: what SAM finds of the whole photo says where to look closer.

A click alone does not say how large its object is. SAM's answer does, roughly; the part of it that was clicked gets a
box, and SAMA answers clicks and box on the part of the photo around. SAM's own answer stays.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from scipy import ndimage

from sama.predict.answer import SAM, ObjectAnswer
from sama.request.prompts import Box, Prompts, box_of

if TYPE_CHECKING:
    from sama.predict.close_up import Region
    from sama.predict.seen import Seen

SMALL = 0.2  # of the photo's longer side: that of the box around what is looked at closer; larger things gain nothing
GRID = 512  # pixels of the longer side, at most, on which it is found, whatever the size of the answer
ROOM = 0.04  # of the box's sides, left on either side of what SAM has found, which tends to be too little


@dataclass(frozen=True)
class Where:
    """Where to look for one object, and what to ask there; sam: what SAM says of the whole photo, where that has told
    the place."""

    region: "Region"
    prompts: Prompts
    sam: ObjectAnswer | None = None

    def beside_sam(self, found: ObjectAnswer) -> ObjectAnswer:
        """What was found there, an answer to the whole photo, with SAM's own answer and candidates."""
        if self.sam is None:
            return found
        layers = {**found.layers, SAM: self.sam.layers[SAM]}
        return replace(self.sam, layers=layers)


class SamAlone:
    """Asks a predictor for SAM's masks and nothing else; a `Finisher`."""

    name: ClassVar[str] = "sam"
    tasks: ClassVar[tuple[str, ...]] = ()
    follows_mask: ClassVar[bool] = False
    as_painted: ClassVar[bool] = False

    def finish(self, seen: "Seen") -> None:
        """Nothing is added."""


def clicks_alone(prompts: Prompts) -> bool:
    """Whether there are clicks on the object and nothing else that says where it is."""
    clicked = any(label == 1 for *_, label in prompts.points)
    return clicked and not (prompts.boxes or prompts.strokes or prompts.mask is not None)


def small_box(found: ObjectAnswer, size: tuple[int, int]) -> Box | None:
    """The box, in pixels of the photo, around these clicks and what SAM has found where they are.

    None where it is not small, or where nothing was found. size: (width, height) of the photo.
    """
    labels, _ = cast("tuple[np.ndarray, int]", ndimage.label(found.layers[SAM] > 0))
    x, y = size[0] / labels.shape[1], size[1] / labels.shape[0]  # pixels of the photo for one of these
    places = [(px, py) for px, py, label in found.prompts.points if label == 1]
    height, width = labels.shape
    pieces = {labels[min(int(py / y), height - 1), min(int(px / x), width - 1)] for px, py in places} - {0}
    if not pieces:
        return None
    x0, y0, x1, y1 = box_of(np.isin(labels, list(pieces)))
    across, down = ROOM * (x1 - x0), ROOM * (y1 - y0)
    x0, y0, x1, y1 = max(0, x0 - across), max(0, y0 - down), min(width, x1 + across), min(height, y1 + down)
    xs, ys = ([place[axis] for place in places] for axis in (0, 1))
    box = min(x0 * x, *xs), min(y0 * y, *ys), max(x1 * x, *xs), max(y1 * y, *ys)
    return box if max(box[2] - box[0], box[3] - box[1]) < SMALL * max(size) else None
