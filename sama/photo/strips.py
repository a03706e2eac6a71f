"""Reading a picture's bytes strip by strip: `np.array` copies a whole picture three times on the way."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

_ROWS = 256


def read_strips(image: Image.Image) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the first row and the bytes (h, W) or (h, W, C) of one strip after the other."""
    for top in range(0, image.height, _ROWS):
        yield top, np.asarray(image.crop((0, top, image.width, min(top + _ROWS, image.height))))


def read_bytes(image: Image.Image) -> np.ndarray:
    """Return bytes (H, W) or (H, W, C)."""
    bands = len(image.getbands())
    pixels = np.empty((image.height, image.width, bands)[: 2 + (bands > 1)], np.uint8)
    for top, strip in read_strips(image):
        pixels[top : top + len(strip)] = strip
    return pixels
