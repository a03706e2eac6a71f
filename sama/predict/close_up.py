"""Looking closer: the part of a photo around small boxes, answered as if it were the whole photo.

The model sees a photo at a fixed size, in which small objects are a few cells wide. segment-anything's automatic mask
generator cuts photos into crops for the same reason; here the prompts say where to cut. The cut depends on nothing but
prompts and photo, and it moves in steps, so that a box which is adjusted a little is mostly answered on the same cut,
without encoding another.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sama.predict.answer import ALPHA, DETAIL, SAM, TRIMAP, ObjectAnswer
from sama.request.masks import SURE, given_logits
from sama.request.prompts import Prompts

MARGIN = 2.2  # the cut's side over the longer side of the boxes, at least
GROWTH = 2**0.25  # from one size of cuts to the next
STEPS = 8  # in which a cut moves over its own side
SMALLEST = 64  # pixels of a cut's side; a smaller one has nothing to show around
LARGEST = 0.75  # of the photo's longer side; larger cuts show the same as the photo, so the photo is used
OUTSIDE = -16.0  # logit of what lies outside the cut
SHARES = (ALPHA, TRIMAP, DETAIL)  # layers in [0, 1], 0 outside; others hold logits


@dataclass(frozen=True)
class Region:
    """A cut of a picture of `width` x `height` pixels: left and top inclusive, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the cut."""
        return self.right - self.left, self.bottom - self.top

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """The cut of a picture (height, width, ...), as a copy."""
        return picture[self.top : self.bottom, self.left : self.right].copy()

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """The cut of a mask (h, w), bool or logits, of the same picture at any size: as logits at the cut's."""
        height, width = mask.shape
        x, y = width / self.width, height / self.height
        part = Image.fromarray(given_logits(mask)).resize(
            self.size,
            Image.Resampling.BILINEAR,
            box=(self.left * x, self.top * y, self.right * x, self.bottom * y),
        )
        found = np.array(part)
        if not (found > 0).any():  # thinner than a pixel of the cut
            found[found == found.max()] = SURE
        return found

    def prompts(self, prompts: Prompts) -> Prompts:
        """Prompts in the picture's pixels as prompts in the cut's, without the mask; clicks outside it are left out."""
        x, y = self.left, self.top
        points = tuple((px - x, py - y, label) for px, py, label in prompts.points if self.holds(px, py))
        boxes = tuple((x0 - x, y0 - y, x1 - x, y1 - y) for x0, y0, x1, y1 in prompts.boxes)
        return Prompts(points, boxes, strokes=tuple(each.moved(-x, -y) for each in prompts.strokes))

    def holds(self, x: float, y: float) -> bool:
        """Whether a spot of the picture lies in the cut."""
        return self.left <= x < self.right and self.top <= y < self.bottom

    def detail(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) at which the cut is answered for an answer of `size` to the whole picture."""
        width, height = self.size
        return math.ceil(width * size[0] / self.width), math.ceil(height * size[1] / self.height)


def scaled(prompts: Prompts, x: float, y: float) -> Prompts:
    """Prompts in another resolution of the photo, x and y times as many pixels."""
    points = tuple((px * x, py * y, label) for px, py, label in prompts.points)
    boxes = tuple((x0 * x, y0 * y, x1 * x, y1 * y) for x0, y0, x1, y1 in prompts.boxes)
    return Prompts(points, boxes, strokes=tuple(each.scaled(x, y) for each in prompts.strokes))


def region_of(prompts: Prompts, size: tuple[int, int]) -> Region | None:
    """Where to look closer in a picture of `size` (width, height) for one of `Prompts.groups`; None: the whole picture.

    There has to be a box, as one click does not say how large the object is, and no mask: whoever has one asks with its
    box instead. The box and all positive clicks lie in the cut. Negative ones need not: nothing is kept outside it in
    any case.
    """
    if not prompts.boxes or prompts.mask is not None:
        return None
    positive = [(x, y) for x, y, label in prompts.points if label == 1]
    positive += [place for stroke in prompts.strokes if stroke.label for place in stroke.path]
    region = around(prompts.boxes, size)
    if region is not None and not all(region.holds(x, y) for x, y in positive):
        region = around([*prompts.boxes, *((x, y, x, y) for x, y in positive)], size)
    return region


def around(
    boxes: Sequence[tuple[float, float, float, float]], size: tuple[int, int], margin: float = MARGIN
) -> Region | None:
    """The cut around boxes in a picture of `size` (width, height), its side at least `margin` times the longer side of
    them all; None where it would show about the same as the picture."""
    x0, y0 = (min(box[i] for box in boxes) for i in (0, 1))
    x1, y1 = (max(box[i] for box in boxes) for i in (2, 3))
    wanted = max(margin * max(x1 - x0, y1 - y0), SMALLEST)
    side = round(GROWTH ** math.ceil(math.log(wanted, GROWTH) - 1e-9))
    if side > LARGEST * max(size):
        return None
    step = side / STEPS
    edges = []
    for middle, length in (((x0 + x1) / 2, size[0]), ((y0 + y1) / 2, size[1])):
        extent = min(side, length)
        start = round(round((middle - extent / 2) / step) * step)
        start = min(max(start, 0), length - extent)
        edges.append((start, start + extent))
    (left, right), (top, bottom) = edges
    return Region(left, top, right, bottom, *size)


def placed(answer: ObjectAnswer, prompts: Prompts, region: Region, size: tuple[int, int]) -> ObjectAnswer:
    """An answer to a cut, at `region.detail(size)`, as an answer of `size` (width, height) to the whole picture.

    prompts: the object's, in the picture's pixels. Pixels of `size` that the cut's edge divides count as outside.
    """
    layers = {
        name: _placed(values, region, size, 0.0 if name in SHARES else OUTSIDE, exact=name == TRIMAP)
        for name, values in answer.layers.items()
    }
    masks = layers[SAM][None] > 0  # with a box SAM has one candidate
    return ObjectAnswer(prompts, masks, answer.scores, answer.chosen, layers)


def _placed(
    values: np.ndarray, region: Region, size: tuple[int, int], outside: float, *, exact: bool
) -> np.ndarray:
    """A map (h, w) float32 of the cut on one of `size` (width, height) filled with `outside`; exact: it has the values
    of the map and none between."""
    height, width = values.shape
    across, x0, x1 = _span(region.left, region.right, region.width, size[0], width)
    down, y0, y1 = _span(region.top, region.bottom, region.height, size[1], height)
    result = np.full(size[::-1], outside, np.float32)
    shape = across.stop - across.start, down.stop - down.start
    how = Image.Resampling.NEAREST if exact else Image.Resampling.BILINEAR
    part = Image.fromarray(values).resize(shape, how, box=(x0, y0, x1, y1))
    result[down, across] = np.asarray(part)
    return result


def _span(start: int, end: int, length: int, target: int, detail: int) -> tuple[slice, float, float]:
    """Whole pixels between start and end of a picture's side, `target` of them instead of `length`, and where the cut,
    in `detail` pixels, has the first and the last edge of these."""
    scale = target / length
    first = min(math.ceil(start * scale - 1e-6), target - 1)
    last = max(math.floor(end * scale + 1e-6), first + 1)
    low, high = (
        min(max((edge / scale - start) * detail / (end - start), 0.0), detail) for edge in (first, last)
    )
    return slice(first, last), low, high
