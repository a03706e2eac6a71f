"""Simulated users: a box, tight or as people draw it, or clicks that follow the errors of the answer so far.

The click rule is that of the interactive segmentation papers (Xu et al. 2016; RITM, Sofiiuk et al.
2021): first the pixel deepest inside the object, then the deepest pixel of the largest error
region. Every method is clicked on its own errors.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import numpy as np
from scipy import ndimage

from sama.evaluation.matting_metrics import labelled
from sama.request.prompts import Prompts

CLICKS = {"point1": 1, "point3": 3, "point5": 5}
BOXES = ("box", "box_short", "box_large")
SIMULATED = (*BOXES, *CLICKS)
BOX_ERROR = 0.15  # of the box's width or height: how far a careless side is off


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
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def drawn_box(kind: str, mask: np.ndarray, name: str = "") -> tuple[float, float, float, float]:
    """Return the box (x0, y0, x1, y1) around a non-empty (H, W) bool mask as a person draws it, of BOXES.

    box: tight. box_short: one side is BOX_ERROR of the box's width or height too far in; which one depends on the
    object's name alone, so that every run and every method gets the same. box_large: all sides are as much too far
    out, but end at the photo's rim.
    """
    box = tight_box(mask)
    x, y = BOX_ERROR * (box[2] - box[0]), BOX_ERROR * (box[3] - box[1])
    if kind == "box":
        return box
    if kind == "box_short":
        side = zlib.crc32(name.encode("utf-8", "surrogatepass")) % 4
        inwards = (x, y, -x, -y)
        x0, y0, x1, y1 = (edge + (inwards[i] if i == side else 0) for i, edge in enumerate(box))
        return x0, y0, x1, y1
    height, width = mask.shape
    return max(0.0, box[0] - x), max(0.0, box[1] - y), min(width, box[2] + x), min(height, box[3] + y)


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


def simulate(
    kind: str,
    truth: np.ndarray,
    answer: Callable[[Prompts], A],
    name: str = "",
    known: np.ndarray | None = None,
) -> tuple[Prompts, A]:
    """Prompt a method as `kind`, of SIMULATED, says; return the last prompts and their answer.

    truth: (H, W) bool, not empty. `answer` is called once for a box and at most once per click. name: the object's, see
    `drawn_box`. known: (H, W) bool, False where no click corrects anything, as nobody knows what is right.
    """
    if kind in BOXES:
        prompts = Prompts(points=(), boxes=(drawn_box(kind, truth, name),), mask=None)
        return prompts, answer(prompts)
    *_, last = clicked(CLICKS[kind], truth, answer, known)
    return last


def clicked(
    count: int, truth: np.ndarray, answer: Callable[[Prompts], A], known: np.ndarray | None = None
) -> Iterator[tuple[Prompts, A]]:
    """Yield prompts and answer after every click, at most `count` of them; fewer where all is right. truth, known: see
    `simulate`."""
    points: tuple[tuple[float, float, int], ...] = (first_click(truth),)
    while True:
        prompts = Prompts(points=points, boxes=(), mask=None)
        result = answer(prompts)
        yield prompts, result
        if len(points) >= count:
            return
        found = result.mask if known is None else result.mask & known
        click = next_click(found, truth, points)
        if click is None:
            return
        points = (*points, click)


def first_click(truth: np.ndarray) -> tuple[float, float, int]:
    """The click with which everybody begins: the pixel deepest inside a non-empty (H, W) bool truth."""
    return _click(truth, 1)
