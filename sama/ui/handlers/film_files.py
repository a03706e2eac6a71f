"""A followed clip's files, for the visitor to take home."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sama.errors import ClipError, SamaError
from sama.matting import Background
from sama.ui.film import Film, FilmData
from sama.ui.handlers.exports import file_stem
from sama.ui.handlers.filming import PAUSE
from sama.ui.handlers.page import Changes, Page
from sama.ui.taken import taken
from sama.ui.telling import warn

if TYPE_CHECKING:
    from sama.video.reel import Reel


def take(page: Page, reel: "Reel | None", data: FilmData) -> Iterator[Changes]:
    """Make the files that are wanted of the frames that are done between the marks in and out, and hand them over."""
    made, text = None, ""
    try:
        if reel is None or reel.left:
            raise ClipError("Nothing is followed yet; mark the object on a frame, then choose Go.")
        background = page.scene.background(page.backdrop, max(reel.clip.size))
        with tempfile.TemporaryDirectory(prefix="sama-") as place:
            how = {"background": background, "foreground": page.scene.estimated}
            last = 0.0
            for done, total in written(
                reel, data, Path(place) / "files", lambda: page.studio.stops.stopped(data.work), **how
            ):
                if time.monotonic() - last >= PAUSE:
                    last = time.monotonic()
                    yield _making(data, f"Writing frame {done} of {total} ...", share=done / total)
            if not page.studio.stops.stopped(data.work) and not reel.left:
                made = page.studio.keep(str(packed(Path(place) / "files", file_stem(_name_of(data)))))
    except SamaError as error:
        warn(error)
        text = str(error)
    except Exception:
        yield _making(data, "The files could not be made; try again.", over=True)
        raise
    yield {**_making(data, text, over=True), **({} if made is None else {"film_taken": taken(made)})}


def written(
    reel: "Reel",
    data: FilmData,
    out: Path,
    stop: Callable[[], bool],
    *,
    background: Background | str,
    foreground: bool,
) -> Iterator[tuple[int, int]]:
    """Write the files that data names into a folder; yields how many frames are written, of how many. Raises
    SamaError."""
    from sama.video.writing import writer

    frames = frames_of(reel, data)
    how: dict[str, Any] = {"background": background, "foreground": foreground, "start": frames.start}
    with writer(data.files, out, reel.clip, **how) as files:
        for done, frame in enumerate(reel.clip.between(frames.start, frames.stop), 1):
            if stop() or reel.left:
                return
            files.write(frame.rgb, reel.maps(frame.index)[0])
            yield done, len(frames)


def frames_of(reel: "Reel", data: FilmData) -> range:
    """The frames that are done without a gap between the marks in and out; raises ClipError where there is none."""
    first = max(reel.first(), data.start)
    last = first
    while last in reel.reports and (data.before is None or last < data.before):
        last += 1
    if last == first:
        raise ClipError("No frame between the marks in and out is followed yet; choose Go first.")
    return range(first, last)


def packed(folder: Path, stem: str) -> Path:
    """One file of what is in a folder: the only one in it, or a ZIP; both are called after the clip."""
    made = sorted(folder.iterdir())
    if len(made) == 1 and made[0].is_file():
        return made[0].rename(folder / f"{stem}_{made[0].name}")
    return Path(shutil.make_archive(str(folder.parent / f"{stem}_sama"), "zip", folder))


def _name_of(data: FilmData) -> str:
    return (data.example if data.clip is None else data.clip.orig_name) or "clip"


def _making(data: FilmData, text: str, *, over: bool = False, share: float | None = None) -> Changes:
    return {"film": Film(making={"work": data.work, "text": text, "over": over, "share": share})}
