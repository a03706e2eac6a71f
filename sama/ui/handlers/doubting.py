"""The lab without a truth: how sure an answer is, two results without names, and what lies behind an answer."""

import random
from functools import partial
from typing import Any

import numpy as np

from sama.errors import PromptError, SamaError
from sama.evaluation.inspecting import inspect, shown
from sama.evaluation.live import entrants
from sama.evaluation.sureness import doubt_about
from sama.methods import matte_of
from sama.request.request import Request
from sama.ui.checkerboard import CELL, checkerboard
from sama.ui.handlers.masks import method_of
from sama.ui.handlers.measuring import asked
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.stopping import failed
from sama.ui.lab import Lab, LabData
from sama.ui.matted import Matted
from sama.ui.pictures import composite_url, difference_url, grey_url, photo_url
from sama.ui.shown import fitted, panel_side, shrink
from sama.ui.telling import warn

_MAP_SIDE = 640  # longer side of the map of disagreement
_INSIDE_SIDE = 480  # and of the inspector's pictures
EXPIRED = "This photo has been closed meanwhile; click it once, then ask again."
NOTHING = "Nothing is cut out yet; click an object first."
_sides = random.SystemRandom()


def how_sure(page: Page) -> Changes:
    """Eight jittered prompts, and where their masks disagree."""
    try:
        request, visit = _request(page), page.here
        found = visit.aside(study=partial(doubt_about, request=request)).value
    except SamaError as error:
        warn(error)
        return failed()
    scale = visit.size[0] / visit.preview_size[0], visit.size[1] / visit.preview_size[1]
    place = found.place and [
        round(float(at + 0.5) * by, 1) for at, by in zip(found.place, scale, strict=True)
    ]
    src = difference_url(fitted(found.disagreement, _MAP_SIDE))
    doubt = {"seq": page.data.seq, "sure": found.sure, "share": found.share, "next": place, "src": src}
    return {"lab": Lab(doubt={"key": visit.path, **doubt})}


def ballot(page: Page, lab: LabData) -> Changes:
    """Two methods' results on the same ground, on random sides; which is which stays here until somebody has voted."""
    try:
        request = _request(page)
        visit, own = page.here, method_of(page)
        methods = list(entrants(page.studio.info, request, slow=lab.slow, shown=own))
        if len(methods) < 2:
            raise PromptError("Only one method answers these marks, so there is nothing to choose.")
        chosen = _sides.sample(methods, 2)
        small = shrink(visit.preview, panel_side(page.data.side))
        pictures = []
        for method in chosen:
            answer = visit.aside(request=asked(page, method.name, visit.preview_size))
            cut = Matted(small, fitted(np.asarray(matte_of(answer, method)), max(small.shape)))
            pictures.append(composite_url(cut.on(checkerboard(cut.alpha.shape, CELL), estimated=True)))
    except SamaError as error:
        warn(error)
        return failed()
    number = visit.kept.get("ballots", 0) + 1
    visit.kept |= {"ballots": number, "ballot": tuple(each.name for each in chosen)}
    return {"lab": Lab(pair={"key": visit.path, "id": number, "left": pictures[0], "right": pictures[1]})}


def vote(page: Page) -> Changes:
    """Say which methods the last ballot was between; event: {id, side}, side 0 or 1 for the one that was chosen."""
    visit, event = page.visit, page.event
    names = None if visit is None else visit.kept.pop("ballot", None)
    if visit is None or names is None or not _fits(event, visit.kept["ballots"]):
        return {}
    winner, loser = names[event["side"]], names[1 - event["side"]]
    told = {"id": event["id"], "winner": winner, "loser": loser}
    return {"lab": Lab(voted={"key": visit.path, **told})}


def look_inside(page: Page) -> Changes:
    """The inspector's pictures and times of the answer."""
    try:
        request, visit = _request(page), page.here
        found = visit.aside(study=partial(inspect, request=request)).value
    except SamaError as error:
        warn(error)
        return failed()
    pictures = []
    for each in found.maps:
        picture = shown(each, _INSIDE_SIDE)
        src = photo_url(picture) if picture.ndim == 3 else grey_url(picture)
        pictures.append({"name": each.name, "title": each.title, "src": src})
    encoded = {name: value for name, value in visit.seconds.items() if name.startswith("encode")}
    steps = [[name, round(1000 * value, 1)] for name, value in (encoded | found.seconds).items()]
    inside = {"seq": page.data.seq, "pictures": pictures, "steps": steps, "notes": found.notes}
    return {"lab": Lab(inside={"key": visit.path, **inside, "box": found.box})}


def _request(page: Page) -> Request:
    """What the page asks for, at the preview's size. Raises PromptError where nothing is marked or the visit has
    expired."""
    if not page.data.marked:
        raise PromptError(NOTHING)
    if page.visit is None or page.visit.path != page.data.path:
        raise PromptError(EXPIRED)
    return asked(page, method_of(page), page.visit.preview_size)


def _fits(event: Any, number: int) -> bool:
    return isinstance(event, dict) and event.get("id") == number and event.get("side") in (0, 1)
