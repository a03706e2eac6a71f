"""Small pictures for the wire, as data URLs: masks and mattes are PNG, never a lossy format."""

import base64
import io

import numpy as np
from PIL import Image


def mask_url(mask: np.ndarray, colour: tuple[int, int, int]) -> str:
    """Return a mask (H, W) bool as a 1-bit PNG: `colour` inside, transparent outside."""
    picture = Image.fromarray(mask.astype(np.uint8), mode="P")
    picture.putpalette((0, 0, 0, *colour))
    return _url(picture, "png", bits=1, transparency=0, compress_level=6)


def alpha_url(alpha: np.ndarray) -> str:
    """Return a matte (H, W), bytes, as a grey 8-bit PNG."""
    return _url(Image.fromarray(alpha), "png", compress_level=4)


def photo_url(rgb: np.ndarray, quality: int = 88) -> str:
    """Return a picture (H, W, 3) uint8 for looking at, as a JPEG without chroma subsampling."""
    return _url(Image.fromarray(rgb), "jpeg", quality=quality, subsampling=0)


def _url(picture: Image.Image, kind: str, **options) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
