"""The studio's layout and wiring."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from sama.matting import warm_up
from sama.photo.opening import MAX_PIXELS
from sama.ui import page, words
from sama.ui.api import Api
from sama.ui.blocks import StudioBlocks, serve_pictures
from sama.ui.candidates import Candidates
from sama.ui.component.names import offered_mattes, shown_mattes
from sama.ui.examples import read_examples
from sama.ui.handlers import doubting, looking, measuring, scenery, sessions
from sama.ui.handlers.answering import answer, solve
from sama.ui.handlers.exports import Downloads
from sama.ui.handlers.opening import open_example, open_first, open_photo, sharpen
from sama.ui.handlers.page import Studio, Wiring
from sama.ui.handlers.talking import encode_ahead
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
) -> gr.Blocks:
    """Return the page over a predictor, which is shared; every visitor works on a fork of it.

    examples_dir: photos with prompt files, see `read_examples`; launch with `launch_options` of
    the same folder. thread: where the model runs and was loaded, by default the threads of whoever asks.
    max_pixels: of a photo. Raises PromptError for a damaged prompt file.
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
        with gr.Row(elem_id="take"):
            downloads = Downloads(trained=info.trained)
        lab = Lab(elem_id="lab")
        run = gr.HTML(words.run_panel(info), padding=False, elem_id="run")
        gr.HTML(words.limits(info, max_pixels), padding=False)
        Ways(elem_id="ways")
        wake = Wake(elem_id="wake", padding=False)
        wake.input(
            nothing, None, None, show_progress="hidden", concurrency_limit=None, api_visibility="private"
        )

        open_visit = partial(Visit, predictor, run=on_gpu(predictor, thread=thread), max_pixels=max_pixels)
        shared = Studio(open_visit, info, examples, _keeper(prompter), max_pixels)
        components = {"visit": visit, "backdrop": backdrop, "prompter": prompter, "viewer": viewer}
        components |= {"candidates": candidates, "scene": scene, "talk": talk, "run": run, "lab": lab}
        _connect(studio, Wiring(shared, {**components, "taken": downloads.taken}), downloads)
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
        wiring.connect(studio.load, open_first, canvases, js=RESTORE, **opens),
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

    # A closer look must not hold up a click: it has a queue of its own.
    closer = {"concurrency_id": "look", "concurrency_limit": 2, "trigger_mode": "always_last"}
    wiring.connect(prompter.sharpen, sharpen, "prompter", event=True, **closer)
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
