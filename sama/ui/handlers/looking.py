"""Looking closer at an answer: handlers that ask no model, for the viewer's `look` and `compare` events."""

from typing import Any

from sama.errors import SamaError
from sama.export.palette import SAM_COLOUR, SAMA_COLOUR
from sama.predict.answer import SAM, SAMA, TRIMAP
from sama.ui.handlers.page import Changes, Page
from sama.ui.pictures import composite_url, difference_url, grey_url, mask_url, matte_url, photo_url
from sama.ui.viewer import LOOK_SIDE, Viewer
from sama.ui.viewer.difference import difference_map, places
from sama.ui.visit import Visit

Box = tuple[int, int, int, int]


def look(page: Page) -> Changes:
    """Show a part of the last answer at up to the photo's resolution."""
    shown, scene = page.shown, page.scene
    wanted = _wanted(page.event, page.visit)
    if shown is None or wanted is None:
        return {}
    visit = page.here
    box, side, names = wanted
    if shown.answer.layer(SAMA) is None:  # SAMA has no weights
        names -= {"sama", "difference"}
    if shown.answer.layer(TRIMAP) is None:
        names -= {"trimap"}
    result = {**shown.label(visit.path), "box": box}
    try:
        background = scene.background(page.backdrop, max(visit.preview_size))
        part = visit.look(shown, box, side)
        draw = {
            "photo": lambda: photo_url(part.image),
            "sam": lambda: mask_url(part.sam_mask, SAM_COLOUR),
            "sama": lambda: mask_url(part.sama_mask, SAMA_COLOUR),
            "alpha": lambda: matte_url(part.matte),
            "trimap": lambda: grey_url(part.trimap),
            "composite": lambda: composite_url(part.on(background, scene.estimated, scene.by_mask)),
            "difference": lambda: difference_url(part.difference),
        }
        result |= {name: draw[name]() for name in names if name in draw}
    except SamaError:
        return {}  # the panels keep what they show
    return {"viewer": Viewer(look=result)}


def compare(page: Page) -> Changes:
    """Show where SAM's and SAMA's last answers differ, and the places worth a look, in the photo's pixels."""
    shown = page.shown
    if shown is None or SAMA not in shown.answer.union.layers:
        return {}
    visit, layers = page.here, shown.answer.union.layers
    logits = layers[SAM], layers[SAMA]
    scale = visit.size[0] / visit.preview_size[0]
    found = [[round(edge * scale, 1) for edge in place.box] for place in places(*logits)]
    url = difference_url(difference_map(*logits))
    return {"viewer": Viewer(difference={**shown.label(visit.path), "src": url, "places": found})}


def _wanted(event: Any, visit: Visit | None) -> tuple[Box, int, set[str]] | None:
    """The box, clipped to the photo, the longer side and the layers that the page asks for; None for nonsense."""
    try:
        x0, y0, x1, y1 = (round(edge) for edge in event["box"])
        side = min(round(event["side"]), LOOK_SIDE)
        names = {name for name in event["names"] if isinstance(name, str)}
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
    if visit is None or side < 1:
        return None
    width, height = visit.size
    box = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    return (box, side, names) if box[0] < box[2] and box[1] < box[3] else None
