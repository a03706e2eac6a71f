"""The rows of the contact sheet of `sama matte DIR`: photo, label, matte and cut-out."""

from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.export.rows import TILE, Row, on_colour, picture
from sama.photo.resize import fit_within, resize

MARGIN = 0.2  # of the object's sides, shown around it


def row_of(name: str, rgb: np.ndarray, mask: np.ndarray, matte: Path) -> Row:
    """Draw an object of a photo (H, W, 3) uint8: mask (H, W), bool or logits, and its matte's file, around what both
    mark. Raises SamaError for a matte of another size or one that cannot be read."""
    try:
        with Image.open(matte) as file:
            alpha = np.asarray(file.convert("L"), np.float32) / np.float32(255)
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
    tiles = [picture(small), picture(255 * label), picture(255 * seen), on_colour(small, seen)]
    return Row(f"{name}: photo, label, matte, cut-out", tiles)


def _around(marked: np.ndarray) -> tuple[slice, slice]:
    spans = []
    for axis, length in ((1, marked.shape[0]), (0, marked.shape[1])):
        seen = np.flatnonzero(marked.any(axis))
        low, high = (int(seen[0]), int(seen[-1]) + 1) if len(seen) else (0, length)
        more = round(MARGIN * (high - low)) + 4
        spans.append(slice(max(0, low - more), min(length, high + more)))
    return spans[0], spans[1]
