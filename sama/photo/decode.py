"""From a file's bytes to a header, whatever the format, and from a header to upright sRGB bytes."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from sama.photo import colour, plain, png, tiff
from sama.photo.header import Header
from sama.photo.orientation import turned
from sama.photo.resolution import Dpi
from sama.photo.strips import read_bytes


@dataclass(frozen=True)
class Decoded:
    """rgb: (H, W, 3) uint8 sRGB, upright, on white; alpha: (H, W) uint8 or None (opaque); own: as in `Photo`."""

    rgb: np.ndarray
    alpha: np.ndarray | None
    own: np.ndarray | None
    dpi: Dpi | None


def read_header(data: bytes) -> Header:
    """Read a file's header; raises Refused, and whatever Pillow raises."""
    if data.startswith(png.MAGIC):
        return png.read_header(data)
    if data.startswith(tiff.STARTS):
        return tiff.read_header(data)
    return plain.read_header(data)


def decode(header: Header, keep_own: bool, notes: list[str]) -> Decoded:
    """Decode a picture; what was done is added to `notes`. Raises whatever a decoder raises of damaged files."""
    orientation, source = header.orientation
    if orientation != 1:
        notes.append(f"turned upright ({source} orientation {orientation})")
    image, alpha = header.load(notes)
    dpi = header.dpi
    if orientation != 1:
        image = turned(image, orientation)
        alpha = None if alpha is None else read_bytes(turned(Image.fromarray(alpha), orientation))
        dpi = (dpi[1], dpi[0]) if dpi is not None and orientation >= 5 else dpi
    rgb = read_bytes(colour.to_srgb(image, header.icc, notes))
    own = colour.own_colours(image, header.icc, rgb) if keep_own else None
    if alpha is None or alpha.min() == 255:
        return Decoded(rgb, None, own, dpi)
    notes.append("transparency shown on white")
    shown = _on_white(rgb, alpha)
    return Decoded(shown, alpha, shown if own is rgb else None if own is None else _on_white(own, alpha), dpi)


def _on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return (c a + 255 (255 - a)) / 255 rounded to the nearest, for bytes c and a."""
    a = alpha[..., None].astype(np.uint16)
    mixed = rgb * a + 255 * (255 - a)  # at most 65025
    return ((mixed + 127) // 255).astype(np.uint8)
