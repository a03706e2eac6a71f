"""A frame with prompts is answered as a photo is; clicks alone correct what has been followed so far."""

import numpy as np

from sama.methods import answer
from sama.methods.from_mask import asked_of
from sama.predict.answer import ALPHA, SAM, SAMA
from sama.predict.loading import Predictor
from sama.request.listing import Listing
from sama.request.prompts import Prompts, box_of
from sama.request.request import Request


def answered(
    predictor: Predictor, rgb: np.ndarray, prompts: Prompts, guess: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """SAM's logits, SAMA's logits and the matte, (H, W) float32 each, and the score of prompts on a frame.

    Several boxes are one object. guess: logits (H, W) of where the object is thought to be, None on a first frame;
    clicks without a box then come beside its box and it. Raises PromptError.
    """
    size = rgb.shape[1], rgb.shape[0]
    if guess is not None and (guess > 0).any() and prompts.points and not prompts.boxes:
        prompts = corrected(prompts, guess)
    request = Request.of(
        prompts, size, method=asked_of(None, prompts), listing=Listing(together=len(prompts.boxes) > 1)
    )
    for _ in predictor.set_image(rgb):
        pass
    found = answer(predictor, request).union
    score = float(found.scores[found.chosen]) if len(found.scores) else 1.0
    sam = found.layers.get(SAM, found.layers[SAMA])
    return sam, found.layers[SAMA], found.layers[ALPHA], score


def corrected(prompts: Prompts, guess: np.ndarray) -> Prompts:
    """Clicks beside what is followed: the guess as a mask, and the box around it and all clicks that keep."""
    if prompts.mask is not None:
        return prompts
    x0, y0, x1, y1 = box_of(guess)
    kept = [(x, y) for x, y, label in prompts.points if label == 1]
    xs, ys = [x0, x1, *(x for x, _ in kept)], [y0, y1, *(y for _, y in kept)]
    box = min(xs), min(ys), min(max(xs) + 1, guess.shape[1]), min(max(ys) + 1, guess.shape[0])
    return Prompts(prompts.points, (box,), guess.astype(np.float32))
