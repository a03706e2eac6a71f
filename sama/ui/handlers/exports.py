"""Taking results home: files made at the photo's size when somebody asks for them, never before."""

import tempfile
from pathlib import Path

import gradio as gr

from sama.errors import PromptError, SamaError
from sama.export import names
from sama.export.files import FILES
from sama.export.outputs import Outputs
from sama.export.writing import write_outputs, write_zip
from sama.methods.findings import finding_of
from sama.request.settings import MASK, MATTE, Settings
from sama.ui.handlers.masks import method_of
from sama.ui.handlers.page import Changes, Keep, Page, Wiring
from sama.ui.lab import LabData
from sama.ui.taken import Taken, taken
from sama.ui.telling import Refusal

EVERYTHING = "everything.zip"
_NOTE = (
    '<span class="ex-note">At the photo\'s own size, without loss. The session file brings prompts and settings '
    "back: drop it on its photo.</span>"
)


def deliver(outputs: Outputs, wanted: tuple[str, ...], keep: Keep) -> list[str]:
    """Make files, EVERYTHING or any of FILES, and return where the page may fetch them.

    They are called after the photo: horse_cutout.png. Raises SamaError.
    """
    stem = file_stem(outputs.photo.name)
    with tempfile.TemporaryDirectory(prefix="sama-") as place:
        folder, kept = Path(place), []
        for name in wanted:
            if name == EVERYTHING:
                path = folder / f"{stem}_sama.zip"
                write_zip(path, outputs)
            else:
                (made,) = write_outputs(folder, outputs, [name])
                path = made.rename(folder / f"{stem}_{name}")
            kept.append(keep(str(path)))
    return kept


def file_stem(name: str) -> str:
    """Return what files made of the photo `name` begin with."""
    return names.file_stem(Path(name).stem) or "photo"


def download(page: Page, wanted: str, lab: LabData | None = None) -> Changes:
    """Make what is wanted of the answer on the page: EVERYTHING, or a file of FILES. lab: has the votes
    that the session keeps."""
    try:
        if wanted not in (EVERYTHING, *FILES):
            raise PromptError("There is no file of that name to download; reload the page.")
        page, outputs = outputs_of(page, lab)
        (path,) = deliver(outputs, (wanted,), page.studio.keep)
        if (finding := finding_of(outputs.answer, outputs.request)).missed:
            gr.Warning(finding.text)
    except SamaError as error:
        raise Refusal(str(error), page=True) from error
    return {"visit": page.visit, "taken": taken(path)}


def outputs_of(page: Page, lab: LabData | None = None) -> tuple[Page, Outputs]:
    """The page with its photo open, and the answer on it at the photo's size. lab: has the votes that the session
    keeps. Raises SamaError."""
    data = page.data
    if data.path is None or not data.marked:
        raise PromptError("Nothing is cut out yet; click an object first.")
    page = page.opened()
    return page, page.here.outputs(data.prompts, settings_of(page, lab), page.studio.info)


def settings_of(page: Page, lab: LabData | None = None) -> Settings:
    """What the page's controls say of the answer to its prompts; lab: has the votes that the session keeps."""
    scene, choice, data = page.scene, page.choice, page.data
    background = scene.background(page.backdrop, max(page.here.size))
    cutout_from = MASK if scene.by_mask else MATTE
    candidate, method = choice.candidate(data.seq), method_of(page)
    how = method, cutout_from, choice.keep_haze, data.listing, lab.pairs if lab else ()
    return Settings(background, candidate, scene.estimated, *how)


class Downloads:
    """The page's download controls."""

    def __init__(self, *, trained: bool):
        """trained: whether there is a mask of SAMA's to offer."""
        offered = [("Everything in one ZIP", EVERYTHING)]
        offered += [(file.title, name) for name, file in FILES.items() if trained or not file.needs_own_mask]
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
        self.taken = Taken(elem_id="taken", padding=False)

    def connect(self, wiring: Wiring) -> None:
        """Connect the button."""
        wiring.connect(
            self.button.click,
            download,
            "visit taken",
            extra=(self.wanted, wiring.components["lab"]),
            show_progress="minimal",
            show_progress_on=[self.button],
            concurrency_id="export",
            concurrency_limit=1,
        )
