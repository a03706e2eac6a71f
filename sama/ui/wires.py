"""What happens on the studio's page, and the handlers and queues that answer it."""

import gradio as gr

from sama.ui.film import Film
from sama.ui.finder import Finder
from sama.ui.handlers import (
    accepting,
    doubting,
    film_files,
    filming,
    looking,
    measuring,
    scenery,
    sessions,
)
from sama.ui.handlers.answering import answer, solve
from sama.ui.handlers.collecting import collect
from sama.ui.handlers.exports import Downloads
from sama.ui.handlers.finding import enough, find
from sama.ui.handlers.glancing import glance
from sama.ui.handlers.opening import open_example, open_first, open_photo, sharpen
from sama.ui.handlers.page import Wiring
from sama.ui.handlers.talking import encode_ahead
from sama.ui.handlers.wording import find_words
from sama.ui.lab import Lab
from sama.ui.prompter import RESTORE
from sama.ui.wake import Wake, nothing

CANVASES = "visit prompter viewer run candidates scene"
# Encoding and answering wait in separate queues: a click made while the local views are being encoded is answered by
# SAM at once.
ENCODER = {"concurrency_id": "encoder", "concurrency_limit": 2}
DECODER = {"concurrency_id": "decoder", "concurrency_limit": 4}
NEWEST = {"trigger_mode": "always_last", **DECODER}
OPENS = {"opens": True, "trigger_mode": "multiple", **ENCODER}


def connect(studio: gr.Blocks, wiring: Wiring, downloads: Downloads, wake: Wake) -> None:
    """Connect what happens on the page with its handlers."""
    page = wiring.components
    prompter, viewer, scene, talk = (page[name] for name in ("prompter", "viewer", "scene", "talk"))
    for opening in (
        *_connect_accept(studio, wiring),
        wiring.connect(prompter.example, open_example, CANVASES, event=True, **OPENS),
        wiring.connect(talk.example, open_example, CANVASES, event=True, **OPENS),
        wiring.connect(prompter.upload, open_photo, CANVASES, **OPENS),
    ):
        wiring.connect(opening.success, answer, CANVASES, **NEWEST)
    wiring.connect(prompter.input, answer, CANVASES, **NEWEST)
    wiring.connect(page["candidates"].input, answer, CANVASES, **NEWEST)

    wiring.connect(scene.input, scenery.recompose, "viewer scene", **NEWEST)
    taken = wiring.connect(scene.upload, scenery.take_backdrop, "backdrop scene", **DECODER)
    wiring.connect(taken.then, scenery.recompose, "viewer scene", **NEWEST)
    # Mattes that take seconds: as many at a time as leave the others' clicks room.
    slow = {"concurrency_id": "solver", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(viewer.solve, solve, CANVASES, **slow)

    # A search goes on beside everything else, a few clicks at a time; it changes no state.
    searching = {"concurrency_id": "search", "concurrency_limit": 2, "trigger_mode": "multiple"}
    wiring.connect(prompter.find, find, "prompter", event=True, **searching)
    stopping = {"concurrency_id": "enough", "concurrency_limit": 4, "trigger_mode": "multiple"}
    wiring.connect(prompter.enough, enough, "prompter", event=True, **stopping)

    exporting = {"concurrency_id": "export", "concurrency_limit": 1}
    wiring.connect(prompter.collect, collect, "prompter", event=True, **exporting)

    # A closer look must not hold up a click: it has a queue of its own.
    closer = {"concurrency_id": "look", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(prompter.sharpen, sharpen, "prompter", event=True, **closer)
    # A preview waits for nobody's click, and nobody's click for it: it is left out while the model is at work.
    preview = {"concurrency_id": "glance", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(prompter.glance, glance, "prompter", event=True, **preview)
    wiring.connect(viewer.look, looking.look, "viewer", event=True, **closer)
    wiring.connect(viewer.compare, looking.compare, "viewer", **closer)

    restored = "visit prompter candidates scene backdrop lab"
    done = wiring.connect(prompter.session, sessions.restore, restored, **DECODER)
    wiring.connect(done.success, answer, CANVASES, **NEWEST)
    wiring.connect(talk.input, encode_ahead, "talk", **ENCODER)
    downloads.connect(wiring)
    _connect_lab(wiring, page["lab"])
    _connect_film(wiring, page["film"])
    if "finder" in page:
        _connect_finder(wiring, page["finder"])
    wake.input(nothing, None, None, show_progress="hidden", concurrency_limit=None, api_visibility="private")


def _connect_lab(wiring: Wiring, lab: Lab) -> None:
    """Connect the lab, whose work waits in queues of its own."""
    extra = (lab,)
    measuring_ = {"concurrency_id": "lab", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(lab.measure, measuring.measures, "lab", extra=extra, **measuring_)
    racing = {"concurrency_id": "race", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(lab.race, measuring.click_race, "lab", extra=extra, **racing)
    quick = {"concurrency_id": "look", "concurrency_limit": 2, "trigger_mode": "multiple"}
    wiring.connect(lab.stop, measuring.stop_race, "lab", **quick)
    wiring.connect(lab.unsure, doubting.how_sure, "lab", **measuring_)
    wiring.connect(lab.ballot, doubting.ballot, "lab", extra=extra, **measuring_)
    wiring.connect(lab.vote, doubting.vote, "lab", event=True, **quick)
    wiring.connect(lab.look_inside, doubting.look_inside, "lab", **measuring_)


def _connect_film(wiring: Wiring, film: Film) -> None:
    """Connect the second view. Following and writing take minutes: each waits in a queue of its own."""
    extra = (wiring.components["reel"], film)
    quick = {"extra": extra, "concurrency_id": "film_look", "concurrency_limit": 2}
    wiring.connect(film.begin, filming.begin, "film", trigger_mode="once", **quick)
    wiring.connect(film.bring, filming.bring, "reel film", trigger_mode="always_last", **quick)
    wiring.connect(film.seek, filming.seek, "reel film", trigger_mode="always_last", **quick)
    wiring.connect(film.strip, filming.strip, "film", trigger_mode="always_last", **quick)
    stopping = {"concurrency_id": "enough", "concurrency_limit": 4, "trigger_mode": "multiple"}
    wiring.connect(film.halt, filming.halt, "film", extra=extra, **stopping)
    long = {"extra": extra, "trigger_mode": "multiple", "concurrency_limit": 2}
    wiring.connect(film.follow, filming.follow, "reel film", concurrency_id="film", **long)
    wiring.connect(film.take, film_files.take, "film film_taken", concurrency_id="film_files", **long)


def _connect_accept(studio: gr.Blocks, wiring: Wiring) -> list:
    """Connect what accepts answers, where there is such a thing, and what the page begins with; returns the events that
    open a photo, which an answer follows."""
    kept = wiring.studio.acceptance
    if kept is None or not kept.reviewing:
        begun = wiring.connect(studio.load, open_first, CANVASES, js=RESTORE, **OPENS)
        if kept is not None:
            accept = wiring.components["accept"]
            how = {"concurrency_id": "export", "concurrency_limit": 1}
            wiring.connect(accept.input, accepting.accept, "visit accept", event=True, **how)
        return [begun]
    accept, changed = wiring.components["accept"], f"{CANVASES} accept"
    return [
        wiring.connect(studio.load, accepting.begin, changed, **OPENS),
        wiring.connect(accept.input, accepting.judge, changed, event=True, **OPENS),
    ]


def _connect_finder(wiring: Wiring, finder: Finder) -> None:
    """Words wait in a queue of their own: a detector takes seconds, and nobody's click should wait for it."""
    queue = {"concurrency_id": "finder", "concurrency_limit": 1, "trigger_mode": "always_last"}
    found = wiring.connect(finder.input, find_words, "visit prompter", extra=(finder,), **queue)
    wiring.connect(found.success, answer, CANVASES, **NEWEST)
