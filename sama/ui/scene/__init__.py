"""The scene: what stands behind the object, and in which colours its edge is drawn; a `gr.HTML` component.

Events: `input` (another choice), `upload` (another background picture). Props that the server sets: `accepted` {src},
the background picture it has opened, and `residual` {mean, src}, how well the colours explain the photo. Props that
never change: `swatches`, a list of {title, colour}; `other_colour`; `offsets`, `sizes` and `blurs`, the limits of what
is in `SceneData`; `photo_files`, what may be opened.
"""

import math

from gradio.data_classes import FileData, GradioModel

from sama.matting import Background, parse_background
from sama.matting.background import MAX_OFFSET, MAX_SCALE, parse_colour
from sama.request.settings import MASK
from sama.ui.component import DataComponent
from sama.ui.component.names import PHOTO_FILES
from sama.ui.scene.backdrop import Backdrop

_OFFSETS = (-MAX_OFFSET, MAX_OFFSET)
_SIZES = (1 / MAX_SCALE, MAX_SCALE)
_BLURS = (0.05, 20.0)
OFFERED_BLURS = (0.2, 8.0)  # by the page's slider
SWATCHES = {"Black": "#000000", "White": "#ffffff", "Grey": "#808080", "Green": "#00b140"}
OTHER_COLOUR = "#1f6f9d"  # where the choice of another colour begins


class SceneData(GradioModel):
    """What travels between page and server.

    kind: transparent, colour, blur or picture; fit: cover or contain; x, y: how far the picture's middle is from the
    photo's, in parts of the photo; scale: on top of the fit; blur: its sigma in per cent of the longer side, so that
    preview and photo look alike; foreground: estimated, or photo for the photo's own colours; cutout_from: matte or
    mask, see `Settings`.
    """

    kind: str = "transparent"
    colour: str = "#ffffff"
    fit: str = "cover"
    x: float = 0
    y: float = 0
    scale: float = 1
    blur: float = 1.5
    foreground: str = "estimated"
    cutout_from: str = "matte"
    picture: FileData | None = None

    @property
    def estimated(self) -> bool:
        """Whether the object is drawn in its estimated colours."""
        return self.foreground != "photo"

    @property
    def by_mask(self) -> bool:
        """Whether the mask cuts out instead of the matte."""
        return self.cutout_from == MASK

    def background(self, backdrop: Backdrop | None, longer_side: int) -> Background:
        """Return the background for a picture whose longer side has that many pixels.

        backdrop: the opened picture; one that is not there counts as transparent. Raises BackgroundError for a colour
        that is none.
        """
        if self.kind == "colour":
            return Background(self.colour, "colour", parse_colour(self.colour))
        if self.kind == "blur":
            sigma = _within(self.blur, _BLURS) / 100 * longer_side
            return parse_background(f"blur:{max(sigma, 0.5):g}")
        if self.kind == "picture" and backdrop is not None:
            return Background(
                "the uploaded picture",
                "image",
                picture=backdrop.picture,
                fit="contain" if self.fit == "contain" else "cover",
                offset=(_within(self.x, _OFFSETS), _within(self.y, _OFFSETS)),
                scale=_within(self.scale, _SIZES),
            )
        return parse_background("transparent")


class Scene(DataComponent):
    """The choice of background and edge colours."""

    NAME = "scene"
    STYLES = ("scene.css",)
    SCRIPTS = ("pad.js", "scene.js")
    CONSTANTS = {
        "swatches": [{"title": title, "colour": colour} for title, colour in SWATCHES.items()],
        "other_colour": OTHER_COLOUR,
        "offsets": _OFFSETS,
        "sizes": _SIZES,
        "blurs": OFFERED_BLURS,
        "photo_files": PHOTO_FILES,
    }
    data_model = SceneData


def _within(value: float, limits: tuple[float, float]) -> float:
    """The value, or the nearest limit; a number that is none is the first limit."""
    return limits[0] if math.isnan(value) else min(max(value, limits[0]), limits[1])
