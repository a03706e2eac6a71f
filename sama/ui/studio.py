"""The studio's layout and wiring."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from sama.matting import warm_up
from sama.ui import page, words
from sama.ui.api import Api
from sama.ui.candidates import Candidates
from sama.ui.examples import read_examples
from sama.ui.handlers import looking, scenery
from sama.ui.handlers.answering import Actions
from sama.ui.handlers.exports import Exports
from sama.ui.handlers.sessions import Sessions
from sama.ui.model_thread import ModelThread
from sama.ui.prompter import Prompter
from sama.ui.scene import Scene
from sama.ui.talk import Talk
from sama.ui.theme import theme
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit

if TYPE_CHECKING:
    from sama.predict.predictor import SamaPredictor

MAX_MEGABYTES = 100
MINUTES_KEPT = 30
MAX_VISITORS = 100


def build_studio(
    predictor: "SamaPredictor", examples_dir: Path, thread: ModelThread | None = None
) -> gr.Blocks:
    """Return the page over a predictor, which is shared; every visitor works on a fork of it.

    examples_dir: photos with prompt files, see `read_examples`; launch with `launch_options` of
    the same folder. thread: where the model runs and was loaded, by default the threads of whoever asks. Raises
    PromptError for a damaged prompt file.
    """
    info, examples = predictor.info, read_examples(Path(examples_dir))
    # Compiling the foreground estimator takes seconds; the first visitor should not wait for it.
    threading.Thread(target=warm_up, daemon=True).start()

    with gr.Blocks(title="SAMA", analytics_enabled=False, delete_cache=(600, 7200)) as studio:
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
                viewer = Viewer(elem_id="viewer")
                candidates = Candidates(elem_id="candidates")
        scene = Scene(elem_id="scene")
        keep = prompter.move_resource_to_block_cache
        actions = Actions(predictor, examples, keep, thread)
        with gr.Row(elem_id="take"):
            exports = Exports(actions.open, info, keep)
        run = gr.HTML(words.run_panel(info), padding=False, elem_id="run")
        gr.HTML(words.limits(info), padding=False)

        canvases = [visit, prompter, viewer, run, candidates, scene]
        controls = [scene, backdrop]
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        # Encoding and answering wait in separate queues: a click made while the local views are
        # being encoded is answered by SAM at once.
        encoder = {"concurrency_id": "encoder", "concurrency_limit": 2}
        decoder = {"concurrency_id": "decoder", "concurrency_limit": 4}
        answer = [actions.answer, [prompter, visit, *controls, candidates], canvases]

        openings = [
            studio.load(actions.open_first, [prompter, visit], canvases, **quiet, **encoder),
            prompter.example(actions.open_example, [prompter, visit], canvases, **quiet, **encoder),
            talk.example(actions.open_example, [prompter, visit], canvases, **quiet, **encoder),
            prompter.upload(actions.open_photo, [prompter, visit], canvases, **quiet, **encoder),
        ]
        for opening in openings:
            opening.then(*answer, **quiet, **decoder)
        prompter.input(*answer, trigger_mode="always_last", **quiet, **decoder)

        candidates.input(*answer, trigger_mode="always_last", **quiet, **decoder)

        seen = [scenery.recompose, [prompter, visit, *controls], [viewer, scene]]
        scene.input(*seen, trigger_mode="always_last", **quiet, **decoder)
        scene.upload(scenery.take_backdrop, scene, [backdrop, scene], **quiet, **decoder).then(
            *seen, **quiet, **decoder
        )
        # A closer look must not hold up a click: it has a queue of its own.
        closer = {"concurrency_id": "look", "concurrency_limit": 2, "trigger_mode": "always_last"}
        viewer.look(looking.look, [prompter, visit, *controls], viewer, **quiet, **closer)
        viewer.compare(looking.compare, [prompter, visit], viewer, **quiet, **closer)
        exports.wire(visit, [prompter, visit, candidates, *controls])
        prompter.session(
            Sessions(actions.open, info).restore,
            [prompter, visit, *controls],
            [visit, prompter, candidates, scene, backdrop],
            **quiet,
            **decoder,
        ).success(*answer, **quiet, **decoder)
        Api(actions.open, info, keep).add()
        talk.input(actions.encode_ahead, None, talk, **quiet, **encoder)
        studio.unload(_forget_session(studio))
    return studio


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


def _forget_session(studio: gr.Blocks) -> Callable[[gr.Request], None]:
    """Return what to do when a tab is closed; Gradio alone would keep everything of its visitor's for an hour."""

    def forget(request: gr.Request) -> None:
        studio.state_holder.delete_state(request.session_hash)
        studio.state_holder.session_data.pop(request.session_hash, None)

    return forget


def _leave(visit: Visit | None) -> None:
    if visit is not None:
        visit.leave()
