"""In which order clicks and boxes were given: where they contradict each other, the later one counts.

A click contradicts a box in which it removes, and boxes outside of which it keeps. Without an order the boxes came
first, so that clicks correct them.
"""

from collections.abc import Sequence
from typing import Any

from sama.errors import PromptError
from sama.request.checks import MAX_BOXES, MAX_POINTS, Box, Point, sequence

POINT, BOX = "point", "box"


def order_of(value: Any, points: int, boxes: int) -> tuple[str, ...]:
    """Check an order of so many points and boxes, a list of POINT and BOX; returns an empty one for the boxes first.

    Raises PromptError.
    """
    words = tuple(sequence(value, "order"))
    if not words:
        return ()
    if len(words) > MAX_POINTS + MAX_BOXES or any(word not in (POINT, BOX) for word in words):
        raise PromptError(f"The order is a list of {POINT!r} and {BOX!r}, one for each; correct it.")
    if (words.count(POINT), words.count(BOX)) != (points, boxes):
        raise PromptError(
            f"The order names {words.count(POINT)} point(s) and {words.count(BOX)} box(es), and there are {points} "
            f"and {boxes}; correct it, or leave it out."
        )
    return () if words == (BOX,) * boxes + (POINT,) * points else words


def clicks_before(order: Sequence[str], boxes: int) -> list[int]:
    """How many of the clicks each box came after."""
    if not order:
        return [0] * boxes
    return [tuple(order[:place]).count(POINT) for place, word in enumerate(order) if word == BOX]


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
