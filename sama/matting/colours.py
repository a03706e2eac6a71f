"""A colour as people write it: by name, in hexadecimal digits or as a function; a see-through one is told apart."""

import re

from PIL import ImageColor

_DIGITS = re.compile(r"#(?P<colour>[0-9a-f]{3}|[0-9a-f]{6})(?P<alpha>[0-9a-f]|[0-9a-f]{2})", re.I)
_FUNCTION = re.compile(r"(?P<name>rgb|hsl|hsv|hsb)a?\((?P<values>[^()]*)\)", re.I)
_OPAQUE = re.compile(r"1(\.0*)?|100(\.0*)?%|255|f{1,2}", re.I)


class SeeThroughError(ValueError):
    """The colour has an alpha below one."""


def read_colour(text: str) -> tuple[int, int, int]:
    """Return (r, g, b) bytes of a colour: "white", "#fff", "#ffffff", "rgb(255, 255, 255)", also CSS's "rgb(255 0 0)".

    An alpha is accepted where it says opaque. Raises SeeThroughError where it does not, ValueError for what is no
    colour.
    """
    text = text.strip()
    if text.casefold() == "transparent":
        raise SeeThroughError(text)
    plain, alpha = _parted(text)
    colour = ImageColor.getrgb(plain)[:3]
    if alpha is not None and not _OPAQUE.fullmatch(alpha):
        raise SeeThroughError(text)
    red, green, blue = colour
    return red, green, blue


def _parted(text: str) -> tuple[str, str | None]:
    """The colour without its alpha, and the alpha, if there is one."""
    if (match := _DIGITS.fullmatch(text)) and len(text) in (5, 9):
        return f"#{match['colour']}", match["alpha"]
    if match := _FUNCTION.fullmatch(text):
        values = match["values"].replace("/", " ").replace(",", " ").split()
        return f"{match['name'].lower()}({','.join(values[:3])})", values[3] if len(values) == 4 else None
    return text, None
