"""Which way up a photo is.

The rule, for every format: the EXIF orientation turns it; where EXIF names none, XMP's tiff:Orientation does, wherever
the file holds them. AVIF and HEIC are turned by their own boxes (irot, imir) alone, as their specifications say; the
decoders do so for HEIC, and tell AVIF's as an orientation.
"""

import re

from PIL import Image

TAG = 0x0112
_TO_UPRIGHT = {  # EXIF 2.3, tag Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_XMP = re.compile(rb"""tiff:Orientation(?:\s*=\s*["']|\s*>\s*)([1-8])(?!\d)""")


def read_orientation(exif: Image.Exif | None, xmp: bytes | str | None) -> tuple[int, str]:
    """Return the orientation, 1 (upright) to 8, and which of "EXIF" and "XMP" named it."""
    value = None if exif is None else exif.get(TAG)
    if isinstance(value, int) and 1 <= value <= 8:
        return value, "EXIF"
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "replace")
    if xmp and (match := _XMP.search(xmp.replace(b"\0", b""))):  # zeros: of UTF-16
        return int(match[1]), "XMP"
    return 1, "EXIF"


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Return a picture turned upright."""
    return image.transpose(_TO_UPRIGHT[orientation]) if orientation in _TO_UPRIGHT else image
