"""What stands behind composites: pieces of photographs, defocused or not, and smooth colours."""

import math

import numpy as np
from PIL import Image, ImageFilter

from sama.training.data import synthesis
from sama.training.data.sources import Sources


def random_background(rng: np.random.Generator, sources: Sources, canvas: tuple[int, int]) -> np.ndarray:
    """(h, w, 3) uint8: a crop of a photograph, sometimes defocused; rarely smooth colours."""
    picture = sources.scenery(rng) if rng.random() < 0.93 else None
    if picture is None:
        return np.array(gradient(rng, canvas))
    box = synthesis.random_window(rng, picture.size, canvas[0] / canvas[1], 0.4)
    picture = picture.resize(canvas, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.25:
        radius = max(canvas) / 512 * math.exp(rng.uniform(math.log(0.7), math.log(10)))
        picture = picture.filter(ImageFilter.GaussianBlur(float(radius)))
    return np.array(picture)


def gradient(rng: np.random.Generator, extent: tuple[int, int]) -> Image.Image:
    """Smooth colours: one colour, or a few blended, sometimes with noise."""
    cells = int(rng.choice([1, 2, 3, 5], p=[0.25, 0.35, 0.25, 0.15]))
    base = rng.uniform(0, 256, 3)
    grid = base + rng.normal(0, rng.uniform(5, 60), (cells, cells, 3))
    picture = Image.fromarray(np.clip(grid, 0, 255).astype(np.uint8))
    picture = picture.resize(extent, Image.Resampling.BICUBIC)
    if rng.random() < 0.4:
        return picture
    grain = rng.normal(0, rng.uniform(1, 12), (96, 96, 1)).astype(np.float32)
    height, width = extent[1], extent[0]
    tiles = np.tile(grain, (height // 96 + 1, width // 96 + 1, 1))[:height, :width]
    return Image.fromarray(np.clip(np.asarray(picture) + tiles, 0, 255).astype(np.uint8))
