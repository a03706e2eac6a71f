"""What is read of EXIF; damaged data are no reason to refuse a photo."""

from PIL import Image

_ORIENTATION = 0x0112
_EXIF_IFD, _INTEROPERABILITY_IFD, _COLOUR_SPACE, _INDEX = 0x8769, 0xA005, 0xA001, 1
_SRGB, _ADOBE_RGB, _ADOBE_RGB_INDEX = 1, 2, "R03"


def parse(data: bytes | None) -> Image.Exif | None:
    """Return EXIF data as tags; None where there are none or they are damaged."""
    if not data:
        return None
    try:
        exif = Image.Exif()
        exif.load(data)
        exif.get(_ORIENTATION)  # values are read when they are asked for
    except Exception:  # damaged EXIF may raise anything
        return None
    return exif


def names_adobe_rgb(exif: Image.Exif | None) -> bool:
    """Tell whether a camera says Adobe RGB: the interoperability index R03 (DCF 2.0), or the colour space 2 of some."""
    if exif is None:
        return False
    try:
        inner = exif.get_ifd(_EXIF_IFD)
        if inner.get(_COLOUR_SPACE) == _ADOBE_RGB:
            return True
        if inner.get(_COLOUR_SPACE, _SRGB) == _SRGB or _INTEROPERABILITY_IFD not in inner:
            return False
        return str(exif.get_ifd(_INTEROPERABILITY_IFD).get(_INDEX, "")).startswith(_ADOBE_RGB_INDEX)
    except Exception:  # damaged EXIF may raise anything
        return False
