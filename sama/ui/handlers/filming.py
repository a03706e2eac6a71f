"""Clips on the page: opening, looking, following, taking home. A work goes on beside everything else, in queues of its
own, and what it has done is on the page as soon as it is done."""

import time
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from sama.errors import ClipError, SamaError
from sama.ui.component.data import LONGEST
from sama.ui.film import Film, FilmData
from sama.ui.film.pictures import item_of
from sama.ui.handlers.page import Changes, Page
from sama.ui.pictures import grey_url
from sama.ui.telling import warn

if TYPE_CHECKING:
    from sama.video.follower import FollowedFrame
    from sama.video.reel import Reel

PAUSE = 0.4  # seconds between two messages
STRIP = 600  # frames in the picture of a row
_NUMBERS = count(1)
_FAILED = "The server could not go on; try again."


def begin(page: Page, reel: "Reel | None", data: FilmData) -> Changes:
    """The view was opened: what clips there are, or why there can be none."""
    missing = page.filming.missing()
    examples = [] if missing else page.filming.thumbs()
    return {"film": Film(offered={"missing": missing, "examples": examples})}


def bring(page: Page, reel: "Reel | None", data: FilmData) -> Changes:
    """Open a clip in the place of the one before."""
    try:
        opened = _opened(page, data)
        frame = opened.clip.frame(0)
    except SamaError as error:
        warn(error)
        return {"film": Film(refused=next(_NUMBERS))}
    if reel is not None:
        reel.leave()
    clip = opened.clip
    width, height = clip.size
    shown = {
        "key": key_of(data),
        "name": _name(data),
        "width": width,
        "height": height,
        "frames": clip.frames,
        "rate": round(float(clip.rate), 3),
        "notes": list(clip.notes),
    }
    item = {"key": key_of(data), "item": item_of(0, frame.rgb, None, None)}
    return {"reel": opened, "film": Film(reel=shown, frame=item, news=None, strip_shown=None, making=None)}


def seek(page: Page, reel: "Reel | None", data: FilmData) -> Changes:
    """The frame that is looked at, as it was decoded for the model, with what was found in it."""
    try:
        changes, reel = _here(page, reel, data)
        frame = reel.clip.frame(data.at)
        report = reel.reports.get(frame.index)
        maps = None if report is None else reel.maps(frame.index)
        lost = None if report is None else report["lost"]
        item = item_of(frame.index, frame.rgb, maps, lost)
    except SamaError as error:
        warn(error)
        return {}
    return {**changes, "film": Film(frame={"key": key_of(data), "item": item})}


def told(handler: Callable) -> Callable:
    """A long work that says so when it ends by an error."""

    @wraps(handler)
    def steps(page: Page, reel: "Reel | None", data: FilmData) -> Iterator[Changes]:
        try:
            yield from handler(page, reel, data)
        except SamaError as error:
            warn(error)
            yield _news(data, over=True, failed=str(error))
        except Exception:
            yield _news(data, over=True, failed=_FAILED)
            raise

    return steps


@told
def follow(page: Page, reel: "Reel | None", data: FilmData) -> Iterator[Changes]:
    """Follow the object from what has changed on, and tell frame by frame; `halt` ends it, and what is done stays."""
    changes, reel = _here(page, reel, data)
    filming, stops = page.filming, page.studio.stops
    work = reel.follow(
        filming.follower,
        data.prompts,
        data.start,
        data.before,
        stop=lambda: stops.stopped(data.work),
        how=data.how.settings,
    )
    items, last, text, begun = [], 0.0, "Starting ...", None
    yield {**changes, "reel": reel, **_news(data, text=text, share=0.0)}
    for found, pace in filming.steps(work):
        begun = found.index if begun is None else begun
        items.append(_item(found))
        text, share = pace.text, pace.done / pace.total if pace.total else None
        if time.monotonic() - last >= PAUSE:
            last = time.monotonic()
            yield {"reel": reel, **_news(data, text=text, share=share, items=items, begun=begun)}
            items = []
    lost = [{"frame": at, "text": each["lost"]} for at, each in sorted(reel.reports.items()) if each["lost"]]
    done = sorted(reel.reports)
    ended = {"items": items, "begun": begun, "lost": lost, "done": [done[0], done[-1]] if done else None}
    yield {"reel": reel, **_news(data, text=text if begun is not None else "", over=True, **ended)}


def halt(page: Page, reel: "Reel | None", data: FilmData) -> Changes:
    """Nobody wants more of some works."""
    for name in data.halted:
        page.studio.stops.stop(name[:LONGEST])
    return {}


def strip(page: Page, reel: "Reel | None", data: FilmData) -> Changes:
    """The alpha of one row of pixels over time, a row of the picture for each row's pixel and a column a frame."""
    if reel is None or reel.left or not reel.reports:
        return {}
    low, high = min(reel.reports), max(reel.reports) + 1
    first = min(max(data.at - STRIP // 2, low), max(high - STRIP, low))
    frames = range(first, min(first + STRIP, high))
    row = min(max(data.row, 0), reel.clip.size[1] - 1)
    src = grey_url(np.ascontiguousarray(reel.rows(row, frames).T))
    shown = {"key": key_of(data), "row": row, "from": first, "count": len(frames), "src": src}
    return {"film": Film(strip_shown=shown)}


def key_of(data: FilmData) -> str:
    """What page and server call the clip."""
    return data.clip.path if data.clip is not None else data.example


def _here(page: Page, reel: "Reel | None", data: FilmData) -> tuple[Changes, "Reel"]:
    """The clip, opened again where it has expired."""
    if reel is not None and not reel.left:
        return {}, reel
    opened = _opened(page, data)
    return {"reel": opened}, opened


def _opened(page: Page, data: FilmData) -> "Reel":
    if data.clip is not None:
        return page.filming.open(data.clip.path, data.clip.orig_name)
    path = page.filming.examples.get(data.example)
    if path is None:
        raise ClipError("No clip is open; open one.")
    return page.filming.open(path)


def _name(data: FilmData) -> str:
    return data.example if data.clip is None else data.clip.orig_name or "clip"


def _item(found: "FollowedFrame") -> dict[str, Any]:
    alpha = np.rint(found.alpha * 255).astype(np.uint8)
    masks = [(255 * (each > 0)).astype(np.uint8) for each in (found.mask, found.sam)]
    return item_of(found.index, found.rgb, (alpha, masks[0], masks[1]), found.lost)


def _news(data: FilmData, *, over: bool = False, **more: Any) -> Changes:
    return {"film": Film(news={"work": data.work, "key": key_of(data), "over": over, **more})}
