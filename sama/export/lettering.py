"""Text on pictures that Pillow draws: every letter in a font that has it, as in the figure."""

from functools import cache

from PIL import ImageDraw, ImageFont

from sama.export.letters import file_of, pieces


def write(pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int) -> None:
    """Write one black line on a picture; place: the left end of its base line, in pixels; size: of the letters."""
    x, y = place
    for part, family in pieces(text):
        font = _font(family, size)
        pen.text((x, y), part, fill="black", font=font, anchor="ls")
        x += font.getlength(part)


@cache
def _font(family: str, size: int) -> ImageFont.FreeTypeFont:
    path, face = file_of(family)
    return ImageFont.truetype(path, size, index=face)
