"""Boxes and clicks in other people's numbers: in parts of one, as x, y, width and height, from the far corner.

COCO has boxes as x, y, width, height, YOLO in parts of one, and most models take corners in pixels, which is what is
meant here. Numbers that can only be another convention are refused with the pixels that they would be; what can be
taken either way is taken as corners, and said.
"""

from collections.abc import Sequence

from sama.errors import PromptError
from sama.request.checks import Box, Point, Size

SMALLEST = 16  # pixels of a photo's shorter side, from where on a prompt in the first pixel is not meant
_SLACK = 0.1  # by which parts of one may stick out of the photo


def refuse_parts(points: Sequence[Point], boxes: Sequence[Box], size: Size) -> None:
    """Raise PromptError for prompts in parts of one instead of pixels; size: (width, height) of the photo.

    A box is one if all of it lies in the first pixel, clicks if all of them do and none names the pixel's corner.
    """
    if min(size) < SMALLEST:
        return
    width, height = size
    for box in boxes:
        if all(-_SLACK <= value <= 1 + _SLACK for value in box):
            (x0, x1), (y0, y1) = sorted((box[0], box[2])), sorted((box[1], box[3]))
            meant = _text((x0 * width, y0 * height, x1 * width, y1 * height))
            raise PromptError(
                f"The box {_text(box)} seems to be in parts of 1, and boxes are corners in pixels of the photo; "
                f"write {meant} on this one of {width} x {height} pixels."
            )
    if points and not boxes and all(0 <= x <= 1 and 0 <= y <= 1 for x, y, _ in points):
        x, y, label = next((p for p in points if p[0] % 1 or p[1] % 1), (0, 0, -1))
        if label >= 0:
            raise PromptError(
                f"The click {x:g},{y:g} seems to be in parts of 1, and clicks are in pixels of the photo; "
                f"write {x * width:.0f},{y * height:.0f} on this one of {width} x {height} pixels."
            )


def notes_on(boxes: Sequence[Box], size: Size) -> tuple[str, ...]:
    """A sentence for each box whose first corner is not its upper left one: how it was taken, and what it may have
    meant instead. size: (width, height) of the photo."""
    notes = []
    for box in boxes:
        if box[2] >= box[0] and box[3] >= box[1]:
            continue
        (x0, x1), (y0, y1) = sorted((box[0], box[2])), sorted((box[1], box[3]))
        other = as_corners(box, size)
        told = f"The box {_text(box)} was taken as the corners {_text((x0, y0, x1, y1))}"
        notes.append(f"{told}{f'; if it is x, y, width, height, write {other}' if other else ''}.")
    return tuple(notes)


def as_corners(box: Box, size: Size) -> str:
    """The corners "x0,y0,x1,y1" of a box given as x, y, width, height; empty where that does not lie in a photo of size
    (width, height)."""
    x, y, width, height = box
    if not (
        width > 0 and height > 0 and x >= 0 and y >= 0 and x + width <= size[0] and y + height <= size[1]
    ):
        return ""
    return _text((x, y, x + width, y + height))


def _text(box: Sequence[float]) -> str:
    return ",".join(f"{round(value, 2):g}" for value in box)
