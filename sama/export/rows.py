"""A contact sheet of rows of small pictures, for a person's eyes."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from sama.errors import SamaError
from sama.export.lettering import write

ROWS = 24  # on a sheet, at most
TILE, GAP, CAPTION = 200, 6, 18  # pixels
BEHIND = np.array([60, 140, 90], np.float32)  # colour behind a cut-out


class Row(NamedTuple):
    """One row: what is written above it, and its tiles, at most TILE pixels a side."""

    caption: str
    tiles: list[Image.Image]


def chosen(names: list[str]) -> set[str]:
    """At most ROWS of the names, evenly spread."""
    step = max(1.0, len(names) / ROWS)
    return {names[int(i * step)] for i in range(min(ROWS, len(names)))}


def on_colour(colours: np.ndarray, alpha: np.ndarray) -> Image.Image:
    """Colours (h, w, 3) in [0, 255] on BEHIND by alpha (h, w) in [0, 1]."""
    return picture(alpha[..., None] * colours + (1 - alpha[..., None]) * BEHIND)


def picture(values: np.ndarray) -> Image.Image:
    """Values (h, w) or (h, w, 3) in [0, 255] as an RGB picture."""
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).convert("RGB")


def save_sheet(rows: list[Row], path: Path) -> None:
    """Write the sheet of at least one row; raises SamaError where that is impossible."""
    height = sum(max(tile.height for tile in row.tiles) + CAPTION + GAP for row in rows)
    across = max(len(row.tiles) for row in rows)
    sheet = Image.new("RGB", (across * (TILE + GAP), height), "white")
    pen, top = ImageDraw.Draw(sheet), 0
    for row in rows:
        write(pen, (2, top + 13), row.caption, 11)
        top += CAPTION
        for i, tile in enumerate(row.tiles):
            sheet.paste(tile, (i * (TILE + GAP), top))
        top += max(tile.height for tile in row.tiles) + GAP
    try:
        sheet.save(path)
    except OSError as error:
        raise SamaError(f"{path} cannot be written ({error.strerror}); choose another --out.") from error
