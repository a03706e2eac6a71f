"""In which order clicks and boxes were given: where they contradict each other, the later one counts.

A click contradicts a box in which it removes, and boxes outside of which it keeps. Without an order the boxes came
first, so that clicks correct them, and strokes last.
"""

from collections.abc import Sequence
from typing import Any

from sama.errors import PromptError
from sama.request.checks import MAX_BOXES, MAX_POINTS, Box, Point, sequence
from sama.request.strokes import MAX_STROKES

POINT, BOX, STROKE = "point", "box", "stroke"


def order_of(value: Any, points: int, boxes: int, strokes: int = 0) -> tuple[str, ...]:
    """Check an order of so many points, boxes and strokes, a list of POINT, BOX and STROKE; returns an empty one for
    the boxes first and the strokes last.

    Raises PromptError.
    """
    words = tuple(sequence(value, "order"))
    if not words:
        return ()
    known = (POINT, BOX, STROKE)
    if len(words) > MAX_POINTS + MAX_BOXES + MAX_STROKES or any(word not in known for word in words):
        raise PromptError(
            f"The order is a list of {POINT!r} and {BOX!r}, and {STROKE!r} of strokes, one for each; correct it."
        )
    named = tuple(words.count(word) for word in known)
    if named != (points, boxes, strokes):
        also, there = (f", {named[2]} stroke(s)", f" and {strokes}") if strokes or named[2] else ("", "")
        raise PromptError(
            f"The order names {named[0]} point(s) and {named[1]} box(es){also}, and there are {points} "
            f"and {boxes}{there}; correct it, or leave it out."
        )
    return () if words == (BOX,) * boxes + (POINT,) * points + (STROKE,) * strokes else words


def clicks_before(order: Sequence[str], boxes: int) -> list[int]:
    """How many of the clicks each box came after."""
    if not order:
        return [0] * boxes
    return [tuple(order[:place]).count(POINT) for place, word in enumerate(order) if word == BOX]


def clicks_before_strokes(order: Sequence[str], points: int, strokes: int) -> list[int]:
    """How many of the clicks each stroke came after."""
    if not order:
        return [points] * strokes
    return [tuple(order[:place]).count(POINT) for place, word in enumerate(order) if word == STROKE]


def words_of(order: Sequence[str], points: Sequence[int], strokes: Sequence[int]) -> tuple[str, ...]:
    """The words of an order that mean some of its points and strokes, by their numbers; empty for an empty order."""
    seen, kept, words = {POINT: -1, STROKE: -1}, {POINT: points, STROKE: strokes}, []
    for word in order:
        if word in seen:
            seen[word] += 1
            if seen[word] in kept[word]:
                words.append(word)
    return tuple(words)


def counting(points: Sequence[Point], boxes: Sequence[Box], before: Sequence[int]) -> list[list[bool]]:
    """For each box, which clicks count beside it; before: see `clicks_before`.

    One that removes does not in a box that came later. One that keeps does not where the first box came later and it
    lies in none: the wrong thing was clicked, and the right one boxed.
    """
    first = min(before, default=0)
    kept = [i >= first or any(inside(p, box) for box in boxes) for i, p in enumerate(points)]
    return [
        [kept[i] if p[2] else i >= count or not inside(p, box) for i, p in enumerate(points)]
        for box, count in zip(boxes, before, strict=True)
    ]


def inside(point: Point, box: Box) -> bool:
    """Whether a click lies in a box, edges included."""
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]
