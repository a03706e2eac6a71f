"""How many pixels a photo has per inch, where its file says so."""

import math
from collections.abc import Mapping

_X, _Y, _UNIT = 0x011A, 0x011B, 0x0128
_PER_INCH = {2: 1.0, 3: 2.54}  # ResolutionUnit of EXIF and TIFF: inch, centimetre

Dpi = tuple[float, float]


def checked(x: float, y: float) -> Dpi | None:
    """Return a resolution (x, y); None where it makes no sense."""
    try:
        x, y = float(x), float(y)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return (x, y) if all(math.isfinite(v) and 1 < v < 1e5 for v in (x, y)) else None


def from_exif(exif: Mapping | None) -> Dpi | None:
    """Return what EXIF's or TIFF's tags say; a unit that is not named is the inch."""
    try:
        if (
            exif is None
            or not (x := exif.get(_X))
            or (factor := _PER_INCH.get(int(exif.get(_UNIT) or 2))) is None
        ):
            return None
        return checked(float(x) * factor, float(exif.get(_Y) or x) * factor)
    except Exception:  # damaged EXIF may raise anything, and is no reason to refuse the photo
        return None


def from_jpeg(info: dict) -> Dpi | None:
    """Return what a JPEG's JFIF header says; Pillow's own "dpi" is 72 where nothing is said."""
    factor = {1: 1.0, 2: 2.54}.get(info.get("jfif_unit", 0))
    if factor is None:
        return None
    x, y = info["jfif_density"]
    return checked(x * factor, y * factor)
