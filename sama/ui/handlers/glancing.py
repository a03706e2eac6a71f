"""The pointer rests on the photo: what a click there would give. It changes neither prompts nor answers."""

from dataclasses import replace
from typing import Any

import numpy as np

from sama.errors import SamaError
from sama.export.palette import SAM_COLOUR
from sama.photo.resize import fit_within
from sama.predict.answer import SAM
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.ui.handlers.page import Changes, Page
from sama.ui.pictures import mask_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.visit import Visit

SIDE = 512  # pixels of the longer side of what is sent


def glance(page: Page) -> Changes:
    """Show SAM's mask of the object that the click would belong to; nothing where the photo is not encoded or the
    model is at work: nobody waits for it, and nobody's click does."""
    visit, wanted = page.visit, page.event
    if visit is None or not isinstance(wanted, dict) or wanted.get("key") != visit.path:
        return {}
    try:
        mask = _mask(visit, _asked(page.data, wanted))
    except (KeyError, TypeError, ValueError, OverflowError, SamaError):
        return {}
    if mask is None:
        return {}
    about = {name: wanted.get(name) for name in ("key", "seq", "place")}
    return {"prompter": Prompter(glance={**about, "src": mask_url(mask, SAM_COLOUR)})}


def _mask(visit: Visit, prompts: Prompts) -> np.ndarray | None:
    """SAM's (h, w) bool; None where there is no time for it."""
    if not visit.encoded:
        return None
    size = fit_within(*visit.size, SIDE)
    request = Request.of(prompts, visit.size, method="sam", closer=False, output_size=size)
    try:
        return visit.aside(request=request, idle=True).mask(SAM)
    except ValueError:  # nothing came: others are at work
        return None


def _asked(data: PromptData, wanted: dict[str, Any]) -> Prompts:
    """The prompts of object number `number`, where there is one, with the click."""
    click, number = (float(wanted["x"]), float(wanted["y"]), 1), int(wanted["number"])
    listing = data.listing
    objects = data.prompts.groups(listing.owners, listing.brushed) if data.marked else []
    if 0 <= number < len(objects):
        return replace(objects[number], points=(*objects[number].points, click), order=())
    return Prompts((click,))
