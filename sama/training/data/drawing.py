"""A canvas for drawn foregrounds with exact alpha, and smooth outlines to draw."""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw

SUPERSAMPLING = 4
LARGEST_DRAWING = 2400


class Drawing:
    """A grey canvas of `side` pixels, drawn at several times that size for smooth edges."""

    def __init__(self, side: int):
        self.side = side
        self.zoom = max(2, min(SUPERSAMPLING, LARGEST_DRAWING // side))
        self.picture = Image.new("L", (side * self.zoom, side * self.zoom))
        self._pen = ImageDraw.Draw(self.picture)

    def line(self, points: np.ndarray, width: float, value: int = 255) -> None:
        """Polyline through points (n, 2); x, y and `width` in pixels, widths down to 1 / zoom."""
        flat = (points * self.zoom).ravel().tolist()
        width = max(1, round(width * self.zoom))
        # Without a joint, wide lines show teeth on the outside of bends.
        self._pen.line(flat, fill=value, width=width, joint="curve" if width > 8 else None)

    def polygon(self, points: np.ndarray, value: int = 255) -> None:
        self._pen.polygon((points * self.zoom).ravel().tolist(), fill=value)

    def clip(self, points: np.ndarray) -> None:
        """Erase what lies outside the polygon."""
        mask = Image.new("L", self.picture.size)
        ImageDraw.Draw(mask).polygon((points * self.zoom).ravel().tolist(), fill=255)
        self.picture = ImageChops.multiply(self.picture, mask)
        self._pen = ImageDraw.Draw(self.picture)

    def alpha(self) -> Image.Image:
        """The drawing averaged down to `side` pixels."""
        return self.picture.reduce(self.zoom)


def outline(
    rng: np.random.Generator, centre: tuple[float, float], radius: float, wobble: float, n: int = 48
) -> np.ndarray:
    """Closed smooth outline (n, 2) around `centre`; `wobble` 0 makes an ellipse."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = np.ones(n)
    for k in range(2, 6):
        r += wobble * rng.normal() / k * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    stretch = rng.uniform(0.65, 1.0, 2)
    turn = rng.uniform(0, np.pi)
    xy = np.stack([np.cos(angle) * stretch[0], np.sin(angle) * stretch[1]], 1)
    c, s = math.cos(turn), math.sin(turn)
    xy = xy @ np.array([[c, s], [-s, c]]) * np.maximum(r, 0.3)[:, None]
    return np.array(centre) + radius * xy
