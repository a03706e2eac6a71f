"""Answers that somebody accepts are written to the folder named when the page was started, and to no other; in a review
the next proposal follows."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gradio.data_classes import FileData

from sama.errors import SamaError
from sama.methods import METHODS, default_method
from sama.methods.base import MATTE
from sama.methods.from_mask import FromMask
from sama.objects.review import ACCEPTED, SKIPPED, Progress, Proposal, accepted_session, write_accepted
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from sama.ui.accept import ACCEPT, BACK, SKIP, Accept
from sama.ui.candidates import Candidates, ChoiceData
from sama.ui.handlers.exports import outputs_of
from sama.ui.handlers.masks import keep_mask
from sama.ui.handlers.opening import show_photo
from sama.ui.handlers.page import Changes, Page
from sama.ui.prompter import PromptData
from sama.ui.telling import warn

WRITTEN = "Accepted: {name} in {folder}."
AGAIN = "Accepted again: {name} in {folder} is replaced."
FINISHED = "All {total} photos are done; Back goes through them again."
BY_HAND = "Nothing is proposed for this photo; mark it, or skip it."


@dataclass
class Acceptance:
    """Where accepted answers go, and in a review which proposals there are. The page's visitors share it."""

    folder: Path
    proposals: list[Proposal] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    opened: dict[str, int] = field(default_factory=dict)  # place of a photo, by the digest of its pixels

    def __post_init__(self):
        self.progress = Progress(self.folder)

    @property
    def reviewing(self) -> bool:
        """Whether there are proposals to go through."""
        return bool(self.proposals)

    @property
    def names(self) -> list[str]:
        """The photos' files by place."""
        return [proposal.photo.name for proposal in self.proposals]

    def place(self, page: Page) -> int | None:
        """Which proposal's photo is open."""
        return None if page.visit is None else self.opened.get(page.visit.digest)

    def where(self, place: int) -> dict[str, Any]:
        """The component's prop `place`."""
        name = self.names[place]
        became = self.progress.done.get(name, "")
        return {"number": place + 1, "total": len(self.proposals), "name": name, "became": became}


def accept(page: Page) -> Iterator[Changes]:
    """Write the answer on the page; says what was written."""
    yield from _freed(_accept(page))


def judge(page: Page) -> Iterator[Changes]:
    """Accept the answer on the page, skip its photo or go back to the one before, and show the next."""
    yield from _freed(_judge(page))


def begin(page: Page) -> Iterator[Changes]:
    """Show the first proposal that is not done."""
    kept = page.studio.acceptance
    if kept is not None:
        yield from _open(page, kept, kept.progress.first(kept.names), "")


def _accept(page: Page) -> Iterator[Changes]:
    kept = page.studio.acceptance
    if kept is None:
        return
    try:
        page, text = _written(page, kept)
    except SamaError as error:
        warn(error)
        text = str(error)
    yield {"visit": page.visit, "accept": Accept(said=_said(text))}


def _judge(page: Page) -> Iterator[Changes]:
    kept, what = page.studio.acceptance, _what(page)
    if kept is None:
        return
    try:
        place, text = kept.place(page), ""
        if what == ACCEPT:
            page, text = _written(page, kept)
        if what in (ACCEPT, SKIP) and place is not None:
            with kept.lock:
                kept.progress.mark(kept.names[place], ACCEPTED if what == ACCEPT else SKIPPED)
    except SamaError as error:
        warn(error)
        yield {"accept": Accept(said=_said(str(error)))}
        return
    now = -1 if place is None else place
    if what == BACK:
        following = max(0, (len(kept.proposals) if place is None else place) - 1)
    else:
        following = kept.progress.first(kept.names, now)
    yield from _open(page, kept, following, text)


def _freed(steps: Iterator[Changes]) -> Iterator[Changes]:
    """The same steps; whatever fails in them, the buttons can be pressed again."""
    try:
        yield from steps
    except Exception:
        yield {"accept": Accept(said=_said(""))}
        raise


def _open(page: Page, kept: Acceptance, place: int | None, text: str) -> Iterator[Changes]:
    """Show a proposal, or where there is none say so; a photo that cannot be opened is said, and stays to be done."""
    total = len(kept.proposals)
    if place is None:
        text = f"{text} {FINISHED.format(total=total)}".strip()
        last = kept.where(total - 1) | {"became": "all done"}
        yield {"accept": Accept(said=_said(text), place=last)}
        return
    proposal = kept.proposals[place]
    try:
        visit = page.studio.open(page.studio.keep(str(proposal.photo)), proposal.photo.name)
        kept.opened[visit.digest] = place
        mine = accepted_session(kept.folder, visit.name, visit.digest)
        proposal = replace(proposal, files=(mine, *proposal.files)) if mine else proposal
        asked, settings = proposal.asked(visit)
        given = bool(asked.points or asked.boxes or asked.mask is not None)
        request = visit.request(asked, listing=settings.listing) if given else None
    except SamaError as error:
        warn(error)
        told = _said(f"{proposal.photo.name}: {error}")
        yield {"accept": Accept(said=told, place=kept.where(place))}
        return
    prompts = asked if request is None else request.prompts
    several = request is not None and (len(request.objects) > 1 or any(settings.listing.names))
    data = _data(page, FileData(path=visit.path, orig_name=proposal.photo.name), prompts)
    if several and request is not None:
        data = data.model_copy(update=PromptData.listed(settings.listing, len(request.objects)))
    told = text if request else f"{text} {BY_HAND}".strip()
    first = {
        "accept": Accept(said=_said(told), place=kept.where(place)),
        "candidates": Candidates(value=_choice(settings, page), offer=None),
    }
    for changes in show_photo(page, visit, data):
        yield {**changes, **first}
        first = {}


def _data(page: Page, image: FileData, prompts: Prompts) -> PromptData:
    """The prompter's value, numbered on from what the page has."""
    marks = {**replace(prompts, mask=None).to_dict(), "mask": None}
    marks = {name: value for name, value in marks.items() if name in ("points", "boxes", "order", "mask")}
    if prompts.mask is not None:
        marks["mask"] = keep_mask(prompts.mask, page.studio.keep)
    return PromptData(image=image, **marks, seq=page.data.seq + 1, side=page.data.side)


def _choice(settings: Settings, page: Page) -> ChoiceData:
    """The matte of a proposal, or this page's own where it makes none."""
    own = default_method(page.studio.info)
    name = settings.method or own
    if name == FromMask.name or MATTE not in METHODS[name].returns:
        name = own
    return ChoiceData(matte=name, keep_haze=settings.keep_haze)


def _written(page: Page, kept: Acceptance) -> tuple[Page, str]:
    """The page with its photo open, and what was written. Raises SamaError."""
    page, outputs = outputs_of(page)
    with kept.lock:
        before = {path.stem for path in (kept.folder / "labels").glob("*.png")}
        name = write_accepted(kept.folder, outputs)
    return page, (AGAIN if name in before else WRITTEN).format(name=name, folder=kept.folder.name)


def _said(text: str) -> dict[str, Any]:
    """The component's prop `said`; the same sentence is news again."""
    return {"text": text, "at": time.time_ns()}


def _what(page: Page) -> str:
    told = page.event
    return str(told.get("what")) if isinstance(told, dict) else ""
