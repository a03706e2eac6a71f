"""A picture of the worst and the median cases, so that a person sees what the numbers mean.

One row a case: the photo, the truth, and every method's answer with its own prompts. Masks show the
object in the photo, missed pixels in blue and wrongly taken ones in red; mattes are grey.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from sama.evaluation.datasets import TrueObject
from sama.evaluation.methods import Scored
from sama.evaluation.prompting import tight_box
from sama.export.lettering import write
from sama.photo.resize import resize
from sama.request.prompts import Prompts

TILE = 224  # pixels
CAPTION = 18
GAP = 6
CASES = 6  # of each kind
MARGIN = 0.3  # of the object's box, shown around it
MISSED, WRONG = np.array([40, 110, 255]), np.array([255, 60, 40])
POSITIVE, NEGATIVE, BOX = "#22cc44", "#ff2222", "#ffcc00"


@dataclass(frozen=True)
class Shown:
    """One method's answer to one object, the prompts that led to it, and a line on its score."""

    caption: str
    prompts: Prompts
    answer: Scored


class ContactSheet:
    """Gathers a drawn row per case, kept as PNG bytes (about 0.2 MB each), and picks at the end."""

    def __init__(self, *, mattes: bool):
        self._mattes = mattes
        self._rows: list[tuple[float, str, bytes]] = []

    def add(self, image: np.ndarray, truth: TrueObject, shown: list[Shown], error: float) -> None:
        """Draw one case: image (H, W, 3) uint8; `error` ranks it, larger is worse."""
        window = _window(truth.mask)
        photo = _photo_tile(image, window)
        tiles = [("photo", photo), ("truth", self._draw(photo, window, truth.alpha, truth.alpha))]
        for item in shown:
            values = item.answer.matte if self._mattes else truth.judged(item.answer.mask).astype(np.float32)
            tile = self._draw(photo, window, values, truth.alpha)
            _draw_prompts(tile, window, item.prompts)
            tiles.append((item.caption, tile))
        height = photo.height + CAPTION + GAP
        row = Image.new("RGB", (len(tiles) * (TILE + GAP), height), "white")
        pen = ImageDraw.Draw(row)
        for index, (caption, tile) in enumerate(tiles):
            left = index * (TILE + GAP)
            write(pen, (left, 13), caption, 11)
            row.paste(tile, (left, CAPTION))
        packed = BytesIO()
        row.save(packed, "PNG")
        self._rows.append((error, truth.name, packed.getvalue()))

    def save(self, path: Path, title: str) -> None:
        """Write the worst and the median cases added so far (at least one) as PNG."""
        ranked = sorted(self._rows, key=lambda row: -row[0])
        middle = max(CASES, len(ranked) // 2 - CASES // 2)  # of few cases none is shown twice
        parts = (("worst", ranked[:CASES]), ("median", ranked[middle : middle + CASES]))
        drawn: list[tuple[str, Image.Image | None]] = [(title, None)]
        for label, rows in parts:
            for error, name, packed in rows:
                drawn.append((f"{label}: {name} (error {error:.4g})", Image.open(BytesIO(packed))))
        width = max(row.width for _, row in drawn if row is not None)
        height = sum(CAPTION + GAP + (row.height if row else 0) for _, row in drawn)
        sheet = Image.new("RGB", (width + GAP, height), "white")
        pen, top = ImageDraw.Draw(sheet), 0
        for text, row in drawn:
            write(pen, (GAP, top + 17), text, 13)
            top += CAPTION + GAP
            if row is not None:
                sheet.paste(row, (GAP, top))
                top += row.height
        sheet.save(path, "PNG")

    def _draw(
        self, photo: Image.Image, window: "_Window", values: np.ndarray, truth: np.ndarray
    ) -> Image.Image:
        tile, true = window.cut(values), window.cut(truth)
        if self._mattes:
            return Image.fromarray(np.rint(tile * 255).astype(np.uint8)).convert("RGB")
        taken, wanted = tile > 0.5, true > 0.5
        colours = np.asarray(photo, dtype=np.float32)
        colours = np.where((taken | wanted)[..., None], colours, colours * 0.35)
        colours = np.where((wanted & ~taken)[..., None], colours * 0.4 + MISSED * 0.6, colours)
        colours = np.where((taken & ~wanted)[..., None], colours * 0.4 + WRONG * 0.6, colours)
        return Image.fromarray(colours.astype(np.uint8))


@dataclass(frozen=True)
class _Window:
    """The part of a photo that a tile shows, in pixels, and the tile's size (width, height)."""

    x0: int
    y0: int
    x1: int
    y1: int
    size: tuple[int, int]

    def cut(self, values: np.ndarray) -> np.ndarray:
        part = np.ascontiguousarray(values[self.y0 : self.y1, self.x0 : self.x1], dtype=np.float32)
        return np.clip(resize(part, self.size), 0, 1)


def _window(mask: np.ndarray) -> _Window:
    left, top, right, bottom = tight_box(mask)
    margin = MARGIN * max(right - left, bottom - top) + 4
    height, width = mask.shape
    x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
    x1, y1 = min(width, int(right + margin)), min(height, int(bottom + margin))
    scale = TILE / max(x1 - x0, y1 - y0)
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    return _Window(x0, y0, x1, y1, size)


def _photo_tile(image: np.ndarray, window: _Window) -> Image.Image:
    part = Image.fromarray(image).crop((window.x0, window.y0, window.x1, window.y1))
    return part.resize(window.size, Image.Resampling.BILINEAR)


def _draw_prompts(tile: Image.Image, window: _Window, prompts: Prompts) -> None:
    pen = ImageDraw.Draw(tile)
    scale = window.size[0] / (window.x1 - window.x0)

    def place(x: float, y: float) -> tuple[float, float]:
        return (x - window.x0) * scale, (y - window.y0) * scale

    for x0, y0, x1, y1 in prompts.boxes:
        pen.rectangle([*place(x0, y0), *place(x1, y1)], outline=BOX)
    for x, y, label in prompts.points:
        u, v = place(x + 0.5, y + 0.5)
        colour = POSITIVE if label else NEGATIVE
        pen.ellipse([u - 4, v - 4, u + 4, v + 4], fill=colour, outline="white")
