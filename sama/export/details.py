"""Where to look: the squares of a photo in which SAM and SAMA differ most."""

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

_SEARCHED = 512  # longer side, in pixels, of the map that is searched
_SIDE = 0.14  # of the photo's longer side: a detail
_SMALLEST = 48  # pixels of the photo
_MATTE = (
    0.02  # what a pixel of matte that differs from the mask counts beside a pixel that differs in the masks
)

Square = tuple[int, int, int]  # x, y of the upper left corner, and the side, in pixels of the photo


def strongest_details(
    sam_mask: np.ndarray, sama_mask: np.ndarray, alpha: np.ndarray, count: int = 2
) -> list[Square]:
    """Return up to `count` squares that do not overlap, the one with the largest difference first.

    sam_mask, sama_mask: (H, W) bool; alpha: (H, W) in [0, 1]. Where the masks agree everywhere, the matte's departure
    from them decides, so fine edges come first. Empty where nothing differs at all.
    """
    height, width = alpha.shape
    scale = min(1, _SEARCHED / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    score = _reduced(sam_mask != sama_mask, size) + _MATTE * np.abs(
        _reduced(sama_mask, size) - _reduced(alpha, size)
    )
    side = min(max(_SMALLEST, round(_SIDE * max(height, width))), height, width)
    reach = max(1, round(side * scale))
    summed = uniform_filter(score, reach, mode="constant")
    found = []
    for _ in range(count):
        row, column = np.unravel_index(int(summed.argmax()), summed.shape)
        if summed[row, column] <= 1e-6:
            break
        x = round(min(max((column + 0.5) / scale - side / 2, 0), width - side))
        y = round(min(max((row + 0.5) / scale - side / 2, 0), height - side))
        found.append((x, y, side))
        # No other square may overlap this one: its centre would be within a side of this one's, both ways.
        row, column = (y + side / 2) * scale, (x + side / 2) * scale
        rows, columns = np.ogrid[: size[1], : size[0]]
        summed[(np.abs(rows + 0.5 - row) < reach + 1) & (np.abs(columns + 0.5 - column) < reach + 1)] = 0
    return found


def _reduced(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Average (H, W) in [0, 1] down to size (width, height), float32."""
    plane = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(plane.resize(size, Image.Resampling.BOX))
