"""The background a visitor has chosen, as the page's controls describe it."""

import re
from dataclasses import dataclass

import numpy as np

from sama.imaging import open_image
from sama.matting import Background, parse_background
from sama.ui.visit import shrink

KINDS = ("Transparent", "Colour", "Picture", "Blur")
PICTURE_SIDE = 2048

_NUMBER = r"\s*(\d+(?:\.\d+)?)\s*"
_RGBA = re.compile(rf"rgba?\({_NUMBER},{_NUMBER},{_NUMBER}[,)]")


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A visitor's own background picture, (h, w, 3) uint8, held by `gr.State`."""

    picture: np.ndarray


def open_backdrop(path: str) -> Backdrop:
    """Open an uploaded background; raises PhotoError."""
    return Backdrop(shrink(open_image(path).rgb, PICTURE_SIDE))


def background_of(
    kind: str, colour: str, fit: str, blur: float, backdrop: Backdrop | None, longer_side: int
) -> Background:
    """Return what the controls describe; raises BackgroundError for a colour that is none.

    kind: one of KINDS; fit: Cover or Contain; blur: its sigma in per cent of the longer side, so
    that preview and photo look alike; longer_side: of the picture to be rendered, in pixels. A
    picture that is not there yet counts as transparent.
    """
    if kind == "Colour":
        return parse_background(_hex(colour))
    if kind == "Blur":
        return parse_background(f"blur:{max(float(blur) / 100 * longer_side, 0.5)}")
    if kind == "Picture" and backdrop is not None:
        how = "contain" if fit == "Contain" else "cover"
        return Background("the uploaded picture", "image", picture=backdrop.picture, fit=how)
    return parse_background("transparent")


def _hex(colour: str) -> str:
    """Turn the colour picker's "rgba(12.3, 4, 5, 1)" into "#0c0405"; leave anything else alone."""
    match = _RGBA.match(colour)
    if match is None:
        return colour
    return "#" + "".join(f"{min(round(float(v)), 255):02x}" for v in match.groups())
