"""What a person states by a click is a fact, whatever the model says.

A click that the answer obeys changes nothing. One that it does not obey is held: at its place and in the like-coloured
neighbourhood of that place, found by the shortest ways over the photo, on which every step and every edge of colours
costs something (Criminisi, Sharp and Blake 2008 cut photos by such distances). The neighbourhood ends at a bounded
distance, and half-way to clicks that say the opposite. Of clicks at one place the last one counts, and every click
counts more than the box around it. SAM's own layer stays as it is: it is what the answer is compared with.

Strokes of brush and eraser are facts, too, on every pixel under them, but that the edge of a brush's stroke may lie
beyond the object where the answer is the model's (`sama.request.strokes.CORE`). They end the neighbourhood of every
click but of one that was made later and lies under the stroke itself.
"""

import numpy as np
from PIL import Image
from scipy import sparse
from scipy.ndimage import gaussian_filter
from scipy.sparse import csgraph

from sama.predict.answer import ALPHA, DETAIL, SAM, TRIMAP, ObjectAnswer
from sama.predict.stating import Neighbourhood, contradicted, overruling, state, state_trimap
from sama.request.checks import Point
from sama.request.prompts import Prompts
from sama.request.strokes import CORE, Stroke, draw

LOW, HIGH = 0.1, 0.9  # a matte obeys a click that removes below, one that keeps above
# How far a click's neighbourhood goes at most, as a part of the object's longer side: of its box, which is known, or of
# what was found, which may be wrong.
REACH, REACH_UNBOXED = 0.35, 0.12
REACHES = 0.02, 0.25  # of the photo's longer side: the least and the most of that
CELLS = 140  # of a neighbourhood's reach; in larger ones several pixels are a cell
PLACE = 0.006  # of the photo's longer side: the radius of a click's place
SAME = 0.002  # of the photo's longer side: clicks closer than this are at one place
DISOBEYED = 0.1  # of a place's like-coloured pixels
CONTRAST = 0.15  # distance of colours, each channel in [0, 1], that ends a neighbourhood
DIFFERENT = 8.0  # how much more a step costs per CONTRAST that its colour is from the click's
NOISE, USUAL = 0.02, 0.06  # distances of colours: the most that noise and texture are taken for
FADE = 0.8  # of the reach, from where on a statement fades


def held(
    answer: ObjectAnswer, photo: np.ndarray, photo_size: tuple[int, int], *, core: float = CORE
) -> dict[str, np.ndarray]:
    """Layers of one object in which all clicks and strokes hold; those of the answer where it obeys, and never changed
    in place.

    photo: (h, w, 3) uint8, may be fewer pixels than photo_size (width, height), which the answer's prompts are in.
    core: how much of a brush's radius is a fact.
    """
    layers, prompts = answer.layers, answer.prompts
    names = [name for name in layers if name not in (SAM, TRIMAP, DETAIL)]
    if not names or not (prompts.points or prompts.strokes):
        return layers
    clicks = _scaled(prompts, photo, photo_size)
    stated = _Stated(layers, names, photo, clicks)
    last = overruling(prompts)
    for i in range(len(clicks.points)):
        if i not in last:
            stated.click(i)
    for stroke in prompts.strokes:
        stated.stroke(stroke, photo_size, core)
    for i in last:
        stated.click(i)
    return {**layers, **stated.changed} if stated.changed else layers


class _Stated:
    """Layers of an object, and those of them, `changed`, in which more is said than in the answer."""

    def __init__(
        self, layers: dict[str, np.ndarray], names: list[str], photo: np.ndarray, clicks: Prompts
    ) -> None:
        """names: of the layers that have to obey; clicks: in pixels of photo (h, w, 3)."""
        self.layers, self.names, self.photo, self.clicks = layers, names, photo, clicks
        self.changed: dict[str, np.ndarray] = {}

    def click(self, index: int) -> None:
        """State click number `index` in the layers that do not obey it."""
        photo, clicks, click = self.photo, self.clicks, self.clicks.points[index]
        before = {**self.layers, **self.changed} if clicks.strokes else self.layers
        wrong = [name for name in self.names if _disobeys(before[name], name == ALPHA, photo, click)]
        if not wrong or contradicted(clicks.points, index, max(1, SAME * max(photo.shape))):
            return
        near = neighbourhood(photo, clicks, index, _extent(clicks, self.layers, photo))
        for name in wrong:
            state(self._copy(name), name == ALPHA, near, click)
        if ALPHA in wrong:  # what the matte was made of says the same as the matte
            for name in (TRIMAP, DETAIL):
                if name == TRIMAP and name in self.layers:
                    state_trimap(self._copy(name), near, click)
                elif name in self.layers:
                    state(self._copy(name), True, near, click)

    def stroke(self, stroke: Stroke, photo_size: tuple[int, int], core: float) -> None:
        """State a stroke, in pixels of a photo of `photo_size`, in all layers."""
        share = core if stroke.label else 1.0
        for name in self.layers:
            if name != SAM:
                shares = name in (ALPHA, TRIMAP, DETAIL)
                draw(self._copy(name), stroke, photo_size, is_share=shares, share=share)
                if name == TRIMAP:  # it knows nothing between unknown and the others
                    values = self._copy(name)
                    values[(values > 0) & (values < 1)] = 0.5

    def _copy(self, name: str) -> np.ndarray:
        return self.changed.setdefault(name, self.layers[name].copy())


def neighbourhood(photo: np.ndarray, prompts: Prompts, index: int, extent: float) -> Neighbourhood:
    """Where click number `index` of prompts, in pixels of photo (H, W, 3) uint8, is believed.

    extent: the longer side of the object, in pixels.
    """
    height, width = photo.shape[:2]
    x, y, label = prompts.points[index]
    low, high = (share * max(width, height) for share in REACHES)
    reach = max(min(max((REACH if prompts.boxes else REACH_UNBOXED) * extent, low), high), 4.0)
    x0, y0 = max(int(x - reach), 0), max(int(y - reach), 0)
    x1, y1 = min(int(np.ceil(x + reach)) + 1, width), min(int(np.ceil(y + reach)) + 1, height)
    cell = max(1.0, reach / CELLS)
    cells = max(1, round((x1 - x0) / cell)), max(1, round((y1 - y0) / cell))
    part = Image.fromarray(photo[y0:y1, x0:x1]).resize(cells, Image.Resampling.BOX)
    colours = gaussian_filter(np.asarray(part, np.float32) / 255, (1, 1, 0))

    def cell_of(px: float, py: float) -> int:
        column, row = (px - x0) * cells[0] / (x1 - x0), (py - y0) * cells[1] / (y1 - y0)
        return min(int(row), cells[1] - 1) * cells[0] + min(int(column), cells[0] - 1)

    start = cell_of(x, y)
    graph = _ways(colours, divmod(start, cells[0]), 1 / (reach / cell))
    far = csgraph.dijkstra(graph, directed=False, indices=start, limit=1)
    weight = np.clip((1 - far) / (1 - FADE), 0, 1)
    others = {
        cell_of(px, py)
        for px, py, other in prompts.points
        if other != label and x0 <= px < x1 and y0 <= py < y1
    } - {start}
    if others:
        theirs = csgraph.dijkstra(graph, directed=False, indices=sorted(others), limit=1, min_only=True)
        theirs = np.minimum(theirs, 2)  # beyond their reach they say nothing
        closer = np.zeros_like(far)
        there = np.isfinite(far)
        closer[there] = (4 * (theirs - far)[there] / (theirs + far + 1e-6)[there]).clip(0, 1)
        weight = weight * closer
    weight = weight.reshape(cells[::-1]).astype(np.float32)
    if label == 1:
        weight *= _inside_box(prompts, (x, y), (x0, y0, x1, y1), cells)
    return Neighbourhood((x0, y0, x1, y1), (width, height), weight)


def _ways(colours: np.ndarray, start: tuple[int, int], step: float) -> sparse.csr_matrix:
    """The cells (h, w, 3) as a graph: what it costs from each to its eight neighbours, 1 being too far.

    start: row and column of the click; step: cost of a step in its own colour.
    """
    height, width = colours.shape[:2]
    row, column = start
    near = max(2, round(0.1 / step))
    around = colours[max(row - near, 0) : row + near + 1, max(column - near, 0) : column + near + 1]
    own = np.median(
        colours[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].reshape(-1, 3), axis=0
    )
    # What noise and texture do around the click is no edge, to some extent.
    steps = np.linalg.norm(np.diff(around, axis=1), axis=2)
    noise = min(0.01 + 1.5 * float(np.median(steps)), NOISE) if steps.size else NOISE
    usual = min(0.04 + 1.5 * float(np.median(np.linalg.norm(around - own, axis=2))), USUAL)
    other = np.maximum(np.linalg.norm(colours - own, axis=2) - usual, 0) * np.float32(DIFFERENT / CONTRAST)
    numbers = np.arange(height * width, dtype=np.int32).reshape(height, width)
    costs, ends = [], []
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = np.s_[: height - down, max(0, -across) : width - max(0, across)]
        b = np.s_[down:, max(0, across) : width + min(0, across)]
        edge = np.maximum(np.linalg.norm(colours[a] - colours[b], axis=2) - noise, 0) / CONTRAST
        length = step * float(np.hypot(down, across))
        costs.append((length * (1 + (other[a] + other[b]) / 2) + edge).ravel())
        ends.append((numbers[a].ravel(), numbers[b].ravel()))
    first, second = (np.concatenate(parts) for parts in zip(*ends, strict=True))
    count = height * width
    return sparse.csr_matrix((np.concatenate(costs), (first, second)), shape=(count, count))


def _inside_box(
    prompts: Prompts, place: tuple[float, float], window: tuple[int, int, int, int], cells: tuple[int, int]
) -> np.ndarray:
    """Cells (h, w) of a window that lie in the box in which a place lies, 1 or 0; all where it lies in none."""
    x, y = place
    inside = np.ones(cells[::-1], np.float32)
    for bx0, by0, bx1, by1 in prompts.boxes:
        if bx0 <= x <= bx1 and by0 <= y <= by1:
            columns = window[0] + (np.arange(cells[0]) + 0.5) * (window[2] - window[0]) / cells[0]
            rows = window[1] + (np.arange(cells[1]) + 0.5) * (window[3] - window[1]) / cells[1]
            inside = np.outer((rows >= by0) & (rows <= by1), (columns >= bx0) & (columns <= bx1))
    return inside.astype(np.float32)


def _scaled(prompts: Prompts, photo: np.ndarray, photo_size: tuple[int, int]) -> Prompts:
    """Clicks and boxes in pixels of photo (h, w, 3), strokes as they are; clicks on its far edges lie in its last
    pixels."""
    height, width = photo.shape[:2]
    x, y = width / photo_size[0], height / photo_size[1]
    points = tuple(
        (min(px * x, width - 0.01), min(py * y, height - 0.01), label) for px, py, label in prompts.points
    )
    boxes = tuple((a * x, b * y, c * x, d * y) for a, b, c, d in prompts.boxes)
    return Prompts(points, boxes, strokes=prompts.strokes)


def _disobeys(values: np.ndarray, is_matte: bool, photo: np.ndarray, click: Point) -> bool:
    """Whether a layer (H, W) says otherwise than a click at its place: the pixel itself, or a part of those around it
    that have its colour. click: in pixels of photo (h, w, 3)."""
    height, width = photo.shape[:2]
    x, y, label = click
    radius = max(1, round(PLACE * max(photo.shape)))
    rows = np.arange(max(int(y) - radius, 0), min(int(y) + radius + 1, height))
    columns = np.arange(max(int(x) - radius, 0), min(int(x) + radius + 1, width))
    colours = photo[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / 255
    own = photo[int(y), int(x)].astype(np.float32) / 255
    alike = np.linalg.norm(colours - own, axis=2) < CONTRAST / 2
    alike &= np.hypot(rows[:, None] + 0.5 - y, columns[None] + 0.5 - x) <= radius
    down, across = values.shape[0] / height, values.shape[1] / width
    found = values[((rows + 0.5) * down).astype(int)][:, ((columns + 0.5) * across).astype(int)]
    here = values[int(y * down), int(x * across)]
    if is_matte:
        wrong, at_place = (found <= HIGH, here <= HIGH) if label else (found >= LOW, here >= LOW)
    else:
        wrong, at_place = (found <= 0, here <= 0) if label else (found > 0, here > 0)
    return bool(at_place) or float(wrong[alike].mean() if alike.any() else 0) > DISOBEYED


def _extent(prompts: Prompts, layers: dict[str, np.ndarray], photo: np.ndarray) -> float:
    """The object's longer side in pixels of photo (h, w, 3): that of its box, or of what matte or mask holds."""
    if prompts.boxes:
        return max(max(x1 - x0, y1 - y0) for x0, y0, x1, y1 in prompts.boxes)
    name = ALPHA if ALPHA in layers else next(name for name in layers if name != SAM)
    inside = layers[name] > (0.5 if name == ALPHA else 0)
    if not inside.any():
        return 0.0
    sides = [np.flatnonzero(inside.any(axis)) for axis in (0, 1)]
    scale = max(photo.shape) / max(inside.shape)
    return scale * float(max(side[-1] - side[0] + 1 for side in sides))
