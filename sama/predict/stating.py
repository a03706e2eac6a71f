"""What a click says, written into the layers of an answer: wholly near it, fading to where its neighbourhood ends."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.special import expit, logit

from sama.request.checks import Point
from sama.request.order import clicks_before_strokes
from sama.request.prompts import Prompts

_SURE = 16.0  # logit of what is certain
_WHOLLY = 0.999  # a weight that is 1 but for rounding


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """window: x0, y0, x1, y1 in a picture of `size` (width, height), in whole pixels; weight: (h, w) float32 in [0, 1],
    how much the click says about each cell of the window."""

    window: tuple[int, int, int, int]
    size: tuple[int, int]
    weight: np.ndarray

    def at(self, shape: tuple[int, int]) -> tuple[tuple[slice, slice], np.ndarray]:
        """Rows and columns of an answer of shape (height, width), and the weight (h, w) float32 of each pixel there."""
        (down, top, bottom), (across, left, right) = (
            _span(self.window[1 - i :: 2], self.size[1 - i], shape[i], self.weight.shape[i]) for i in (0, 1)
        )
        size = across.stop - across.start, down.stop - down.start
        plane = Image.fromarray(self.weight)
        plane = plane.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom))
        return (down, across), np.clip(np.asarray(plane), 0, 1)


def _span(edges: tuple[int, ...], length: int, target: int, cells: int) -> tuple[slice, float, float]:
    """Pixels of an answer's side, `target` long, between two edges on the picture's, `length` long, and where these
    pixels begin and end among the cells between the edges."""
    low, high = edges
    first = min(int(low * target / length), target - 1)
    last = min(max(int(np.ceil(high * target / length - 1e-6)), first + 1), target)
    begin, end = (
        min(max((edge * length / target - low) * cells / (high - low), 0.0), cells) for edge in (first, last)
    )
    return slice(first, last), begin, end


def state(values: np.ndarray, is_matte: bool, near: Neighbourhood, click: Point) -> None:
    """Make a layer (H, W) say in place what a click says, as far as its neighbourhood goes."""
    window, weight = _weight(values.shape, near, click)
    label = click[2]
    said = weight > 0
    part, weight = values[window], weight[said]
    before = part[said] if is_matte else expit(part[said])
    after = before + (1 - before) * weight if label else before * (1 - weight)
    part[said] = after if is_matte else np.clip(logit(after.astype(np.float64)), -_SURE, _SURE)


def state_trimap(values: np.ndarray, near: Neighbourhood, click: Point) -> None:
    """The same of a trimap (H, W) of 0, 0.5 and 1: sure where the click is believed wholly, unknown where in part."""
    window, weight = _weight(values.shape, near, click)
    part, label = values[window], np.float32(click[2])
    part[(weight > 0) & (part != label)] = 0.5
    part[weight == 1] = label


def _weight(
    shape: tuple[int, ...], near: Neighbourhood, click: Point
) -> tuple[tuple[slice, slice], np.ndarray]:
    """The window of a layer of `shape` (H, W) that a neighbourhood covers, and how far the click is believed there
    (h, w) in [0, 1]: wholly at its own pixel."""
    window, weight = near.at((shape[0], shape[1]))
    x, y, _ = click
    row = int(y * shape[0] / near.size[1]) - window[0].start
    column = int(x * shape[1] / near.size[0]) - window[1].start
    weight = weight.copy()
    weight[min(max(row, 0), weight.shape[0] - 1), min(max(column, 0), weight.shape[1] - 1)] = 1
    weight[weight > _WHOLLY] = 1
    return window, weight


def overruling(prompts: Prompts) -> list[int]:
    """Numbers of the clicks that say the opposite of the last stroke that they lie under, and came after it."""
    before = clicks_before_strokes(prompts.order, len(prompts.points), len(prompts.strokes))
    found = []
    for i, (x, y, label) in enumerate(prompts.points):
        under = [n for n, stroke in enumerate(prompts.strokes) if stroke.covers(x, y)]
        if under and prompts.strokes[under[-1]].label != label and before[under[-1]] <= i:
            found.append(i)
    return found


def contradicted(points: tuple[Point, ...], index: int, near: float) -> bool:
    """Whether a later click at the same place, which is less than `near` pixels away, says the opposite."""
    x, y, label = points[index]
    return any(other != label and np.hypot(px - x, py - y) <= near for px, py, other in points[index + 1 :])
