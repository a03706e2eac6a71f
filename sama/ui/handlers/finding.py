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
from sama.ui.handlers.turns import name_of_work
from sama.ui.pictures import mask_url
from sama.ui.prompter import Prompter
from sama.ui.telling import warn

SIDE = 512  # longer side of a mask for the page, in pixels
AT_ONCE = 16  # clicks between which others have their turn
PAUSE = 0.4  # seconds between two messages


def find(page: Page) -> Iterator[Changes]:
    """Look for everything, and tell what is found by now; ends early where the page has asked for `enough`, or has
    opened another photo."""
    work = name_of_work(page.event)
    if not work or page.data.path is None:
        return
    try:
        visit = page.opened().here
        known: dict[Found, dict[str, Any]] = {}
        last, news = 0.0, {}
        for step in visit.beside(find=Everything.for_model(page.studio.info, points_per_batch=AT_ONCE)):
            if page.studio.stops.stopped(work) or not visit.holds(visit.path):
                break
            if not isinstance(step, Step):
                continue
            for each in step.found:
                if each not in known:
                    known[each] = _item(each, len(known) + 1)
            items = [known[each] for each in step.found]
            news = {"done": step.done, "total": step.total, "items": items}
            if items and time.monotonic() - last >= PAUSE:
                last = time.monotonic()
                yield _news(work, page, news)
        yield _news(work, page, {**news, "over": True})
    except SamaError as error:
        warn(error)
        yield _news(work, page, {"over": True})


def enough(page: Page) -> Changes:
    """Nobody wants more of the work that the page names."""
    page.studio.stops.stop(name_of_work(page.event))
    return {}


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


def _news(work: str, page: Page, news: dict[str, Any]) -> Changes:
    about = {"work": work, "key": page.data.path, "over": False, **news}
    return {"prompter": Prompter(everything=about)}
