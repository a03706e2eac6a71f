"""What the decoders of all formats have in common: a header that was read, and pixels in a plain mode."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from sama.photo.resolution import Dpi
from sama.photo.strips import read_bytes

Plain = tuple[Image.Image, np.ndarray | None]
Load = Callable[[list[str]], Plain]
_PLAIN_MODES = ("RGB", "L", "CMYK", "LAB")


@dataclass(frozen=True)
class Header:
    """A file of which only the header was read.

    size: (width, height) as stored; load: decodes the picture to a plain mode (RGB, L, CMYK or LAB) and its straight
    alpha (H, W) uint8 or None, not turned yet, and adds to a list of notes; icc: the profile of what `load` returns;
    orientation: 1 to 8, and who named it; dpi: (x, y) as stored; notes: what is to be said of the choice of a picture.
    """

    size: tuple[int, int]
    load: Load
    icc: bytes | None = None
    orientation: tuple[int, str] = (1, "EXIF")
    dpi: Dpi | None = None
    notes: list[str] = field(default_factory=list)


def split_alpha(image: Image.Image) -> Plain:
    """Return a loaded picture of bytes in one of the plain modes, and its alpha where it has one."""
    if image.has_transparency_data:
        grey = image.mode in ("LA", "La", "L", "1")
        image = image.convert("RGBA")
        alpha = read_bytes(image.getchannel("A"))
        return image.convert("L" if grey else "RGB"), alpha
    if image.mode not in _PLAIN_MODES:
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image, None
