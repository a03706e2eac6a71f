"""Simulated users: a tight box, a mask, or clicks that follow the errors of the answer so far.

The click rule is that of the interactive segmentation papers (Xu et al. 2016; RITM, Sofiiuk et al.
2021): first the pixel deepest inside the object, then the deepest pixel of the largest error
region. Every method is clicked on its own errors.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from scipy import ndimage

from sama.evaluation.damage import MASKS
from sama.evaluation.matting_metrics import labelled
from sama.request.prompts import Prompts, box_of

CLICKS = {"box": 0, "point1": 1, "point3": 3, "point5": 5}
PROMPT_KINDS = (*CLICKS, *MASKS)


class HasMask(Protocol):
    """An answer with an (H, W) bool mask."""

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool."""
        ...


A = TypeVar("A", bound=HasMask)


def tight_box(mask: np.ndarray) -> tuple[float, float, float, float]:
    """Return the edges (x0, y0, x1, y1) of the smallest box around a non-empty (H, W) bool mask.

    x1 and y1 are one past the last pixel, so that even an object one pixel wide has a box with an
    area.
    """
    return box_of(mask)


def deepest_pixel(region: np.ndarray) -> tuple[int, int]:
    """Return (x, y) of the pixel farthest from outside a non-empty (H, W) bool region.

    Beyond the photo's rim is outside, too.
    """
    depth = np.asarray(ndimage.distance_transform_edt(np.pad(region, 1)))[1:-1, 1:-1]
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return int(x), int(y)


def next_click(
    answer: np.ndarray, truth: np.ndarray, earlier: tuple[tuple[float, float, int], ...] = ()
) -> tuple[float, float, int] | None:
    """Return the click (x, y, label) that corrects a mask (H, W) bool, None where all is right.

    The largest 8-connected region of missed (label 1) or wrongly taken (label 0) pixels is clicked
    at its deepest pixel. A pixel clicked before is not clicked again: it would tell the model
    nothing.
    """
    best, best_size, label = None, 0, 1
    for wrong, kind in ((truth & ~answer, 1), (answer & ~truth, 0)):
        wrong = wrong.copy()
        for x, y, _ in earlier:
            wrong[int(y), int(x)] = False
        regions, _ = labelled(wrong, np.ones((3, 3)))
        sizes = np.bincount(regions.ravel())
        sizes[0] = 0
        if sizes.max() > best_size:
            best, best_size, label = regions == sizes.argmax(), sizes.max(), kind
    return None if best is None else _click(best, label)


def _click(region: np.ndarray, label: int) -> tuple[float, float, int]:
    x, y = deepest_pixel(region)
    return float(x), float(y), label


def simulate(kind: str, truth: np.ndarray, answer: Callable[[Prompts], A]) -> tuple[Prompts, A]:
    """Prompt a method as `kind`, of PROMPT_KINDS, says; return the last prompts and their answer.

    truth: (H, W) bool, not empty. `answer` is called once for a box or a mask and at most once per click.
    """
    if kind in MASKS:
        prompts = Prompts(mask=MASKS[kind](truth))
        return prompts, answer(prompts)
    if kind == "box":
        prompts = Prompts(points=(), boxes=(tight_box(truth),), mask=None)
        return prompts, answer(prompts)
    points: tuple[tuple[float, float, int], ...] = (_click(truth, 1),)
    while True:
        prompts = Prompts(points=points, boxes=(), mask=None)
        result = answer(prompts)
        if len(points) == CLICKS[kind]:
            return prompts, result
        click = next_click(result.mask, truth, points)
        if click is None:
            return prompts, result
        points = (*points, click)
