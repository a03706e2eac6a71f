"""Whether an answer found anything: nobody should have to look at an empty picture to learn that it is empty."""

from dataclasses import dataclass

import numpy as np

from sama.methods import METHODS
from sama.predict.answer import ALPHA, SAM, SAMA, Answer, ObjectAnswer
from sama.predict.hints import hint
from sama.request.prompts import Prompts
from sama.request.readings import as_corners
from sama.request.request import Request

NOTHING, LITTLE, OBJECT = "nothing", "little", "object"
_IN_BOX = 0.001  # of a box, or of a mask prompt: less is hardly anything
_IN_PHOTO = 1e-5  # of the photo, where there are clicks alone
_FEWEST, _PART = 4, 0.01  # pixels of a photo that are an object at all; of tiny photos, a part
_FAINT = 0.02  # alpha that nobody sees


@dataclass(frozen=True)
class Finding:
    """level: NOTHING or LITTLE where an object has an empty or a nearly empty answer, else OBJECT; text: a sentence
    with the remedy, or with advice on a box that seems too small, else empty."""

    level: str
    text: str

    @property
    def missed(self) -> bool:
        """Whether an object was not found, or hardly."""
        return self.level != OBJECT


def finding_of(answer: Answer, request: Request) -> Finding:
    """Say what became of a request: of the first object that was not found, or else of a box that is too small."""
    own = METHODS[answer.method].mask or SAMA
    shares = [_shares(each, own, request) for each in answer.objects]
    index = min(sorted(answer.seen) or [0], key=lambda i: (max(shares[i].values()), min(shares[i].values())))
    if min(shares[index].values()) < 1:
        level = LITTLE if max(shares[index].values()) > 0 else NOTHING
        return Finding(level, _sentence([each.prompts for each in answer.objects], index, shares[index]))
    if answer.alpha is None:
        return Finding(OBJECT, "")
    return Finding(OBJECT, _about_box(hint(answer.alpha, request.prompts, request.photo_size), request))


def _shares(found: ObjectAnswer, own: str, request: Request) -> dict[str, float]:
    """How much mask and matte hold of one object, over the least that counts; 0 below half a pixel, at most 1."""
    pixels = {}
    mask = found.mask(own) if own in found.layers else found.mask(SAM)
    if mask is not None:
        pixels["mask"] = float(np.count_nonzero(mask))
    if ALPHA in found.layers:
        alpha = found.layers[ALPHA]
        pixels["matte"] = float(alpha.sum(dtype=np.float64, where=alpha > _FAINT))
    scale = float(np.prod(request.output_size) / np.prod(request.photo_size))
    fewest = min(_FEWEST, _PART * float(np.prod(request.photo_size)))
    least = max(scale * max(_least(found.prompts, request.photo_size), fewest), 1.0)
    return {name: 0.0 if amount < 0.5 else min(amount / least, 1.0) for name, amount in pixels.items()}


def _least(prompts: Prompts, size: tuple[int, int]) -> float:
    """The fewest pixels of a photo of `size` that count as an object."""
    if prompts.boxes:
        return _IN_BOX * sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in prompts.boxes)
    if prompts.mask is not None:
        return _IN_BOX * np.count_nonzero(prompts.mask > 0)
    return _IN_PHOTO * size[0] * size[1]


def _sentence(objects: list[Prompts], index: int, shares: dict[str, float]) -> str:
    """shares: of the object number `index` of objects, as `_shares` returns them."""
    prompts, where = objects[index], "at the clicks"
    remedy = "add a box around the object, or another click"
    if prompts.boxes:
        first, boxes = prompts.boxes[0], sum(len(each.boxes) for each in objects)
        where = "in the box" if boxes == 1 else f"in box {index + 1} of {boxes}"
        if len(prompts.boxes) > 1:
            where = "in the boxes"
        remedy = "draw it around all of one object, or click on the object too"
        x0, y0, x1, y1 = first
        if min(x1 - x0, y1 - y0) < 2:
            where += f", which is {x1 - x0:.3g} x {y1 - y0:.3g} pixels of the photo"
            remedy = "draw it around all of the object"
    elif prompts.strokes and prompts.only_strokes:
        where, remedy = "under the brush", "paint more of the object, or switch to what is painted"
    elif prompts.mask is not None and not prompts.points:
        where, remedy = "where the mask prompt is", "add a click on the object, or a box around it"
    least, most = min(shares, key=lambda name: shares[name]), max(shares, key=lambda name: shares[name])
    if shares[least] < 1 <= shares[most]:
        has = "nothing" if shares[least] == 0 else "hardly anything"
        return f"The {least} has {has} {where}, while the {most} has; {remedy}, or cut out by the {most}."
    what = "Nothing" if shares[most] == 0 else "Hardly anything"
    return f"{what} was found {where}; {remedy}."


def _about_box(advice: str, request: Request) -> str:
    """Advice on a box, with the other way to read it where that is a box, too."""
    if not advice:
        return ""
    other = as_corners(request.prompts.boxes[0], request.photo_size)
    return advice[:-1] + (f"; if it was meant as x, y, width, height, it is {other}." if other else ".")
