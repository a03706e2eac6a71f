"""Prompts become an answer: masks, matte and composite."""

from collections.abc import Iterator

import gradio as gr

from sama import methods
from sama.errors import SamaError
from sama.matting import to_uint8
from sama.predict.answer import ALPHA
from sama.request.request import Request
from sama.ui import words
from sama.ui.handlers.hints import hint
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.scenery import residual_of
from sama.ui.handlers.steps import as_sam, cleared, encode, encoding_line, layers_of, offer_of
from sama.ui.pictures import alpha_url, composite_url
from sama.ui.prompter import Prompter
from sama.ui.scene import Scene
from sama.ui.shown import Shown
from sama.ui.viewer import Viewer
from sama.ui.visit import State

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
        request = visit.request(
            data.prompts,
            method=page.choice.method(page.studio.info, data.path),
            candidate=page.choice.candidate(data.seq),
        )
        known = visit.recall(request) is not None
        if not known and visit.state is State.OPENED:
            yield from encode(page, visit, data)
        if not (known or visit.encoded):
            if visit.views_done:
                yield {"visit": visit, **as_sam(page, visit, data, request)}
            return
        if not known and (slow := _slow(page, request)):
            yield {"visit": visit, "prompter": Prompter(status=slow), **as_sam(page, visit, data, request)}
        yield from _complete(page, request)
    except SamaError as error:
        gr.Warning(str(error))
        yield {"visit": visit, "prompter": Prompter(status={})}


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
    found = visit.answer(request, data.seq, data.side)
    shown = visit.shown
    if shown is None:
        return  # the visitor has left
    layers = layers_of(page, visit, data, found)
    layers["alpha"] = alpha_url(to_uint8(shown.fitted.alpha))
    background = scene.background(page.backdrop, max(shown.fitted.alpha.shape))
    layers["composite"] = composite_url(shown.on(background, scene.estimated))
    yield {
        "visit": visit,
        "prompter": Prompter(status=_advice(request, shown)),
        "viewer": Viewer(layers=layers),
        "candidates": offer_of(page, visit, data, found),
    }
    # What the panels need not wait for; Gradio sends the last step of a generator twice, so it is small.
    yield {"visit": visit, "scene": Scene(residual=residual_of(shown, scene.estimated))}
    yield {"visit": visit, "run": words.run_panel(page.studio.info, visit)}


def _slow(page: Page, request: Request) -> dict | None:
    """The status line while the answer takes a while: its method does, or a part of the photo is encoded."""
    text = methods.method_of(request.method, page.studio.info).slow
    if text:
        return {"text": text}
    return CLOSER if page.here.looks_closer(request) else None


def _advice(request: Request, shown: Shown) -> dict:
    """The status line beside an answer: what to do about a box that is too small."""
    text = hint(shown.answer.union.layers[ALPHA], request.prompts, request.photo_size)
    return {"text": text} if text else {}
