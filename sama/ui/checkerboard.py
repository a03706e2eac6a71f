"""The usual picture of transparency, the same wherever the page shows it."""

import numpy as np

from sama.ui.page.colours import hexadecimal

# Pixels of a square: blocks of the pictures' format, which makes them small.
CELL = 16
GREYS = 0.94, 0.82  # the first one is at the top left


def checkerboard(shape: tuple[int, int], cell: float) -> np.ndarray:
    """Return squares of `cell` pixels, (h, w, 3) float32, for a shape (h, w)."""
    rows, columns = (np.indices(shape) / cell).astype(int)
    grey = np.where((rows + columns) % 2, np.float32(GREYS[1]), np.float32(GREYS[0]))
    return np.repeat(grey[..., None], 3, axis=2)


def checks() -> dict[str, int | list[str]]:
    """What a script needs to draw them: `cell`, in pixels of the panels' pictures, and two `colours`."""
    levels = [round(255 * grey) for grey in GREYS]
    return {"cell": CELL, "colours": [hexadecimal((level, level, level)) for level in levels]}
