"""Strokes of a brush, which keeps, and of an eraser, which removes: a round tip that was drawn along a line.

A stroke says something of every pixel under it. In files and on its way from the page it is a flat list of numbers,
[label, radius, x, y, x, y, ...] in pixels of the photo, which is some hundred bytes where its mask would be many more.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sama.errors import PromptError
from sama.request.checks import Point, numbers, sequence
from sama.request.masks import SURE, Size, given_logits

MAX_STROKES, MAX_PLACES = 500, 40_000  # places: of all strokes together
# How much of a brush's radius is object for certain, where the model refines what is painted: the edge of a stroke may
# lie beyond the object's. What is erased is background in whole.
CORE = 0.5
_CLICKS = 3  # as which SAM sees one stroke, at most
_ALL_CLICKS = 12  # as which it sees all of them
_APART = 4.0  # radii between clicks along a stroke
_BESIDE = 1 / 3  # of the radius: how far the two clicks of a dab lie from its middle
_EDGE = 0.02  # a share that is nearer to 0 or 1 than this has the logit of one that is certain


class Stroke(NamedTuple):
    """label: 1 keeps, 0 removes; radius: of the tip, in photo pixels; path: places (x, y) of its middle, at least
    one."""

    label: int
    radius: float
    path: tuple[tuple[float, float], ...]

    @property
    def flat(self) -> list[float]:
        """As plain numbers."""
        return [self.label, self.radius, *(value for place in self.path for value in place)]

    def moved(self, x: float, y: float) -> "Stroke":
        """The same with x and y added to its places."""
        return Stroke(self.label, self.radius, tuple((px + x, py + y) for px, py in self.path))

    def scaled(self, x: float, y: float) -> "Stroke":
        """The same in another resolution of the photo, x and y times as many pixels."""
        places = tuple((px * x, py * y) for px, py in self.path)
        return Stroke(self.label, self.radius * float(np.sqrt(x * y)), places)

    def covers(self, x: float, y: float) -> bool:
        """Whether a spot lies under it."""
        spot = np.array([[x]], np.float32), np.array([[y]], np.float32)
        return any(bool(_distance(*spot, *ends) <= self.radius) for ends in _segments(self.path))


def stroke_of(value: Any) -> Stroke:
    """Read a flat list of numbers, or a Stroke; raises PromptError."""
    if isinstance(value, Stroke):
        value = value.flat
    values = sequence(value, "stroke")
    if len(values) < 4 or len(values) % 2:
        raise PromptError("A stroke has a label, a radius, and x and y of at least one place; correct it.")
    label, radius, *places = numbers(values, len(values), "stroke")
    if label not in (0, 1):
        raise PromptError(f"The label of a stroke is 1 (brush) or 0 (eraser), not {label:g}; correct it.")
    if radius <= 0:
        raise PromptError(f"The radius of a stroke is above 0, not {radius:g}; correct it.")
    return Stroke(int(label), radius, tuple(zip(places[::2], places[1::2], strict=True)))


def strokes_of(value: Any) -> tuple[Stroke, ...]:
    """Read a list of strokes, of at most MAX_STROKES and MAX_PLACES; raises PromptError."""
    values = sequence(value, "strokes")
    if len(values) > MAX_STROKES:
        raise PromptError(
            f"There are {len(values)} strokes and the limit is {MAX_STROKES}; paint with a larger brush."
        )
    strokes = tuple(map(stroke_of, values))
    if sum(len(each.path) for each in strokes) > MAX_PLACES:
        raise PromptError(
            f"The strokes have more than {MAX_PLACES} places; paint with a larger brush, or drop a mask."
        )
    return strokes


def stroke_inside(value: Any, size: Size) -> Stroke:
    """Return a stroke some of which lies on the photo, of size (width, height); raises PromptError."""
    stroke = stroke_of(value)
    width, height = size
    if stroke.radius > max(size):
        raise PromptError(f"A stroke's radius is at most the photo's longer side, {max(size)}; correct it.")
    r = stroke.radius
    if not any(-r < x < width + r and -r < y < height + r for x, y in stroke.path):
        raise PromptError(f"A stroke lies outside the photo of {width} x {height} pixels; paint inside it.")
    return stroke


def coverage(
    stroke: Stroke, photo: Size, shape: tuple[int, int], share: float = 1.0
) -> tuple[tuple[slice, slice], np.ndarray]:
    """How much of each pixel of a picture of `shape` (height, width) lies under a stroke: rows and columns of the part
    that it may touch, and (h, w) float32 in [0, 1] for that.

    photo: (width, height) that the stroke is in; share: of its radius.
    """
    x, y = shape[1] / photo[0], shape[0] / photo[1]
    radius = max(stroke.radius * share * float(np.sqrt(x * y)), 0.5)
    path = np.array(stroke.path, np.float64) * (x, y)
    whole = _window(path, radius + 1, shape)
    found = np.zeros((whole[0].stop - whole[0].start, whole[1].stop - whole[1].start), np.float32)
    for ends in _segments(path):
        rows, columns = _window(np.array(ends), radius + 1, shape)
        if rows.start >= rows.stop or columns.start >= columns.stop:
            continue
        across = np.arange(columns.start, columns.stop, dtype=np.float32)[None] + np.float32(0.5)
        down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5)
        here = np.clip(np.float32(radius + 0.5) - _distance(across, down, *ends), 0, 1)
        part = found[
            rows.start - whole[0].start : rows.stop - whole[0].start,
            columns.start - whole[1].start : columns.stop - whole[1].start,
        ]
        np.maximum(part, here, out=part)
    return whole, found


def drawn(values: np.ndarray, strokes: Sequence[Stroke], photo: Size, *, share: float = 1.0) -> np.ndarray:
    """A map (H, W) of logits with strokes drawn on it, the later ones over the earlier: a copy, float32.

    share: of a brush's radius; what is erased is erased in whole. See `draw`.
    """
    result = np.array(values, np.float32)
    for stroke in strokes:
        draw(result, stroke, photo, is_share=False, share=share if stroke.label else 1.0)
    return result


def draw(values: np.ndarray, stroke: Stroke, photo: Size, *, is_share: bool, share: float = 1.0) -> None:
    """Make a map (H, W) say in place what a stroke says; is_share: it is in [0, 1], and has no logits. Drawing the same
    once more changes nothing."""
    window, covered = coverage(stroke, photo, (values.shape[0], values.shape[1]), share)
    part = values[window]
    said = covered if stroke.label else 1 - covered
    if not is_share:
        low = np.clip(said, _EDGE, 1 - _EDGE)
        said = np.log(low / (1 - low))
        said[covered >= 1 - _EDGE] = SURE * (1 if stroke.label else -1)
    under = covered > 0
    part[under] = (np.maximum if stroke.label else np.minimum)(part[under], said[under])


def with_strokes(mask: np.ndarray | None, strokes: Sequence[Stroke], photo: Size) -> np.ndarray:
    """A prompt's mask (H, W), bool or logits, None for nothing, with strokes drawn on it: of the same kind, bool for
    nothing. photo: (width, height), its size."""
    before = np.zeros(photo[::-1], bool) if mask is None else mask
    after = drawn(given_logits(before), strokes, photo)
    return after > 0 if before.dtype == bool else after


def clicks_of(strokes: Sequence[Stroke], photo: Size) -> tuple[Point, ...]:
    """Clicks on a photo of size (width, height) that say to SAM what strokes say: some along each, without those that a
    later stroke takes back. One brushed dab gives two, as it leaves no doubt that a part is meant."""
    width, height = photo
    found: list[tuple[int, Point]] = []
    for number, stroke in enumerate(strokes):
        for x, y in _along(stroke):
            if 0 <= x <= width and 0 <= y <= height:
                found.append((number, (x, y, stroke.label)))
    holding = [
        point
        for number, point in found
        if not any(each.label != point[2] and each.covers(*point[:2]) for each in strokes[number + 1 :])
    ]
    if not any(label for *_, label in holding):
        holding = [point for _, point in found]  # all is erased, which the answer will say
    if len(holding) > _ALL_CLICKS:
        kept = np.linspace(0, len(holding) - 1, _ALL_CLICKS).round().astype(int)
        holding = [holding[i] for i in kept]
    return tuple(holding)


def _along(stroke: Stroke) -> list[tuple[float, float]]:
    """Places along a stroke, evenly, away from its ends."""
    path = np.array(stroke.path, np.float64)
    steps = np.hypot(*np.diff(path, axis=0).T) if len(path) > 1 else np.zeros(0)
    length = float(steps.sum())
    if length < stroke.radius:
        (x, y), beside = path.mean(0), _BESIDE * stroke.radius
        return [(x - beside, y), (x + beside, y)]
    count = int(np.clip(round(length / (_APART * stroke.radius)), 2, _CLICKS))
    at = (np.arange(count) + 0.5) / count * length
    far = np.concatenate([[0], steps.cumsum()])
    return [(float(np.interp(a, far, path[:, 0])), float(np.interp(a, far, path[:, 1]))) for a in at]


def _segments(path: Any) -> list[tuple[Any, Any]]:
    """The path's pieces, ends each; one place is a piece without length."""
    return list(zip(path[:-1], path[1:], strict=True)) if len(path) > 1 else [(path[0], path[0])]


def _distance(x: np.ndarray, y: np.ndarray, start: Any, end: Any) -> np.ndarray:
    """From places, x (1, w) and y (h, 1), to a piece of a line: (h, w) float32."""
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length = dx * dx + dy * dy
    px, py = x - np.float32(start[0]), y - np.float32(start[1])
    if not length:
        return np.hypot(px, py)
    along = np.clip((px * np.float32(dx) + py * np.float32(dy)) / np.float32(length), 0, 1)
    return np.hypot(px - along * np.float32(dx), py - along * np.float32(dy))


def _window(places: np.ndarray, around: float, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a picture of shape (height, width) around places (N, 2)."""
    low, high = np.floor(places.min(0) - around).astype(int), np.ceil(places.max(0) + around).astype(int)
    (left, top), (right, bottom) = np.maximum(low, 0), np.minimum(high, shape[::-1])
    return slice(int(top), int(max(top, bottom))), slice(int(left), int(max(left, right)))
