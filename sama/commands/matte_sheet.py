"""The contact sheet of `sama matte DIR`: photo, label, matte and cut-out in a row, for a person's eyes."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from sama.errors import SamaError
from sama.export.lettering import write
from sama.photo.resize import fit_within, resize

ROWS = 24  # on a sheet, at most
TILE, GAP, CAPTION = 200, 6, 18  # pixels
BEHIND = np.array([60, 140, 90], np.float32)  # colour behind the cut-out
MARGIN = 0.2  # of the object's sides, shown around it


class Row(NamedTuple):
    """One object: its name, and its tiles."""

    name: str
    tiles: list[Image.Image]


def chosen(names: list[str]) -> set[str]:
    """At most ROWS of the names, evenly spread."""
    step = max(1.0, len(names) / ROWS)
    return {names[int(i * step)] for i in range(min(ROWS, len(names)))}


def row_of(name: str, rgb: np.ndarray, mask: np.ndarray, matte: Path) -> Row:
    """Draw an object of a photo (H, W, 3) uint8: mask (H, W), bool or logits, and its matte's file, around what both
    mark. Raises SamaError for a matte of another size or one that cannot be read."""
    try:
        with Image.open(matte) as picture:
            alpha = np.asarray(picture.convert("L"), np.float32) / np.float32(255)
    except OSError as error:
        raise SamaError(f"{matte.name} cannot be read; delete it and run this again.") from error
    if alpha.shape != mask.shape:
        raise SamaError(f"{matte.name} is of another size than its photo; delete it and run this again.")
    cut = _around((mask > 0) | (alpha > 0.5))
    photo = np.ascontiguousarray(rgb[cut])
    size = fit_within(photo.shape[1], photo.shape[0], TILE)
    small = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR), np.float32)
    label = resize(np.ascontiguousarray(mask[cut] > 0, np.float32), size)
    seen = resize(np.ascontiguousarray(alpha[cut]), size)
    on = seen[..., None] * small + (1 - seen[..., None]) * BEHIND
    return Row(name, [_picture(small), _picture(255 * label), _picture(255 * seen), _picture(on)])


def save_sheet(rows: list[Row], path: Path) -> None:
    """Write the sheet; raises SamaError where that is impossible."""
    height = sum(max(tile.height for tile in row.tiles) + CAPTION + GAP for row in rows)
    sheet = Image.new("RGB", (4 * (TILE + GAP), height), "white")
    pen, top = ImageDraw.Draw(sheet), 0
    for row in rows:
        write(pen, (2, top + 13), f"{row.name}: photo, label, matte, cut-out", 11)
        top += CAPTION
        for i, tile in enumerate(row.tiles):
            sheet.paste(tile, (i * (TILE + GAP), top))
        top += max(tile.height for tile in row.tiles) + GAP
    try:
        sheet.save(path)
    except OSError as error:
        raise SamaError(f"{path} cannot be written ({error.strerror}); choose another --out.") from error


def _around(marked: np.ndarray) -> tuple[slice, slice]:
    spans = []
    for axis, length in ((1, marked.shape[0]), (0, marked.shape[1])):
        seen = np.flatnonzero(marked.any(axis))
        low, high = (int(seen[0]), int(seen[-1]) + 1) if len(seen) else (0, length)
        more = round(MARGIN * (high - low)) + 4
        spans.append(slice(max(0, low - more), min(length, high + more)))
    return spans[0], spans[1]


def _picture(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).convert("RGB")
