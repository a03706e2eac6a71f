"""Objects placed on a canvas, and how much of each is seen.

Colours travel premultiplied ("RGBa"), so neither resizing nor rotating can mix in the arbitrary
colour that files carry where alpha is 0.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

Box = tuple[int, int, int, int]

WORKABLE_CELLS = 12
MIN_VISIBLE = 0.25


@dataclass
class Layer:
    """An object placed on the canvas.

    colour: (h, w, 3) uint8 premultiplied; alpha: (h, w) uint8; x, y: its corner on the canvas.
    exact: alpha is the truth at edges too; otherwise `band` pixels about its edge are unknown.
    """

    colour: np.ndarray
    alpha: np.ndarray
    x: int
    y: int
    exact: bool = True
    band: int = 0

    @property
    def region(self) -> tuple[slice, slice]:
        h, w = self.alpha.shape
        return slice(self.y, self.y + h), slice(self.x, self.x + w)


def resize_premultiplied(picture: Image.Image, extent: tuple[int, int]) -> Image.Image:
    """Resize an RGBa picture with antialiasing, on premultiplied values."""
    return picture.resize(extent, Image.Resampling.BICUBIC, reducing_gap=3.0)


def cut_sides(alpha: np.ndarray) -> tuple[bool, bool, bool, bool]:
    """Whether an alpha map (h, w) uint8 is cut off at its left, top, right and bottom border."""
    edges = (alpha[:, 0], alpha[0], alpha[:, -1], alpha[-1])
    left, top, right, bottom = (bool((edge > 100).mean() > 0.06) for edge in edges)
    return left, top, right, bottom


def place(
    rng: np.random.Generator,
    picture: Image.Image,
    canvas: tuple[int, int],
    side: int,
    angle: float,
    cut: tuple[bool, bool, bool, bool] = (False, False, False, False),
) -> Layer | None:
    """Scale an RGBa picture to long side `side`, turn it by `angle` degrees, drop it on `canvas`.

    canvas: (width, height). The object may stick out by up to half. Borders named by `cut` (see
    cut_sides) come to lie on or beyond the canvas border, without turning, since a straight cut in
    the open would be learnt as an edge. None if that is impossible or hardly anything is seen.
    """
    left, top, right, bottom = cut
    if (left and right) or (top and bottom):
        return None
    factor = side / max(picture.size)
    extent = max(2, round(picture.width * factor)), max(2, round(picture.height * factor))
    picture = resize_premultiplied(picture, extent)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        left, right = right, left
    if angle and not any(cut):
        picture = picture.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    x = _position(rng, canvas[0], picture.width, left, right)
    y = _position(rng, canvas[1], picture.height, top, bottom)
    window = (
        max(0, -x),
        max(0, -y),
        min(picture.width, canvas[0] - x),
        min(picture.height, canvas[1] - y),
    )
    if window[2] - window[0] < 8 or window[3] - window[1] < 8:
        return None
    values = np.asarray(picture.crop(window))
    alpha = values[..., 3]
    # Bicubic overshoot may push a premultiplied colour above its alpha.
    colour = np.minimum(values[..., :3], alpha[..., None])
    return Layer(colour, alpha, max(0, x), max(0, y))


def _position(rng: np.random.Generator, room: int, length: int, start: bool, end: bool) -> int:
    """Where an object of `length` begins on an axis of `room` pixels."""
    beyond = round(rng.uniform(0, 0.06) * length)
    if start:
        return -beyond
    if end:
        return room - length + beyond
    out = rng.uniform(0, 0.45) * length if rng.random() < 0.35 else 0.0
    low, high = sorted((-out, room - length + out))
    return round(rng.uniform(low, high))


def visible_alphas(layers: list[Layer], canvas: tuple[int, int]) -> np.ndarray:
    """(n, h, w) uint8: each layer's alpha times what those in front let through.

    The last layer is foremost. Sums to at most 255 at every pixel; the rest is background.
    """
    width, height = canvas
    out = np.zeros((len(layers), height, width), np.uint8)
    through = np.full((height, width), 255, np.uint8)
    for k in range(len(layers) - 1, -1, -1):
        region = layers[k].region
        seen = layers[k].alpha.astype(np.uint16) * through[region]
        seen = ((seen + 127) // 255).astype(np.uint8)
        out[k][region] = seen
        through[region] -= seen
    return out


def unknown_band(layers: list[Layer], canvas: tuple[int, int]) -> np.ndarray:
    """(h, w) bool, true about the edges of layers whose alpha is not exact."""
    width, height = canvas
    band = np.zeros((height, width), bool)
    for layer in layers:
        if not layer.exact:
            picture = Image.fromarray(layer.alpha).filter(ImageFilter.BoxBlur(layer.band))
            mean = np.asarray(picture)
            band[layer.region] |= (mean > 0) & (mean < 255)
    return band


def worth_prompting(alphas: np.ndarray, layers: list[Layer], min_area: float) -> list[int]:
    """Indices of layers that are seen well enough: area, share not hidden, and some opaque core."""
    out = []
    for k, (alpha, layer) in enumerate(zip(alphas, layers, strict=True)):
        seen, own = int(alpha.sum(dtype=np.int64)), int(layer.alpha.sum(dtype=np.int64))
        core = np.asarray(Image.fromarray(alpha).reduce(4)) > 140
        large = seen >= min_area * alpha.size * 255 and seen >= MIN_VISIBLE * own
        if large and np.count_nonzero(core) >= WORKABLE_CELLS:
            out.append(k)
    return out


def random_window(rng: np.random.Generator, size: tuple[int, int], aspect: float, smallest: float) -> Box:
    """A window of `aspect` in a picture of `size`, at least `smallest` times the largest one."""
    widest = min(size[0], size[1] * aspect) * rng.uniform(smallest, 1)
    w, h = widest, widest / aspect
    x, y = rng.random() * (size[0] - w), rng.random() * (size[1] - h)
    return round(x), round(y), max(round(x + w), round(x) + 1), max(round(y + h), round(y) + 1)
