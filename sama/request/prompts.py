"""What a person asks for: clicks, boxes, a mask and strokes of a brush.

Everything from outside is checked here, so no model meets NaN or a prompt outside the photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from sama.errors import PromptError
from sama.request import checks as check
from sama.request.checks import Box, Point
from sama.request.order import clicks_before, counting, inside, order_of, words_of
from sama.request.strokes import Stroke, clicks_of, stroke_inside, strokes_of, with_strokes


@dataclass(frozen=True, eq=False)
class Prompts:
    """Prompts for one photo, in its pixels (x right, y down, 0 at the upper left corner).

    points: (x, y, label) with label 1 for the object and 0 for the background;
    boxes: (x0, y0, x1, y1);
    mask: (H, W) of the photo's size, bool or float32 logits (positive inside), or None;
    order: a word for each point, box and stroke in the order in which they were given, see `order`; empty: boxes
    first, strokes last;
    strokes: of brush and eraser, see `strokes`.
    """

    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    mask: np.ndarray | None = None
    order: tuple[str, ...] = ()
    strokes: tuple[Stroke, ...] = ()

    def __eq__(self, other: object) -> bool:
        # The generated comparison would ask an array for its truth value.
        if not isinstance(other, Prompts):
            return NotImplemented
        one, two = self.mask, other.mask
        same = one is two if one is None or two is None else np.array_equal(one, two)
        mine, theirs = ((each.points, each.boxes, each.order, each.strokes) for each in (self, other))
        return same and mine == theirs

    def validate(self, size: tuple[int, int]) -> "Prompts":
        """Return a clean copy: numbers as floats, box corners ordered and clipped to the photo.

        size is (width, height). Raises PromptError: nothing given, only negative clicks, NaN, a label other than 0 or
        1, a prompt outside the photo, a box without area, a mask of another size, a mask together with several boxes,
        or an order of other prompts.
        """
        points = tuple(check.point_inside(p, size) for p in check.points_of(self.points))
        boxes = tuple(check.box_inside(b, size) for b in check.boxes_of(self.boxes))
        mask = None if self.mask is None else check.mask_of_size(self.mask, size)
        strokes = tuple(stroke_inside(each, size) for each in strokes_of(self.strokes))
        brushed = any(each.label for each in strokes)
        if not points and not boxes and mask is None and not strokes:
            raise PromptError("Nothing is marked; click on the object or draw a box around all of it.")
        if not boxes and mask is None and not brushed and all(label == 0 for *_, label in points):
            if strokes:
                raise PromptError("There is nothing to erase from; click on the object or paint it first.")
            raise PromptError("There are only negative clicks; add a positive click or a box.")
        if len(boxes) > 1 and mask is not None:
            raise PromptError("A mask prompt goes with one box at most; remove boxes or the mask.")
        order = order_of(self.order, len(points), len(boxes), len(strokes))
        return Prompts(points, boxes, mask, order, strokes)

    @property
    def only_mask(self) -> bool:
        """Whether there is a mask, strokes on it perhaps, and nothing else: then the matte is to follow it, not SAM to
        start from it."""
        return self.mask is not None and not self.points and not self.boxes

    def boxed(self) -> "Prompts":
        """The same prompts with the box around their mask, where there is a mask without a box."""
        if self.mask is None or self.boxes:
            return self
        return Prompts(self.points, (box_of(self.mask),), self.mask)

    @property
    def only_strokes(self) -> bool:
        """Whether strokes alone say where the object is: they correct no answer to something else."""
        return not (self.boxes or self.mask is not None or any(label for *_, label in self.points))

    def beneath(self, size: tuple[int, int]) -> "Prompts":
        """What SAM is asked before strokes correct its answer: the same without them, or the clicks that they mean
        where they alone say where the object is. size: (width, height) of the photo."""
        if not self.strokes:
            return self
        return self.as_clicks(size) if self.only_strokes else replace(self, strokes=(), order=())

    def as_clicks(self, size: tuple[int, int]) -> "Prompts":
        """The same with clicks in the place of strokes, see `clicks_of`."""
        return Prompts((*self.points, *clicks_of(self.strokes, size)), self.boxes, self.mask)

    def painted_mask(self, size: tuple[int, int]) -> np.ndarray | None:
        """The mask with the strokes drawn on it, (H, W) bool or logits; None where there is no mask."""
        if self.mask is None or not self.strokes:
            return self.mask
        return with_strokes(self.mask, self.strokes, size)

    @property
    def candidates(self) -> int:
        """How many masks SAM offers for the first of `groups`: three for a lone click, which may mean a part."""
        alone = len(self.points) == 1 and self.points[0][2] == 1
        return 3 if alone and not self.boxes and self.mask is None else 1

    def groups(
        self, owners: Sequence[int | None] = (), brushed: Sequence[int | None] = ()
    ) -> list["Prompts"]:
        """Split into one Prompts per object to decode.

        Up to one box: a single group. Several boxes: a group each, with the positive points inside it (edges
        included); positive points outside every box form one more group. Negative points join all groups. Clicks that a
        later box contradicts are left out, see `order`. Strokes go where a click at their beginning would. owners,
        brushed: for each point and stroke the number of the group that it belongs to instead; groups beyond those of
        boxes have points and strokes alone, a mask goes with the first. Raises PromptError for nothing to keep.
        """
        owners, brushed = _filled(owners, len(self.points)), _filled(brushed, len(self.strokes))
        lone = len(self.boxes) <= 1 and all(owner in (None, 0) for owner in (*owners, *brushed))
        if lone and not (self.boxes and self.order):
            return [self]
        count = self._counting
        homes = [self._homes(i, owner, count) for i, owner in enumerate(owners)]
        painted = [self._home_of(stroke, owner) for stroke, owner in zip(self.strokes, brushed, strict=True)]
        erases = [
            stroke.label == 0 and owner is None for stroke, owner in zip(self.strokes, brushed, strict=True)
        ]
        groups = []
        most = max([len(self.boxes), 1, *(home + 1 for each in (*homes, *painted) for home in each)])
        for number in range(most):
            points = [
                i
                for i, point in enumerate(self.points)
                if (number in homes[i] or (point[2] == 0 and owners[i] is None))
                and (number >= len(self.boxes) or count[number][i])
            ]
            strokes = [i for i, home in enumerate(painted) if number in home or erases[i]]
            groups.append(self._group(number, points, strokes))
        return groups

    def _group(self, number: int, points: list[int], strokes: list[int]) -> "Prompts":
        """The group of that number, of some of the points and strokes."""
        order = words_of(self.order, points, strokes) if strokes and points else ()
        boxes = self.boxes[number : number + 1]
        order = order_of(order and (*["box"] * len(boxes), *order), len(points), len(boxes), len(strokes))
        clicks, mask = tuple(self.points[i] for i in points), self.mask if number == 0 else None
        group = Prompts(clicks, boxes, mask, order, tuple(self.strokes[i] for i in strokes))
        if group.only_strokes and not any(stroke.label for stroke in group.strokes):
            raise PromptError(f"Object {number + 1} has neither a box nor a click that keeps; add one.")
        return group

    def overruled(self, owners: Sequence[int | None] = ()) -> int:
        """How many clicks do not count beside a box that came later and contradicts them; owners: see `groups`."""
        boxes = range(len(self.boxes))
        return sum(
            not all(counts[number] for number in boxes if owner in (None, number))
            for counts, owner in zip(
                zip(*self._counting, strict=True), _filled(owners, len(self.points)), strict=False
            )
        )

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

    def _home_of(self, stroke: Stroke, owner: int | None) -> list[int]:
        """The same of a stroke."""
        if owner is not None:
            return [owner]
        if stroke.label == 0:
            return []
        if len(self.boxes) <= 1:
            return [0]
        start = (*stroke.path[0], 1)
        return [number for number, box in enumerate(self.boxes) if inside(start, box)] or [len(self.boxes)]

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
            **({"strokes": [each.flat for each in self.strokes]} if self.strokes else {}),
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
        strokes, text = strokes_of(data.get("strokes", ())), data.get("mask")
        order = order_of(data.get("order", ()), len(points), len(boxes), len(strokes))
        return cls(points, boxes, None if text is None else check.decode_mask(text, size), order, strokes)


def _filled(owners: Sequence[int | None], count: int) -> list[int | None]:
    """Owners of `count` marks; nobody's where nothing is said."""
    return [*owners, *[None] * count][:count]


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
