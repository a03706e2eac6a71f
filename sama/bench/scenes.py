"""Photos and mattes to measure with; the same on every machine."""

import numpy as np
from PIL import Image

from sama.photo.resize import resize

_SIDE = 1024  # of a matte before it is enlarged, as the models' own are


def photo(width: int, height: int) -> np.ndarray:
    """Return (H, W, 3) uint8: patches of colour under a little grain."""
    random = np.random.default_rng(0)
    patches = random.integers(0, 256, (12, 16, 3), np.uint8)
    rgb = np.array(Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC))
    grain = random.integers(0, 16, (256, 256, 3), np.uint8)
    for y in range(0, height, 256):
        for x in range(0, width, 256):
            part = rgb[y : y + 256, x : x + 256]
            np.maximum(part, grain[: part.shape[0], : part.shape[1]], out=part)
    return rgb


def matte(width: int, height: int) -> np.ndarray:
    """Return (H, W) float32 in [0, 1]: a round body with hair around it, over a third of the picture."""
    scale = _SIDE / max(width, height)
    small = max(1, round(width * scale)), max(1, round(height * scale))
    y, x = np.mgrid[: small[1], : small[0]].astype(np.float32)
    x, y = x - small[0] / 2, y - small[1] / 2
    radius, distance = 0.38 * min(small), np.hypot(x, y)
    wave = np.sin(120 * np.arctan2(y, x) + 3 * np.sin(distance / 12))
    strands = np.clip(1.5 * wave - 0.3, 0, 1) * np.clip(6 * (1.17 - distance / max(radius, 1)), 0, 1)
    alpha = np.maximum(np.clip((radius - distance) / 3 + 0.5, 0, 1), strands)
    return np.ascontiguousarray(resize(alpha.astype(np.float32), (width, height)))
