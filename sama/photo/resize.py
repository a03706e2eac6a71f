"""Changing the size of maps and photos."""

import numpy as np
from PIL import Image


def fit_within(width: int, height: int, side: int) -> tuple[int, int]:
    """Return the size (width, height) of a picture shrunk so that its longer side is at most `side`; never enlarged."""
    scale = min(1, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def resize(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map (H, W) float32 to size (width, height): area average downwards, bilinear upwards."""
    if values.shape == size[::-1]:
        return values
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR))


def shrink_photo(rgb: np.ndarray, max_pixels: int) -> np.ndarray:
    """Return a photo (H, W, 3) uint8 of at most `max_pixels`, the same aspect; a copy, or the photo if it fits."""
    height, width = rgb.shape[:2]
    scale = float(np.sqrt(max_pixels / (height * width)))
    if scale >= 1:
        return rgb
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX, reducing_gap=3.0))
