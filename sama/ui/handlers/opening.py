"""A photo comes onto the page: uploaded, or one of the examples."""

from collections.abc import Iterator

from gradio.data_classes import FileData

from sama.errors import PhotoError
from sama.ui import words
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.steps import cleared, encode, encoding_line
from sama.ui.pictures import photo_url
from sama.ui.prompter import PromptData, Prompter
from sama.ui.telling import warn
from sama.ui.visit import Visit


def open_first(page: Page) -> Iterator[Changes]:
    """Greet a visitor with the first example, already prompted."""
    name = next(iter(page.studio.examples), None)
    if name is not None:
        yield from _open_example(page, name)


def open_example(page: Page) -> Iterator[Changes]:
    """Open the example whose thumbnail was clicked; unknown names do nothing."""
    name = page.event.get("name") if isinstance(page.event, dict) else None
    if isinstance(name, str) and name in page.studio.examples:
        yield from _open_example(page, name)


def open_photo(page: Page) -> Iterator[Changes]:
    """Open an uploaded photo; one that cannot be opened leaves everything as it was."""
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
    yield from _show(page, opened, data, None)


def _open_example(page: Page, name: str) -> Iterator[Changes]:
    studio, now = page.studio, page.data
    example = studio.examples[name]
    path, prompts = studio.keep(str(example.path)), example.prompts.to_dict()
    image = FileData(path=path, orig_name=example.path.name)
    # Numbered on from what the page has, or its answer would count as a late one.
    marks = {"points": prompts["points"], "boxes": prompts["boxes"]}
    data = PromptData(image=image, **marks, seq=now.seq + 1, side=now.side)
    opened = studio.open(path)
    answer = example.answer(opened.digest, studio.info, opened.preview_size)
    if answer is not None:
        opened.remember(example.prompts, answer)
    yield from _show(page, opened, data, name)


def _show(page: Page, visit: Visit, data: PromptData, example: str | None) -> Iterator[Changes]:
    info = page.studio.info
    if page.visit is not None:
        page.visit.close()
    width, height = visit.size
    photo = {"key": visit.path, "width": width, "height": height, "example": example or ""}
    photo["preview"] = photo_url(visit.preview)
    known = example is not None and visit.recall(visit.request(data.prompts)) is not None
    changed = {"photo": photo, "status": {} if known else encoding_line(info, 0)}
    prompter = Prompter(value=data, **changed) if example else Prompter(**changed)
    yield {"visit": visit, "prompter": prompter, "run": words.run_panel(info, visit), **cleared()}
    if not known:
        yield from encode(page, visit, data)
