"""Masks as everything mode finds them, without a model: boxes of a photo, in steps."""

import threading

import numpy as np
import torch
from pycocotools import mask as coco

from sama.objects.everything import Found, Step
from sama.objects.everything.placing import Place

# As parts of the photo; the second lies in the first.
BOXES = (
    (0.1, 0.1, 0.5, 0.9),
    (0.2, 0.2, 0.4, 0.4),
    (0.6, 0.2, 0.9, 0.8),
)


def found(size: tuple[int, int], box: tuple[float, ...], score: float = 0.9) -> Found:
    """A filled box of a photo of `size` (width, height)."""
    width, height = size
    x0, y0, x1, y1 = (round(v * side) for v, side in zip(box, (*size, *size), strict=True))
    mask = np.zeros((height, width), np.uint8, order="F")
    mask[y0:y1, x0:x1] = 1
    logits = torch.nn.functional.interpolate(torch.from_numpy(mask * 2.0 - 1)[None, None], (64, 64))[0, 0]
    point = ((x0 + x1) / 2, (y0 + y1) / 2)
    return Found(size, coco.encode(mask), logits.half(), Place((0, 0, *size), size, 64), score, 0.97, point)


class FoundInSteps:
    """Stands for `everything`: a box a step; with `held`, an event, it waits for that after the first. `given`: how
    many steps were asked for."""

    def __init__(self, held: threading.Event | None = None):
        self.held = held
        self.given = 0

    def __call__(self, predictor, settings=None):
        size = predictor.photo_size
        there: tuple[Found, ...] = ()
        for number, box in enumerate(BOXES):
            if number and self.held is not None:
                assert self.held.wait(60)
            self.given += 1
            there = (*there, found(size, box, 0.9 - 0.1 * number))
            yield Step(number + 1, len(BOXES), there)
