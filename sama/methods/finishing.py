"""What is done to every method's answer: clicks hold, and the matte is cleared of haze."""

from dataclasses import replace

import numpy as np
from PIL import Image

from sama.matting.haze import haze_of
from sama.methods.painted import Painted
from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, NOTHING, SAM, SAMA, TRIMAP, Answer, ObjectAnswer
from sama.predict.statements import held
from sama.request.request import Request
from sama.request.strokes import CORE, coverage


def finished(answer: Answer, request: Request, photo: np.ndarray) -> Answer:
    """The same answer as a person is given it. photo: (h, w, 3) uint8, may be a smaller copy.

    An answer that obeys all clicks and has no haze is returned as it is.
    """
    objects = tuple(_finished(each, request, photo) for each in answer.objects)
    if all(new is old for new, old in zip(objects, answer.objects, strict=True)):
        return answer
    return replace(answer, objects=objects)


def _finished(found: ObjectAnswer, request: Request, photo: np.ndarray) -> ObjectAnswer:
    painted = request.method == Painted.name
    layers = held(found, photo, request.photo_size, core=1.0 if painted else CORE)
    as_given = painted and found.prompts.mask is not None
    if not request.keep_haze and ALPHA in layers and not as_given:
        layers = _without_haze(layers, found, request)
    return found if layers is found.layers else replace(found, layers=layers)


def _without_haze(
    layers: dict[str, np.ndarray], found: ObjectAnswer, request: Request
) -> dict[str, np.ndarray]:
    """The same layers where there is no haze."""
    mask = layers.get(SAMA, layers.get(SAM))
    if mask is None:
        return layers
    (width, height), (across, down) = request.output_size, request.photo_size
    kept = [(x * width / across, y * height / down) for x, y, label in found.prompts.points if label == 1]
    # A mask alone is followed by the matte, not by SAM.
    follows = found.prompts.only_mask and SAMA not in layers
    holds = layers[ALPHA] > 0.5 if follows else mask > 0
    if found.prompts.mask is not None:  # where somebody says that the object is
        given = Image.fromarray(found.prompts.mask > 0)
        holds |= np.asarray(given.resize((width, height), Image.Resampling.NEAREST))
    for stroke in found.prompts.strokes:
        window, under = coverage(stroke, request.photo_size, request.shape)
        if stroke.label:
            holds[window] |= under > 0
    if not holds.any():  # the object is in its box, if anywhere
        for x0, y0, x1, y1 in found.prompts.boxes:
            rows = slice(int(y0 * height / down), int(np.ceil(y1 * height / down)))
            holds[rows, int(x0 * width / across) : int(np.ceil(x1 * width / across))] = True
    haze = haze_of(layers[ALPHA], holds, kept)
    if haze is None:
        return layers
    cleared = {
        name: np.where(haze, np.float32(0), layers[name])
        for name in (ALPHA, TRIMAP, DETAIL)
        if name in layers
    }
    if ALPHA_LOGITS in layers:
        cleared[ALPHA_LOGITS] = np.where(haze, np.float32(NOTHING), layers[ALPHA_LOGITS])
    return {**layers, **cleared}
