"""Training pictures from their files."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image

from sama.errors import SamaError

BACKGROUND_SIDE = 1536
T = TypeVar("T")


def open_foreground(path: Path) -> Image.Image:
    """A foreground as premultiplied RGBa; raises SamaError."""
    # Colour where alpha is 0 is arbitrary: premultiplied, it can no longer bleed into edges.
    return read(path, lambda picture: picture.convert("RGBA").convert("RGBa"))


def open_background(path: Path) -> Image.Image:
    """A background as RGB, at most BACKGROUND_SIDE pixels long; raises SamaError."""

    def small(picture: Image.Image) -> Image.Image:
        picture.draft("RGB", (BACKGROUND_SIDE, BACKGROUND_SIDE))
        picture = picture.convert("RGB")
        picture.thumbnail((BACKGROUND_SIDE, BACKGROUND_SIDE), Image.Resampling.BOX)
        return picture

    return read(path, small)


def read(path: Path, take: Callable[[Image.Image], T]) -> T:
    """What `take` makes of a picture; raises SamaError for a file that is none, or damaged."""
    try:
        with Image.open(path) as picture:
            return take(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SamaError(
            f"{path} cannot be read as a picture ({error}); save it again or take it away."
        ) from error
