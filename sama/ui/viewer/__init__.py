"""The viewer: SAM mask, SAMA mask, alpha matte and composite, four canvases with one zoom and pan.

Props that the server sets, each with the label {key, seq, chosen, matte} of the answer it belongs to (`Shown.label`),
and pictures as data URLs: `layers` {trained, sam, sama, alpha, trimap, cut, behind, solve}, of which SAM's may come
alone and first, with `solve` where the matte takes seconds and has to be asked for, and the trimap never does where the
head tells none; `composite` {cut, behind}, the same answer on another background, see `parts_of`; `look` {box, and the
layers that were asked for}, a part of the photo close up; `difference` {src, places}. The page drops what arrives late.
And `stopped`, a new number whenever an answer did not come that the panels wait for.

Props that never change: `layer_titles` {name: title}; `methods`, a list of {name, label, title, note}, where mattes may
come from; `solving`, what panels say while a model without SAMA is at it; `no_answer`, where no answer came;
`look_side`, the longer side of the largest picture of a closer look, in pixels; `checks`, of the checkerboard.

Events: `look` {box, side, names}, when a panel or the loupe enlarges beyond what it has; `compare`, when the map of
differences is to be seen; `solve`, when a matte is to be solved.
"""

from sama.ui.checkerboard import checks
from sama.ui.component import Component
from sama.ui.component.names import LAYERS, NO_ANSWER, SOLVING

LOOK_SIDE = 1600  # pixels of the longer side of the largest picture of a closer look


class Viewer(Component):
    """The four results side by side, or two of them with a divider, or where they differ."""

    NAME = "viewer"
    STYLES = ("viewer.css", "panel.css", "slider.css")
    SCRIPTS = (
        *("layers.js", "looks.js", "loupe.js", "slider.js", "tour.js", "gestures.js", "panels.js"),
        "full.js",
        "tints.js",
        *("trimap.js", "maps.js", "composing.js"),
        *("answers.js", "viewer.js"),
    )
    CONSTANTS = {
        "layer_titles": LAYERS,
        "solving": SOLVING,
        "no_answer": NO_ANSWER,
        "look_side": LOOK_SIDE,
        "checks": checks(),
    }
