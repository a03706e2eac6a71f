"""A visitor's own background picture."""

from dataclasses import dataclass

import numpy as np

from sama.matting import Background
from sama.photo.opening import MAX_PIXELS, open_image
from sama.ui.shown import shrink

PICTURE_SIDE = 2048


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A visitor's own background picture, (h, w, 3) uint8, held by `gr.State`."""

    picture: np.ndarray


def backdrop_of(path: str, name: str | None = None) -> Background:
    """Return a background that covers the photo with the picture in a file; raises PhotoError."""
    return Background("the sent picture", "image", picture=open_image(path, name=name).rgb)


def open_backdrop(path: str, name: str | None = None, max_pixels: int = MAX_PIXELS) -> Backdrop:
    """Open an uploaded background, which its owner calls `name`; raises PhotoError."""
    return Backdrop(shrink(open_image(path, name=name, max_pixels=max_pixels).rgb, PICTURE_SIDE))
