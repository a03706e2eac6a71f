"""Small pictures for the wire, as data URLs; masks and mattes are never in a lossy format."""

import base64
import io

import numpy as np
from PIL import Image

from sama.export.palette import EXTRA_COLOUR, MISSING_COLOUR, SAMA_COLOUR, STRONG_COLOUR

_QUICK = 3  # of nine levels of compression: a tenth larger than the usual one, in half the time
_FAINT, _STRONG = np.array(SAMA_COLOUR), np.array(STRONG_COLOUR)


def mask_url(mask: np.ndarray, colour: tuple[int, int, int]) -> str:
    """Return a mask (H, W) bool as a 1-bit PNG: `colour` inside, transparent outside."""
    picture = Image.fromarray(mask.astype(np.uint8), mode="P")
    picture.putpalette((0, 0, 0, *colour))
    return _url(picture, "png", bits=1, transparency=0, compress_level=6)


def matte_url(matte: np.ndarray) -> str:
    """Return a matte (H, W), bytes, as a PNG that is white and as opaque as the matte: a canvas shows it on black, and
    cuts out with it. A stack of mattes (H, W, 3) is a picture."""
    if matte.ndim == 3:
        return grey_url(matte)
    picture = Image.fromarray(matte, mode="P")
    picture.putpalette([255] * 768)
    return _url(picture, "png", transparency=bytes(range(256)), compress_level=_QUICK)


def grey_url(grey: np.ndarray) -> str:
    """Return a map (H, W), bytes, or a picture (H, W, 3) as a PNG. A lossless WebP is a fifth smaller, but takes twenty
    times as long, for which every click would wait."""
    return _url(Image.fromarray(grey), "png", compress_level=_QUICK)


def difference_url(difference: np.ndarray) -> str:
    """Return a map (H, W) in [0, 1] as a PNG of 16 steps from transparent over orange to pale yellow."""
    picture = Image.fromarray(np.rint(difference * 15).astype(np.uint8), mode="P")
    steps = np.linspace(0, 1, 16)
    palette = _FAINT + steps[:, None] * (_STRONG - _FAINT)
    picture.putpalette(palette.astype(np.uint8).tobytes())
    opacity = (255 * np.sqrt(steps)).astype(np.uint8).tobytes()
    return _url(picture, "png", bits=4, transparency=opacity, compress_level=6)


def error_url(error: np.ndarray) -> str:
    """Return a map (H, W) in [-1, 1] as a PNG of 15 steps to either side: red where it is positive, blue where it is
    negative, transparent where it is 0."""
    steps = np.rint(np.clip(error, -1, 1) * 15).astype(int)
    picture = Image.fromarray(np.where(steps < 0, 15 - steps, steps).astype(np.uint8), mode="P")
    picture.putpalette([0, 0, 0, *MISSING_COLOUR * 15, *EXTRA_COLOUR * 15])
    strength = np.sqrt(np.arange(1, 16) / 15)
    opacity = np.rint(255 * np.concatenate([[0], strength, strength])).astype(np.uint8).tobytes()
    return _url(picture, "png", transparency=opacity, compress_level=6)


def photo_url(rgb: np.ndarray, quality: int = 88) -> str:
    """Return a picture (H, W, 3) uint8 for looking at, as a JPEG without chroma subsampling."""
    return _url(Image.fromarray(rgb), "jpeg", quality=quality, subsampling=0)


def photo_bytes(rgb: np.ndarray) -> bytes:
    """Return a picture (H, W, 3) uint8 for looking at closely, as the JPEG file that a browser fetches."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "jpeg", quality=92, subsampling=0)
    return buffer.getvalue()


def composite_url(rgb: np.ndarray) -> str:
    """Return a composite (H, W, 3) uint8 for looking at, as a WebP, which is half the size of a JPEG."""
    return _url(Image.fromarray(rgb), "webp", quality=75, method=2)


def _url(picture: Image.Image, kind: str, **options) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
