"""A mask dropped on the open photo becomes its prompt."""

import tempfile
from pathlib import Path

import numpy as np
from gradio.data_classes import FileData

from sama.errors import PromptError
from sama.methods import default_method
from sama.methods.from_mask import FromMask
from sama.methods.painted import Painted
from sama.photo.source import short_name
from sama.request.checks import mask_picture
from sama.request.mask_files import holds_dataset, read_mask
from sama.request.masks import looks_like_mask
from sama.ui.handlers.page import Changes, Keep, Page
from sama.ui.prompter import PromptData, Prompter
from sama.ui.telling import inform, warn
from sama.ui.visit import Visit

DROPPED = "{name} is a mask of this photo, and the matte follows it. Clicks correct it, Clear takes it away."
OF_DATASET = "The matte follows what {name} marks in this photo. Clicks correct it, Clear takes it away."
ALL = "The mask {name} is white all over, which marks the whole photo; paint what is not the object black."
ONCE_MORE = "{why} To open it as a photo, drop it once more."


def as_mask(page: Page, opened: Visit) -> Changes | None:
    """What changes where the uploaded file, which is opened, is a mask of the photo on the page; None where it is a
    photo of its own.

    A mask is black and white with little between, and the photo on the page is not; so is a picture of the photo's
    size in one colour meant for one, whose numbers may be 0 and 1. One of another size, or with nothing or everything
    in it, is told, and taken for a photo when it comes again.
    """
    visit, data = page.visit, page.data
    if (
        visit is None
        or not visit.holds(visit.path)
        or not (looks_like_mask(opened.preview) or (opened.size == visit.size and _plain(opened.preview)))
        or looks_like_mask(visit.preview)
    ):
        return None
    try:
        if (read_mask(opened.path, visit.size, visit.name, name=opened.name) > 0).all():
            raise PromptError(ALL.format(name=opened.name))
    except PromptError as error:
        if visit.refused == opened.digest:
            return None
        visit.refused = opened.digest
        warn(PromptError(ONCE_MORE.format(why=error)))
        return {"visit": visit, "prompter": Prompter(refused={"path": data.path, "seq": data.seq}, status={})}
    inform(DROPPED.format(name=opened.name), "Mask")
    image, mask = (FileData(path=each.path, orig_name=each.name) for each in (visit, opened))
    value = PromptData(image=image, mask=mask, seq=data.seq + 1, side=data.side)
    return {"visit": visit, "prompter": Prompter(value=value, status={})}


def _plain(rgb: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) has one colour."""
    return bool((rgb == rgb[:1, :1]).all())


def of_dataset(page: Page, name: str) -> Changes | None:
    """What changes where the JSON file that was dropped, called `name`, is a data set in COCO's format: all that it
    marks in this photo becomes its mask. None for other files. Raises PromptError for one that does not fit."""
    visit, data = page.here, page.data
    if data.session is None or not holds_dataset(data.session.path):
        return None
    mask = read_mask(data.session.path, visit.size, visit.name, name=name)
    inform(OF_DATASET.format(name=short_name(name)), "Mask")
    value = PromptData(
        image=data.image, mask=keep_mask(mask, page.studio.keep), seq=data.seq + 1, side=data.side
    )
    return {"visit": visit, "prompter": Prompter(value=value, status={})}


def method_of(page: Page) -> str:
    """The method that the page asks for: what is painted as it is where that is wished; a mask alone is followed,
    unless another matte than the first is chosen."""
    visit, data = page.here, page.data
    if data.painted and (data.strokes or data.mask is not None):
        return Painted.name
    name = page.choice.method(page.studio.info, visit.path, transparent=visit.limit is not None)
    alone = data.mask is not None and not data.points and not data.boxes
    return FromMask.name if alone and name == default_method(page.studio.info) else name


def keep_mask(mask: np.ndarray, keep: Keep) -> FileData:
    """A mask (H, W), bool or logits, as a file of the page's."""
    with tempfile.TemporaryDirectory(prefix="sama-") as place:
        path = Path(place) / "mask.png"
        mask_picture(mask).save(path)
        return FileData(path=keep(str(path)), orig_name="mask.png")
