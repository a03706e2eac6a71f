"""Taking results home: files made at the photo's size when somebody asks for them, never before."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from sama.errors import PromptError, SamaError
from sama.export.outputs import TITLES, Outputs
from sama.export.writing import write_outputs, write_zip
from sama.predict.prediction import ModelInfo
from sama.request.settings import Settings
from sama.ui.candidates import ChoiceData
from sama.ui.prompter import PromptData
from sama.ui.scene import SceneData
from sama.ui.scene.backdrop import Backdrop
from sama.ui.visit import Visit

EVERYTHING = "everything.zip"
_CLICK_FILE = "() => { document.querySelector('#export-file')?.click(); }"
_NOTE = (
    '<span class="ex-note">At the photo\'s own size, without loss. The session file brings prompts and settings '
    "back: drop it on its photo.</span>"
)

Keep = Callable[[str], str]  # copies a file to where the page may fetch it, and returns the copy's path


def deliver(outputs: Outputs, names: tuple[str, ...], keep: Keep) -> list[str]:
    """Make files, EVERYTHING or any of `outputs.names`, and return where the page may fetch them.

    They are called after the photo: horse_cutout.png. Raises SamaError.
    """
    stem = Path(outputs.photo.name).stem
    with tempfile.TemporaryDirectory(prefix="sama-") as place:
        folder, kept = Path(place), []
        for name in names:
            if name == EVERYTHING:
                path = folder / f"{stem}_sama.zip"
                write_zip(path, outputs)
            else:
                (made,) = write_outputs(folder, outputs, [name])
                path = made.rename(folder / f"{stem}_{name}")
            kept.append(keep(str(path)))
    return kept


def settings_of(
    scene: SceneData, backdrop: Backdrop | None, candidate: int | None, matte: str, side: int
) -> Settings:
    """Return the settings behind the page's controls; side: the photo's longer side in pixels."""
    return Settings(scene.background(backdrop, side), candidate, scene.estimated, matte)


class Exports:
    """The page's download controls and their handler."""

    def __init__(self, open_visit: Callable[[str], Visit], info: ModelInfo, keep: Keep):
        """open_visit: opens the photo in a file, raises PhotoError."""
        self._open = open_visit
        self._info = info
        self._keep = keep
        offered = [("Everything in one ZIP", EVERYTHING)]
        offered += [(title, name) for name, title in TITLES.items() if info.trained or name != "mask.png"]
        gr.HTML('<span class="ex-label">Download</span>', padding=False)
        self.wanted = gr.Dropdown(
            offered,
            value=EVERYTHING,
            label="What to download",
            show_label=False,
            elem_id="export-what",
            scale=0,
        )
        self.button = gr.Button("Download", variant="primary", size="sm", elem_id="export", scale=0)
        gr.HTML(_NOTE, padding=False)
        self.file = gr.DownloadButton(visible="hidden", elem_id="export-file")

    def wire(self, visit: gr.State, inputs: list) -> None:
        """Connect the button; inputs: prompter, visit, candidates, scene and backdrop."""
        made = self.button.click(
            self.download,
            [self.wanted, *inputs],
            [visit, self.file],
            show_progress="minimal",
            show_progress_on=[self.button],
            api_visibility="private",
            concurrency_id="export",
            concurrency_limit=1,
        )
        made.success(None, None, None, js=_CLICK_FILE, api_visibility="private")

    def download(
        self,
        wanted: str,
        data: PromptData,
        visit: Visit | None,
        choice: ChoiceData,
        scene: SceneData,
        backdrop: Backdrop | None,
    ):
        """Make what is wanted of the answer on the page, and return (visit, the file)."""
        try:
            if data.path is None or not data.marked:
                raise PromptError("Nothing is cut out yet; click an object first.")
            if visit is None or not visit.holds(data.path):
                visit = self._open(data.path)
            candidate, matte = choice.candidate(data.seq), choice.method(self._info)
            settings = settings_of(scene, backdrop, candidate, matte, max(visit.size))
            outputs = visit.outputs(data.prompts, settings, self._info)
            (path,) = deliver(outputs, (wanted,), self._keep)
        except SamaError as error:
            raise gr.Error(str(error), print_exception=False, title="") from error
        return visit, path
