"""A frame as the page shows it."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from sama.export.palette import SAM_COLOUR, SAMA_COLOUR
from sama.matting import estimate_foreground
from sama.photo.resize import fit_within
from sama.ui.pictures import mask_url, photo_url

SIDE = 640  # longer side of the frame, in pixels
SMALL = 400  # and of masks and cut-out


def item_of(
    index: int, rgb: np.ndarray, maps: tuple[np.ndarray, np.ndarray, np.ndarray] | None, lost: str | None
) -> dict[str, Any]:
    """A frame (H, W, 3) uint8 for the page, see `sama.ui.film`; maps: as of `Reel.maps`, None before it is done."""
    item: dict[str, Any] = {"index": index, "src": photo_url(_fitted(rgb, SIDE), quality=80), "lost": lost}
    if maps is None:
        return item
    alpha, sama, sam = (_fitted(each, SMALL) for each in maps)
    item["sam"], item["sama"] = mask_url(sam > 127, SAM_COLOUR), mask_url(sama > 127, SAMA_COLOUR)
    item["cut"] = _cut_url(_fitted(rgb, SMALL), alpha)
    return item


def _fitted(pixels: np.ndarray, side: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    size = fit_within(width, height, side)
    if size == (width, height):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _cut_url(rgb: np.ndarray, alpha: np.ndarray) -> str:
    """The object in its own colours with its alpha, which is without loss, as a WebP."""
    colours = estimate_foreground(rgb, alpha / np.float32(255))
    if colours.dtype != np.uint8:
        colours = np.rint(np.clip(colours, 0, 1) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([colours, alpha])).save(buffer, "webp", quality=75, method=1, alpha_quality=100)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
