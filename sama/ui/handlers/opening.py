"""A photo comes onto the page: uploaded, or one of the examples."""

import filecmp
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gradio.data_classes import FileData

from sama.errors import PhotoError
from sama.request.checks import shown
from sama.ui import words
from sama.ui.handlers.masks import as_mask
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.steps import cleared, encode, encoding_line
from sama.ui.pictures import photo_bytes, photo_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.telling import inform, warn
from sama.ui.visit import Visit

LOST = "The mask {name} is gone; drop it on the photo once more."
MOST_SIDE = 16384  # pixels of the longer side of a picture that every browser can draw


def open_first(page: Page) -> Iterator[Changes]:
    """Greet a visitor with the first example, already prompted; one who comes back with the photo and the marks that
    the browser has kept."""
    if page.data.path is not None:
        try:
            yield from _reopen(page)
            return
        except PhotoError:
            pass  # greeted as a new visitor
    name = next(iter(page.studio.examples), None)
    if name is not None:
        yield from _open_example(page, name)


def open_example(page: Page) -> Iterator[Changes]:
    """Open the example whose thumbnail was clicked; unknown names do nothing."""
    name = page.event.get("name") if isinstance(page.event, dict) else None
    if isinstance(name, str) and name in page.studio.examples:
        yield from _open_example(page, name)


def open_photo(page: Page) -> Iterator[Changes]:
    """Open an uploaded photo, or take it for a mask of the open one; one that cannot be opened leaves everything as it
    was."""
    data = page.data
    if data.path is None:
        return
    try:
        opened = page.studio.open(data.path, data.name)
    except Exception as error:
        refused = {"path": data.path, "seq": data.seq}
        yield {"prompter": Prompter(refused=refused, status={})}
        if not isinstance(error, PhotoError):
            raise
        warn(error)
        return
    mask = as_mask(page, opened)
    if mask is not None:
        opened.leave()
        yield mask
        return
    yield from _show(page, opened, data, None)


def sharpen(page: Page) -> Changes:
    """Send a larger picture of the open photo: the server's own, upright and in sRGB, whatever a browser would make of
    the file."""
    visit, wanted = page.visit, page.event
    if visit is None or not isinstance(wanted, dict) or wanted.get("key") != visit.path:
        return {}
    try:
        side = min(max(round(wanted["side"]), 1), MOST_SIDE)
        rgb = visit.picture(side)
    except (KeyError, TypeError, ValueError, OverflowError, PhotoError):
        return {}  # the canvas keeps what it shows
    with tempfile.TemporaryDirectory(prefix="sama-") as place:
        file = Path(place) / "view.jpg"
        file.write_bytes(photo_bytes(rgb))
        path = page.studio.keep(str(file))
    return {"prompter": Prompter(sharp={"key": visit.path, "path": path})}


def _reopen(page: Page) -> Iterator[Changes]:
    """Show what a visitor had before a reload; raises PhotoError."""
    data = page.data
    opened = page.studio.open(data.path or "")
    if data.lost:
        inform(LOST.format(name=shown(data.lost, 80)), "Mask")
        data = data.model_copy(update={"lost": ""})
    name = data.image.orig_name if data.image is not None else None
    known = next((e for e in page.studio.examples.values() if e.path.name == name), None)
    if known is not None and not filecmp.cmp(known.path, opened.path, shallow=False):
        known = None
    yield from _show(page, opened, data, known.name if known else None, restored=True)


def _open_example(page: Page, name: str) -> Iterator[Changes]:
    studio, now = page.studio, page.data
    example = studio.examples[name]
    path, prompts = studio.keep(str(example.path)), example.prompts.to_dict()
    image = FileData(path=path, orig_name=example.path.name)
    # Numbered on from what the page has, or its answer would count as a late one.
    marks = {name: prompts[name] for name in ("points", "boxes", "order") if name in prompts}
    data = PromptData(image=image, **marks, seq=now.seq + 1, side=now.side)
    yield from _show(page, studio.open(path), data, name)


def show_photo(page: Page, visit: Visit, data: PromptData) -> Iterator[Changes]:
    """Show an opened photo with the marks that come with it, numbered on from what the page has."""
    yield from _show(page, visit, data, None, restored=True)


def _show(
    page: Page, visit: Visit, data: PromptData, example: str | None, *, restored: bool = False
) -> Iterator[Changes]:
    info = page.studio.info
    if example is not None:
        one = page.studio.examples[example]
        answer = one.answer(visit.digest, info, visit.preview_size)
        if answer is not None:
            visit.remember(one.prompts, answer)
    if page.visit is not None:
        page.visit.close()
    width, height = visit.size
    photo = {"key": visit.path, "width": width, "height": height, "example": example or ""}
    photo |= {"preview": photo_url(visit.preview), "transparent": visit.limit is not None}
    known = example is not None and data.marked and visit.recall(visit.request(data.prompts)) is not None
    changed = {"photo": photo, "status": {} if known else encoding_line(info, 0)}
    prompter = Prompter(value=data, **changed) if example or restored else Prompter(**changed)
    yield {"visit": visit, "prompter": prompter, "run": words.run_panel(info, visit), **cleared()}
    if not known:
        yield from encode(page, visit, data)
