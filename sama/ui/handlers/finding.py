"""Everything in the photo: its masks arrive on the page as they are found."""

import time
from collections.abc import Iterator
from typing import Any

from sama.errors import SamaError
from sama.objects.everything import Everything, Found, Step
from sama.objects.everything.folder import colour_of
from sama.photo.resize import fit_within
from sama.request.prompts import box_of
from sama.ui.handlers.page import Changes, Page
from sama.ui.pictures import mask_url
from sama.ui.prompter import Prompter
from sama.ui.telling import warn
from sama.ui.visit import Visit

SIDE = 512  # longer side of a mask for the page, in pixels
AT_ONCE = 16  # clicks between which others have their turn
PAUSE = 0.4  # seconds between two messages
LONGEST = 64  # letters of a search's name


def find(page: Page) -> Iterator[Changes]:
    """Look for everything, as search `search` of the page, and tell what is found by now; ends early where the page has
    asked for `enough`, for another search or another photo."""
    search = _search(page)
    if not search or page.data.path is None:
        return
    try:
        visit = page.opened().here
        visit.search = search
        yield from _told(visit, search, Everything.for_model(page.studio.info, points_per_batch=AT_ONCE))
    except SamaError as error:
        warn(error)
        yield _news(search, page.data.path, {"over": True})


def enough(page: Page) -> Changes:
    """Nobody wants more of the search that the page names."""
    if page.visit is not None and page.visit.search == _search(page):
        page.visit.search = ""
    return {}


def _told(visit: Visit, search: str, settings: Everything) -> Iterator[Changes]:
    known: dict[Found, dict[str, Any]] = {}
    last = 0.0
    news: dict[str, Any] = {"items": []}
    for step in visit.beside(find=settings):
        if visit.search != search or not visit.holds(visit.path):
            break
        if not isinstance(step, Step):
            continue
        for each in step.found:
            if each not in known:
                known[each] = _item(each, len(known) + 1)
        news = {"done": step.done, "total": step.total, "items": [known[each] for each in step.found]}
        now = time.monotonic()
        if now - last >= PAUSE and step.found:
            last = now
            yield _news(search, visit.path, news)
    yield _news(search, visit.path, {**news, "over": True})


def _item(found: Found, number: int) -> dict[str, Any]:
    """One mask for the page, in pixels of the photo."""
    width, height = found.size
    mask = found.mask(fit_within(width, height, SIDE))
    across, down = width / mask.shape[1], height / mask.shape[0]
    x0, y0, x1, y1 = box_of(mask)
    return {
        "id": number,
        "src": mask_url(mask, colour_of(number)),
        "box": [round(v, 1) for v in (x0 * across, y0 * down, x1 * across, y1 * down)],
        "point": [round(v, 1) for v in found.point],
        "score": round(found.predicted_iou, 3),
        "stable": round(found.stability_score, 3),
        "share": round(found.share, 4),
    }


def _news(search: str, key: str | None, news: dict[str, Any]) -> Changes:
    return {"prompter": Prompter(everything={"search": search, "key": key, "over": False, **news})}


def _search(page: Page) -> str:
    """The name that the page has given to a search; empty for nonsense."""
    name = page.event.get("search") if isinstance(page.event, dict) else None
    return name if isinstance(name, str) and len(name) <= LONGEST else ""
