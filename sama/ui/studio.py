"""The studio's layout; what happens on it is connected in `sama.ui.wires`."""

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
from sama.ui.api_video import VideoEndpoint
from sama.ui.blocks import StudioBlocks, serve_pictures
from sama.ui.candidates import Candidates
from sama.ui.component.names import offered_mattes, shown_mattes
from sama.ui.examples import read_examples
from sama.ui.film import Film
from sama.ui.filming import Filming
from sama.ui.finder import Finder, without
from sama.ui.handlers import accepting
from sama.ui.handlers.exports import Downloads
from sama.ui.handlers.page import Studio, Wiring
from sama.ui.lab import Lab
from sama.ui.model_call import on_gpu
from sama.ui.model_thread import ModelThread
from sama.ui.prompter import Prompter
from sama.ui.scene import Scene
from sama.ui.taken import Taken
from sama.ui.talk import Talk
from sama.ui.theme import theme
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit
from sama.ui.wake import Wake
from sama.ui.ways import Ways
from sama.ui.wires import connect

if TYPE_CHECKING:
    from sama.predict.loading import Predictor
    from sama.video.reel import Reel

COMPONENTS = (Prompter, Viewer, Candidates, Scene, Finder, Talk, Ways, Taken, Wake, Lab, Accept, Film)
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
        parts = _second_view()
        scene = Scene(elem_id="scene")
        accept = None if acceptance is None else Accept(elem_id="accept", reviewing=acceptance.reviewing)
        with gr.Row(elem_id="take"):
            downloads = Downloads(trained=info.trained)
        lab = Lab(elem_id="lab")
        finder = _finder()
        run = gr.HTML(words.run_panel(info), padding=False, elem_id="run")
        gr.HTML(words.limits(info, max_pixels), padding=False)
        Ways(elem_id="ways")
        wake = Wake(elem_id="wake", padding=False)

        open_visit = partial(Visit, predictor, run=on_gpu(predictor, thread=thread), max_pixels=max_pixels)
        filming = Filming.of(predictor, thread, Path(examples_dir))
        shared = Studio(open_visit, info, examples, _keeper(prompter), max_pixels, acceptance, filming)
        parts |= {"visit": visit, "backdrop": backdrop, "prompter": prompter, "viewer": viewer}
        parts |= {"candidates": candidates, "scene": scene, "talk": talk, "run": run, "lab": lab}
        extra = {"accept": accept, "finder": finder, "taken": downloads.taken}
        parts |= {name: part for name, part in extra.items() if part is not None}
        connect(studio, Wiring(shared, parts), downloads, wake)
        Api(open_visit, info, shared.keep).add()
        VideoEndpoint(filming, info, shared.keep).add()
        studio.unload(studio.forget)
    return studio


def _second_view() -> dict[str, Any]:
    """The view for clips, what a visitor has open in it, and its newest file."""
    reel = gr.State(None, time_to_live=60 * MINUTES_KEPT, delete_callback=_leave)
    return {
        "reel": reel,
        "film": Film(elem_id="film"),
        "film_taken": Taken(elem_id="film-taken", padding=False),
    }


def _finder() -> Finder | None:
    """The line of words, or a sentence in its place where no detector is at hand."""
    if sentence := absent():
        gr.HTML(without(sentence), padding=False)
        return None
    return Finder(elem_id="finder")


def launch_options(examples_dir: Path) -> dict[str, Any]:
    """Return the arguments that `Blocks.launch` needs for this page."""
    return {
        "theme": theme(),
        "css_paths": page.STYLES,
        "head": page.head(*(each.style() for each in COMPONENTS)),
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


def _leave(kept: "Visit | Reel | None") -> None:
    if kept is not None:
        kept.leave()
