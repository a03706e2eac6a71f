"""Prompts become an answer: masks, matte and composite."""

from collections.abc import Iterator

from sama import methods
from sama.errors import SamaError
from sama.methods.findings import finding_of
from sama.request.request import Request
from sama.ui import words
from sama.ui.handlers.masks import method_of
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.scenery import parts_of, residual_of
from sama.ui.handlers.steps import (
    ahead,
    as_sam,
    cleared,
    encode,
    encoding_line,
    layers_of,
    objects_of,
    offer_of,
)
from sama.ui.pictures import grey_url, matte_url
from sama.ui.prompter import Prompter
from sama.ui.scene import Scene
from sama.ui.shown import Shown
from sama.ui.state import State
from sama.ui.telling import warn
from sama.ui.viewer import Viewer

CLOSER = {"text": "Looking closer ..."}
READY = {"text": "Ready: click the object, or draw a box around all of it.", "brief": True}


def answer(page: Page) -> Iterator[Changes]:
    """Answer the prompts: masks, matte and composite in one step.

    A visit that has expired is opened again from the uploaded file. While the local views are still being encoded by
    another call, SAM answers alone; that call is followed by another answer.
    """
    if page.data.path is None:
        return
    visit = page.visit
    try:
        page = page.opened()
        visit, data = page.here, page.data
        if not data.marked:
            yield from _unmarked(page)
            return
        request = _request(page)
        known = visit.recall(request) is not None
        if not known and visit.state is State.OPENED:
            yield from encode(page, visit, data)
        if not (known or visit.encoded):
            if visit.views_done:
                yield {"visit": visit, **as_sam(page, visit, data, request)}
            return
        if not known and (slow := _takes_seconds(page, request)):
            early = as_sam(page, visit, data, request, to_solve=True)
            yield {"visit": visit, "prompter": Prompter(status={"text": slow}), **early}
            return
        if not known and visit.looks_closer(request):
            yield {"visit": visit, "prompter": Prompter(status=CLOSER), **as_sam(page, visit, data, request)}
        elif not known and _pays(page, request):
            yield ahead(page, visit, data, request)
        yield from _complete(page, request)
    except SamaError as error:
        warn(error)
        yield {"visit": visit, "prompter": Prompter(status={})}


def solve(page: Page) -> Iterator[Changes]:
    """Answer the prompts by a method that takes seconds; the page asks for it once it shows what `answer` has sent, and
    it waits in a queue of its own, so that nobody's click waits for it."""
    if page.data.path is None or not page.data.marked:
        return
    try:
        page = page.opened()
        if not page.here.encoded:  # it had expired
            yield from answer(page)
            return
        request = _request(page)
        if _takes_seconds(page, request):  # else a newer answer has been sent
            yield from _complete(page, request)
    except SamaError as error:
        warn(error)
        yield {"visit": page.visit, "prompter": Prompter(status={})}


def _request(page: Page) -> Request:
    """What the page asks for."""
    return page.here.request(
        page.data.prompts,
        method=method_of(page),
        candidate=page.choice.candidate(page.data.seq),
        keep_haze=page.choice.keep_haze,
        listing=page.data.listing,
    )


def _pays(page: Page, request: Request) -> bool:
    """Whether SAM's mask is worth sending ahead: where SAMA starts from it, and no GPU makes the rest as quick."""
    info = page.studio.info
    method = methods.method_of(request.method, info)
    refines = isinstance(method, methods.ModelMethod) and method.tasks and not method.follows_mask
    return info.device == "cpu" and info.trained and bool(refines)


def _unmarked(page: Page) -> Iterator[Changes]:
    """There are no prompts: encode ahead, and show nothing."""
    visit = page.here
    if visit.state is State.OPENED:
        yield from encode(page, visit, page.data)
    visit.forget_answer()
    ready = READY if visit.encoded else encoding_line(page.studio.info, visit.views_done)
    yield {"visit": visit, "prompter": Prompter(status=ready), **cleared()}


def _complete(page: Page, request: Request) -> Iterator[Changes]:
    visit, data, scene = page.here, page.data, page.scene
    found = visit.answer(request, data.seq, data.side, data.shows)
    shown = visit.shown
    if shown is None or shown.whole is not found:
        return  # the visitor has left, or there is a newer answer
    layers = layers_of(page, visit, data, shown.answer)
    layers["alpha"] = matte_url(shown.matte)
    if (trimap := shown.trimap) is not None:
        layers["trimap"] = grey_url(trimap)
    background = scene.background(page.backdrop, max(shown.fitted.alpha.shape))
    layers |= parts_of(shown, scene, background)
    yield {
        "visit": visit,
        "prompter": Prompter(status=_advice(request, shown), found=objects_of(visit, data, found)),
        "viewer": Viewer(layers=layers),
        "candidates": offer_of(page, visit, data, found),
    }
    # What the panels need not wait for; Gradio sends the last step of a generator twice, so it is small.
    residual = None if scene.by_mask else residual_of(shown, scene.estimated)
    yield {"visit": visit, "scene": Scene(residual=residual)}
    yield {"visit": visit, "run": words.run_panel(page.studio.info, visit)}


def _takes_seconds(page: Page, request: Request) -> str:
    """The status line while a method works that takes seconds; empty for others."""
    return methods.method_of(request.method, page.studio.info).slow


def _advice(request: Request, shown: Shown) -> dict:
    """The status line beside an answer: that nothing was found, what to do about a box that is too small, or which
    clicks do not count."""
    text = finding_of(shown.whole, request).text or " ".join(request.notes)
    return {"text": text} if text else {}
