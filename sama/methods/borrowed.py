"""SAMA's matting head borrowed from the embedded model, for masks from elsewhere: what two methods have in common."""

import time
from typing import TYPE_CHECKING

import numpy as np

from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, TRIMAP, Answer, merged_seconds
from sama.request.prompts import Prompts
from sama.request.request import Request

if TYPE_CHECKING:
    from sama.methods.base import ModelMethod, Predictor, Report

LAYERS = (ALPHA, ALPHA_LOGITS, TRIMAP, DETAIL)


def add_mattes(
    answer: Answer,
    masks: list[np.ndarray | None],
    request: Request,
    predictor: "Predictor",
    method: "ModelMethod",
    progress: "Report | None" = None,
) -> Answer:
    """Return an answer whose objects have the embedded model's matte of a mask each.

    answer: SAM's, to request, of the predictor's open photo; masks: (h, w) of that photo at any size, bool or logits,
    None where there is nothing of an object; method: what the embedded model's heads are asked for. Its features are
    found in its own cache from the second answer on.
    """
    from sama.photo.resize import resize
    from sama.predict.companion import companion
    from sama.request.masks import given_logits

    started = time.perf_counter()
    photo = predictor.photo
    if photo is None:
        raise ValueError("no photo is open")
    mini = companion(predictor.info.device, predictor.info.dtype).fork()
    for _ in mini.set_image(photo):
        pass
    spent = [answer.seconds, {"encode mini": time.perf_counter() - started}]
    size = photo.shape[1], photo.shape[0]
    for each, mask in zip(answer.objects, masks, strict=True):
        if mask is None:
            each.layers[ALPHA] = np.zeros(request.shape, np.float32)
            continue
        logits = resize(given_logits(mask), size)
        if not (logits > 0).any():  # thinner than a pixel of the copy
            logits = np.where(logits == logits.max(), np.float32(1), logits)
        asked = Request.of(
            Prompts(mask=logits),
            size,
            output_size=request.output_size,
            closer=request.closer,
            edges=request.edges,
            keep_logits=request.keep_logits,
        )
        found = mini.answer(asked, method, progress)
        spent.append(found.seconds)
        (one,) = found.objects
        each.layers.update({name: one.layers[name] for name in LAYERS if name in one.layers})
    for name in LAYERS:  # what one object lacks nobody has, so that there is a union
        if not all(name in each.layers for each in answer.objects):
            for each in answer.objects:
                each.layers.pop(name, None)
    return Answer(answer.method, answer.objects, merged_seconds(spent))
