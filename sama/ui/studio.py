"""The studio's layout and wiring."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from sama.matting import warm_up
from sama.ui import chrome
from sama.ui.actions import Actions
from sama.ui.backdrop import KINDS
from sama.ui.examples import read_examples
from sama.ui.prompter import Prompter
from sama.ui.theme import theme
from sama.ui.viewer import Viewer
from sama.ui.visit import Visit

if TYPE_CHECKING:
    from sama.predictor import SamaPredictor

MAX_MEGABYTES = 100
MINUTES_KEPT = 30
MAX_VISITORS = 100


def build_studio(predictor: "SamaPredictor", examples_dir: Path) -> gr.Blocks:
    """Return the page over a predictor, which is shared; every visitor works on a fork of it.

    examples_dir: photos with prompt files, see `read_examples`; launch with `launch_options` of
    the same folder. Raises PromptError for a damaged prompt file.
    """
    info, examples = predictor.info, read_examples(Path(examples_dir))
    # Compiling the foreground estimator takes seconds; the first visitor should not wait for it.
    threading.Thread(target=warm_up, daemon=True).start()

    with gr.Blocks(title="SAMA", analytics_enabled=False, delete_cache=(600, 7200)) as studio:
        visit = gr.State(None, time_to_live=60 * MINUTES_KEPT, delete_callback=_leave)
        backdrop = gr.State(None, time_to_live=60 * MINUTES_KEPT)
        gr.HTML(chrome.header(info), padding=False)
        if words := chrome.banner(info):
            gr.HTML(words, padding=False)
        with gr.Row(elem_id="work"):
            with gr.Column(scale=9):
                thumbs = [{"name": e.name, "title": e.title, "thumb": e.thumb} for e in examples.values()]
                prompter = Prompter(elem_id="prompter", examples=thumbs, max_megabytes=MAX_MEGABYTES)
            with gr.Column(scale=11):
                viewer = Viewer(elem_id="viewer")
        with gr.Row(elem_id="scene"):
            gr.HTML('<span class="st-label">Background</span>', padding=False)
            kind = gr.Radio(KINDS, value="Transparent", label="Background", show_label=False, elem_id="kind")
            colour = gr.ColorPicker(
                "#1f9d68", label="Colour", show_label=False, visible=False, elem_id="colour"
            )
            picture = gr.UploadButton(
                "Choose picture", file_types=["image"], size="sm", visible=False, elem_id="picture"
            )
            fit = gr.Radio(
                ["Cover", "Contain"],
                value="Cover",
                label="How the picture fills the photo",
                show_label=False,
                visible=False,
                elem_id="fit",
            )
            blur = gr.Slider(
                0.2,
                8,
                1.5,
                step=0.1,
                label="Blur, in % of the photo",
                show_label=False,
                visible=False,
                elem_id="blur",
            )
            button = gr.Button("Download cut-out", variant="primary", size="sm", elem_id="cutout")
            file = gr.DownloadButton(visible="hidden", elem_id="cutout-file")
        run = gr.HTML(chrome.run_panel(info), padding=False, elem_id="run")
        gr.HTML(chrome.limits(info), padding=False)

        actions = Actions(predictor, examples, prompter.move_resource_to_block_cache)
        canvases = [visit, prompter, viewer, run]
        controls = [kind, colour, fit, blur, backdrop]
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        # Encoding and answering wait in separate queues: a click made while the local views are
        # being encoded is answered by SAM at once.
        encoder = {"concurrency_id": "encoder", "concurrency_limit": 2}
        decoder = {"concurrency_id": "decoder", "concurrency_limit": 4}
        answer = [actions.answer, [prompter, visit, *controls], canvases]

        openings = [
            studio.load(actions.open_first, [prompter, visit], canvases, **quiet, **encoder),
            prompter.example(actions.open_example, [prompter, visit], canvases, **quiet, **encoder),
            prompter.upload(actions.open_photo, [prompter, visit], canvases, **quiet, **encoder),
        ]
        for opening in openings:
            opening.then(*answer, **quiet, **decoder)
        prompter.input(*answer, trigger_mode="always_last", **quiet, **decoder)

        gr.on(
            [kind.change, colour.change, fit.change, blur.change, backdrop.change],
            actions.recompose,
            [prompter, visit, *controls],
            viewer,
            trigger_mode="always_last",
            **quiet,
            **decoder,
        )
        kind.change(_visible_controls, kind, [colour, picture, fit, blur], queue=False, **quiet)
        picture.upload(actions.take_backdrop, picture, [backdrop, kind], **quiet, **decoder)
        button.click(
            actions.download,
            [prompter, visit],
            [visit, file],
            show_progress="minimal",
            show_progress_on=[button],
            api_visibility="private",
            concurrency_id="export",
            concurrency_limit=1,
        ).then(None, None, None, js=_CLICK_FILE, api_visibility="private")
    return studio


def launch_options(examples_dir: Path) -> dict[str, Any]:
    """Return the arguments that `Blocks.launch` needs for this page."""
    return {
        "theme": theme(),
        "css_paths": [Path(__file__).parent / "studio.css"],
        "allowed_paths": [str(Path(examples_dir).resolve())],
        "max_file_size": MAX_MEGABYTES * 1_000_000,
        "state_session_capacity": MAX_VISITORS,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
    }


_CLICK_FILE = "() => { document.querySelector('#cutout-file')?.click(); }"


def _visible_controls(kind: str) -> list[dict]:
    shown = (kind == "Colour", kind == "Picture", kind == "Picture", kind == "Blur")
    return [gr.update(visible=each) for each in shown]


def _leave(visit: Visit | None) -> None:
    if visit is not None:
        visit.close()
