"""The studio's layout and wiring."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from sama.matting import warm_up
from sama.methods.words import absent
from sama.photo.opening import MAX_PIXELS
from sama.ui import page, words
from sama.ui.accept import Accept
from sama.ui.api import Api
from sama.ui.blocks import StudioBlocks, serve_pictures
from sama.ui.candidates import Candidates
from sama.ui.component.names import offered_mattes, shown_mattes
from sama.ui.examples import read_examples
from sama.ui.finder import Finder, without
from sama.ui.handlers import accepting, doubting, looking, measuring, scenery, sessions
from sama.ui.handlers.answering import answer, solve
from sama.ui.handlers.collecting import collect
from sama.ui.handlers.exports import Downloads
from sama.ui.handlers.finding import enough, find
from sama.ui.handlers.glancing import glance
from sama.ui.handlers.opening import open_example, open_first, open_photo, sharpen
from sama.ui.handlers.page import Studio, Wiring
from sama.ui.handlers.talking import encode_ahead
from sama.ui.handlers.wording import find_words
from sama.ui.lab import Lab
from sama.ui.model_call import on_gpu
from sama.ui.model_thread import ModelThread
from sama.ui.prompter import RESTORE, Prompter
from sama.ui.scene import Scene
from sama.ui.talk import Talk
from sama.ui.theme import theme
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit
from sama.ui.wake import Wake, nothing
from sama.ui.ways import Ways

if TYPE_CHECKING:
    from sama.predict.loading import Predictor

MAX_MEGABYTES = 100
MINUTES_KEPT = 30
MAX_VISITORS = 100


def build_studio(
    predictor: "Predictor",
    examples_dir: Path,
    thread: ModelThread | None = None,
    max_pixels: int = MAX_PIXELS,
    acceptance: accepting.Acceptance | None = None,
) -> gr.Blocks:
    """Return the page over a predictor, which is shared; every visitor works on a fork of it.

    examples_dir: photos with prompt files, see `read_examples`; launch with `launch_options` of
    the same folder. thread: where the model runs and was loaded, by default the threads of whoever asks.
    max_pixels: of a photo. acceptance: where accepted answers go, by default nowhere. Raises PromptError for a damaged
    prompt file.
    """
    info, examples = predictor.info, read_examples(Path(examples_dir))
    serve_pictures()
    # Compiling the foreground estimator takes seconds; the first visitor should not wait for it.
    threading.Thread(target=warm_up, daemon=True).start()

    with StudioBlocks(title="SAMA", analytics_enabled=False, delete_cache=(600, 7200)) as studio:
        visit = gr.State(None, time_to_live=60 * MINUTES_KEPT, delete_callback=_leave)
        backdrop = gr.State(None, time_to_live=60 * MINUTES_KEPT)
        with gr.Row(elem_id="head"):
            gr.HTML(words.header(info), padding=False)
            scenes = [{"name": e.name, "title": e.title} for e in examples.values()]
            talk = Talk(elem_id="talk", scenes=scenes)
        if note := words.banner(info):
            gr.HTML(note, padding=False)
        with gr.Row(elem_id="work"):
            with gr.Column(scale=9):
                thumbs = [{"name": e.name, "title": e.title, "thumb": e.thumb} for e in examples.values()]
                prompter = Prompter(elem_id="prompter", examples=thumbs, max_megabytes=MAX_MEGABYTES)
            with gr.Column(scale=11):
                viewer = Viewer(elem_id="viewer", methods=shown_mattes(info))
                candidates = Candidates(elem_id="candidates", methods=offered_mattes(info))
        scene = Scene(elem_id="scene")
        kept = {}
        if acceptance is not None:
            kept["accept"] = Accept(elem_id="accept", reviewing=acceptance.reviewing)
        with gr.Row(elem_id="take"):
            downloads = Downloads(trained=info.trained)
        lab = Lab(elem_id="lab")
        finder = None
        if sentence := absent():
            gr.HTML(without(sentence), padding=False)
        else:
            finder = Finder(elem_id="finder")
        run = gr.HTML(words.run_panel(info), padding=False, elem_id="run")
        gr.HTML(words.limits(info, max_pixels), padding=False)
        Ways(elem_id="ways")
        wake = Wake(elem_id="wake", padding=False)
        wake.input(
            nothing, None, None, show_progress="hidden", concurrency_limit=None, api_visibility="private"
        )

        open_visit = partial(Visit, predictor, run=on_gpu(predictor, thread=thread), max_pixels=max_pixels)
        shared = Studio(open_visit, info, examples, _keeper(prompter), max_pixels, acceptance)
        components = {"visit": visit, "backdrop": backdrop, "prompter": prompter, "viewer": viewer}
        components |= {"candidates": candidates, "scene": scene, "talk": talk, "run": run, "lab": lab, **kept}
        wiring = Wiring(shared, {**components, "taken": downloads.taken})
        _connect(studio, wiring, downloads)
        if finder is not None:
            _connect_finder(wiring, finder)
        Api(open_visit, info, shared.keep).add()
        studio.unload(studio.forget)
    return studio


def _connect(studio: gr.Blocks, wiring: Wiring, downloads: Downloads) -> None:
    """Connect what happens on the page with its handlers."""
    page = wiring.components
    prompter, viewer, scene, talk = (page[name] for name in ("prompter", "viewer", "scene", "talk"))
    canvases = "visit prompter viewer run candidates scene"
    # Encoding and answering wait in separate queues: a click made while the local views are being encoded is answered
    # by SAM at once.
    encoder = {"concurrency_id": "encoder", "concurrency_limit": 2}
    decoder = {"concurrency_id": "decoder", "concurrency_limit": 4}
    newest = {"trigger_mode": "always_last", **decoder}

    opens = {"opens": True, "trigger_mode": "multiple", **encoder}
    for opening in (
        *_connect_accept(studio, wiring, canvases, opens),
        wiring.connect(prompter.example, open_example, canvases, event=True, **opens),
        wiring.connect(talk.example, open_example, canvases, event=True, **opens),
        wiring.connect(prompter.upload, open_photo, canvases, **opens),
    ):
        wiring.connect(opening.success, answer, canvases, **newest)
    wiring.connect(prompter.input, answer, canvases, **newest)
    wiring.connect(page["candidates"].input, answer, canvases, **newest)

    wiring.connect(scene.input, scenery.recompose, "viewer scene", **newest)
    taken = wiring.connect(scene.upload, scenery.take_backdrop, "backdrop scene", **decoder)
    wiring.connect(taken.then, scenery.recompose, "viewer scene", **newest)
    # Mattes that take seconds: as many at a time as leave the others' clicks room.
    slow = {"concurrency_id": "solver", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(viewer.solve, solve, canvases, **slow)

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
    done = wiring.connect(prompter.session, sessions.restore, restored, **decoder)
    wiring.connect(done.success, answer, canvases, **newest)
    wiring.connect(talk.input, encode_ahead, "talk", **encoder)
    downloads.connect(wiring)
    _connect_lab(wiring, page["lab"])


def _connect_lab(wiring: Wiring, lab: Lab) -> None:
    """Connect the lab, whose work waits in queues of its own."""
    extra = (lab,)
    measuring_ = {"concurrency_id": "lab", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(lab.measure, measuring.measures, "lab", extra=extra, **measuring_)
    racing = {"concurrency_id": "race", "concurrency_limit": 2, "trigger_mode": "once"}
    wiring.connect(lab.race, measuring.click_race, "lab", extra=extra, **racing)
    quick = {"concurrency_id": "look", "concurrency_limit": 2}
    wiring.connect(lab.stop, measuring.stop_race, "lab", **quick)
    wiring.connect(lab.unsure, doubting.how_sure, "lab", **measuring_)
    wiring.connect(lab.ballot, doubting.ballot, "lab", extra=extra, **measuring_)
    wiring.connect(lab.vote, doubting.vote, "lab", event=True, **quick)
    wiring.connect(lab.look_inside, doubting.look_inside, "lab", **measuring_)


def _connect_accept(studio: gr.Blocks, wiring: Wiring, canvases: str, opens: dict[str, Any]) -> list:
    """Connect what accepts answers, where there is such a thing, and what the page begins with; returns the events that
    open a photo, which an answer follows."""
    kept = wiring.studio.acceptance
    if kept is None or not kept.reviewing:
        begun = wiring.connect(studio.load, open_first, canvases, js=RESTORE, **opens)
        if kept is not None:
            accept = wiring.components["accept"]
            how = {"concurrency_id": "export", "concurrency_limit": 1}
            wiring.connect(accept.input, accepting.accept, "visit accept", event=True, **how)
        return [begun]
    accept, changed = wiring.components["accept"], f"{canvases} accept"
    return [
        wiring.connect(studio.load, accepting.begin, changed, **opens),
        wiring.connect(accept.input, accepting.judge, changed, event=True, **opens),
    ]


def _connect_finder(wiring: Wiring, finder: Finder) -> None:
    """Words wait in a queue of their own: a detector takes seconds, and nobody's click should wait for it."""
    queue = {"concurrency_id": "finder", "concurrency_limit": 1, "trigger_mode": "always_last"}
    found = wiring.connect(finder.input, find_words, "visit prompter", extra=(finder,), **queue)
    newest = {"concurrency_id": "decoder", "concurrency_limit": 4, "trigger_mode": "always_last"}
    wiring.connect(found.success, answer, "visit prompter viewer run candidates scene", **newest)


def launch_options(examples_dir: Path) -> dict[str, Any]:
    """Return the arguments that `Blocks.launch` needs for this page."""
    return {
        "theme": theme(),
        "css_paths": page.STYLES,
        "head": page.head(),
        "allowed_paths": [str(Path(examples_dir).resolve())],
        "max_file_size": MAX_MEGABYTES * 1_000_000,
        "state_session_capacity": MAX_VISITORS,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": True,
    }


def _keeper(prompter: Prompter) -> Callable[[str], str]:
    """Copies a file to where the page may fetch it, for as long as any upload, and returns the copy's path."""
    return lambda path: prompter.move_resource_to_block_cache(path) or path


def _leave(visit: Visit | None) -> None:
    if visit is not None:
        visit.leave()
