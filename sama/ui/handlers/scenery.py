"""What happens when a visitor changes the background or the edge colours: the model is not asked again."""

from typing import Any

import numpy as np

from sama.errors import PhotoError, SamaError
from sama.matting import Background, to_uint8
from sama.ui.handlers.page import Changes, Page
from sama.ui.pictures import composite_url, grey_url, matte_url, photo_url
from sama.ui.scene import Scene, SceneData
from sama.ui.scene.backdrop import open_backdrop
from sama.ui.shown import Shown, fitted, shrink
from sama.ui.telling import warn
from sama.ui.viewer import Viewer

_PAD = 320  # longer side of the picture on which a background is moved
_MAP = 72  # longer side of the residual's picture
_BRIGHTER = 20


def recompose(page: Page) -> Changes:
    """Put the last answer on another background, or into other edge colours."""
    shown, scene = page.shown, page.scene
    if shown is None:
        return {}  # expired: the next click brings it back
    try:
        background = scene.background(page.backdrop, max(shown.fitted.alpha.shape))
    except SamaError as error:
        warn(error)
        return {}
    residual = None if scene.by_mask else residual_of(shown, scene.estimated)
    composite = {**shown.label(page.here.path), **parts_of(shown, scene, background)}
    return {"viewer": Viewer(composite=composite), "scene": Scene(residual=residual)}


def parts_of(shown: Shown, scene: SceneData, background: Background) -> dict[str, Any]:
    """What the viewer makes a composite of: `cut`, the object's colours and where they lie, with an alpha of its own
    where the matte's panel shows something else; and `behind`, what stands there, None where the page draws it. Another
    background does not change the cut."""
    key = scene.estimated and not scene.by_mask, scene.by_mask
    if key not in shown.cuts:
        shown.cuts[key] = _cut_of(shown, *key)
    cut, behind = shown.cut(scene.by_mask), None
    if background.kind in ("blur", "image"):
        behind = composite_url(to_uint8(background.render(cut.image, cut.alpha)))
    return {"cut": shown.cuts[key], "behind": behind}


def _cut_of(shown: Shown, estimated: bool, by_mask: bool) -> dict[str, Any]:
    cut = shown.cut(by_mask)
    rows, columns = cut.around
    own = matte_url(to_uint8(cut.alpha)) if by_mask or shown.apart else None
    src = composite_url(to_uint8(cut.colours(estimated)[rows, columns]))
    return {"src": src, "x": columns.start, "y": rows.start, "alpha": own}


def take_backdrop(page: Page) -> Changes:
    """Open an uploaded background picture and switch to it."""
    scene = page.scene
    if scene.picture is None:
        return {}
    try:
        backdrop = open_backdrop(scene.picture.path, scene.picture.orig_name, page.studio.max_pixels)
    except PhotoError as error:
        warn(error)
        return {}
    chosen = scene.model_copy(update={"kind": "picture", "x": 0.0, "y": 0.0, "scale": 1.0})
    accepted = {"src": photo_url(shrink(backdrop.picture, _PAD))}
    return {"backdrop": backdrop, "scene": Scene(value=chosen, accepted=accepted)}


def residual_of(shown: Shown, estimated: bool) -> dict[str, Any] | None:
    """Return the scene's prop `residual`: the mean over the pixels between object and background, in steps of 255,
    and a small picture of where it is around the object. None for a matte that is only black and white: nothing is
    estimated there. Another background does not change it."""
    if estimated not in shown.residuals:
        shown.residuals[estimated] = _residual_of(shown, estimated)
    return shown.residuals[estimated]


def _residual_of(shown: Shown, estimated: bool) -> dict[str, Any] | None:
    left = shown.fitted.residual(estimated)
    alpha = to_uint8(shown.fitted.alpha)
    between = (alpha > 0) & (alpha < 255)
    if not between.any():
        return None
    rows, columns = (np.flatnonzero(between.any(axis)) for axis in (1, 0))
    around = left[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    picture = to_uint8(np.minimum(fitted(around, _MAP) * _BRIGHTER, 1))
    return {"mean": round(255 * float(left[between].mean()), 2), "src": grey_url(picture)}
