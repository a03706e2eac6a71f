"""What a person asks for: clicks, boxes and a mask.

Everything from outside is checked here, so no model meets NaN or a prompt outside the photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sama.errors import PromptError
from sama.request import checks as check
from sama.request.checks import Box, Point
from sama.request.order import clicks_before, counting, inside, order_of


@dataclass(frozen=True, eq=False)
class Prompts:
    """Prompts for one photo, in its pixels (x right, y down, 0 at the upper left corner).

    points: (x, y, label) with label 1 for the object and 0 for the background;
    boxes: (x0, y0, x1, y1);
    mask: (H, W) of the photo's size, bool or float32 logits (positive inside), or None;
    order: a word for each point and box in the order in which they were given, see `order`; empty: boxes first.
    """

    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    mask: np.ndarray | None = None
    order: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        # The generated comparison would ask an array for its truth value.
        if not isinstance(other, Prompts):
            return NotImplemented
        one, two = self.mask, other.mask
        same = one is two if one is None or two is None else np.array_equal(one, two)
        mine, theirs = ((each.points, each.boxes, each.order) for each in (self, other))
        return same and mine == theirs

    def validate(self, size: tuple[int, int]) -> "Prompts":
        """Return a clean copy: numbers as floats, box corners ordered and clipped to the photo.

        size is (width, height). Raises PromptError: nothing given, only negative clicks, NaN, a
        label other than 0 or 1, a prompt outside the photo, a box without area, a mask of another
        size, a mask together with several boxes, or an order of other prompts.
        """
        points = tuple(check.point_inside(p, size) for p in check.points_of(self.points))
        boxes = tuple(check.box_inside(b, size) for b in check.boxes_of(self.boxes))
        mask = None if self.mask is None else check.mask_of_size(self.mask, size)
        if not points and not boxes and mask is None:
            raise PromptError("Nothing is marked; click on the object or draw a box around all of it.")
        if not boxes and mask is None and all(label == 0 for *_, label in points):
            raise PromptError("There are only negative clicks; add a positive click or a box.")
        if len(boxes) > 1 and mask is not None:
            raise PromptError("A mask prompt goes with one box at most; remove boxes or the mask.")
        return Prompts(points, boxes, mask, order_of(self.order, len(points), len(boxes)))

    @property
    def only_mask(self) -> bool:
        """Whether there is a mask and nothing else: then the matte is to follow it, not SAM to start from it."""
        return self.mask is not None and not self.points and not self.boxes

    def boxed(self) -> "Prompts":
        """The same prompts with the box around their mask, where there is a mask without a box."""
        if self.mask is None or self.boxes:
            return self
        return Prompts(self.points, (box_of(self.mask),), self.mask)

    @property
    def candidates(self) -> int:
        """How many masks SAM offers for the first of `groups`: three for a lone click, which may mean a part."""
        return 3 if len(self.points) == 1 and not self.boxes and self.mask is None else 1

    def groups(self, owners: Sequence[int | None] = ()) -> list["Prompts"]:
        """Split into one Prompts per object to decode.

        Up to one box: a single group. Several boxes: a group each, with the positive points inside
        it (edges included); positive points outside every box form one more group. Negative points
        join all groups. Clicks that a later box contradicts are left out, see `order`. owners: for each point the
        number of the group that it belongs to instead, None for what has just been said; groups beyond those of boxes
        have points alone, and a mask goes with the first. Raises PromptError for a group with nothing to keep.
        """
        owners = self._owned(owners)
        lone = len(self.boxes) <= 1 and all(owner in (None, 0) for owner in owners)
        if lone and not (self.boxes and self.order):
            return [self]
        count = self._counting
        homes = [self._homes(i, owner, count) for i, owner in enumerate(owners)]
        groups = []
        for number in range(max([len(self.boxes), 1, *(home + 1 for each in homes for home in each)])):
            points = tuple(
                point
                for i, point in enumerate(self.points)
                if (number in homes[i] or (point[2] == 0 and owners[i] is None))
                and (number >= len(self.boxes) or count[number][i])
            )
            group = Prompts(points, self.boxes[number : number + 1], self.mask if number == 0 else None)
            if not group.boxes and group.mask is None and not any(label for *_, label in points):
                raise PromptError(f"Object {number + 1} has neither a box nor a click that keeps; add one.")
            groups.append(group)
        return groups

    def overruled(self, owners: Sequence[int | None] = ()) -> int:
        """How many clicks do not count beside a box that came later and contradicts them; owners: see `groups`."""
        boxes = range(len(self.boxes))
        return sum(
            not all(counts[number] for number in boxes if owner in (None, number))
            for counts, owner in zip(zip(*self._counting, strict=True), self._owned(owners), strict=False)
        )

    def _owned(self, owners: Sequence[int | None]) -> list[int | None]:
        return [*owners, *[None] * len(self.points)][: len(self.points)]

    def _homes(self, index: int, owner: int | None, count: list[list[bool]]) -> list[int]:
        """The numbers of the groups that a point belongs to; those that belong to all are left out."""
        point = self.points[index]
        if owner is not None:
            return [owner]
        if point[2] == 0:
            return []
        if len(self.boxes) <= 1:
            return [0]
        within = [number for number, box in enumerate(self.boxes) if inside(point, box)]
        return within or ([len(self.boxes)] if count[0][index] else [])

    @property
    def _counting(self) -> list[list[bool]]:
        return counting(self.points, self.boxes, clicks_before(self.order, len(self.boxes)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; the mask becomes a base64 PNG, logits in 256 steps that keep their sign."""
        return {
            "points": [[float(x), float(y), int(label)] for x, y, label in self.points],
            "boxes": [[float(v) for v in box] for box in self.boxes],
            "mask": None if self.mask is None else check.encode_mask(self.mask),
            **({"order": list(self.order)} if self.order else {}),
        }

    @classmethod
    def from_dict(cls, data: Any, *, size: tuple[int, int] | None = None) -> "Prompts":
        """Read what `to_dict` wrote; raises PromptError on wrong types, NaN or unknown keys.

        size (width, height), when given, is demanded of the mask before it is decoded. What
        depends on the photo, such as a point outside it, is left to `validate`.
        """
        data = check.known_keys(data, {f.name for f in fields(cls)}, "prompts")
        points = tuple(check.point(p) for p in check.points_of(data.get("points", ())))
        boxes = tuple(check.box(b) for b in check.boxes_of(data.get("boxes", ())))
        text, order = data.get("mask"), order_of(data.get("order", ()), len(points), len(boxes))
        return cls(points, boxes, None if text is None else check.decode_mask(text, size), order)


def parse_point(text: str) -> Point:
    """Read "x,y" or "x,y,label" (label 1 when left out); raises PromptError."""
    values = _floats(text)
    if len(values) not in (2, 3):
        raise PromptError(f"{text!r:.60} is not a point; write x,y or x,y,label, such as 120,80,1.")
    return check.point(values if len(values) == 3 else (*values, 1))


def parse_box(text: str) -> Box:
    """Read "x0,y0,x1,y1"; raises PromptError."""
    values = _floats(text)
    if len(values) != 4:
        raise PromptError(f"{text!r:.60} is not a box; write x0,y0,x1,y1, such as 40,30,200,160.")
    return check.box(values)


def box_of(mask: np.ndarray) -> Box:
    """The edges of the smallest box around what a mask (H, W), bool or logits, marks; it marks something."""
    inside = mask > 0
    columns, rows = np.flatnonzero(inside.any(axis=0)), np.flatnonzero(inside.any(axis=1))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _floats(text: str) -> tuple[float, ...]:
    """Return the comma-separated numbers in text, none if any of them is not a number."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        return ()
