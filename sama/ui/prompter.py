"""The prompter: a photo on a canvas, with clicks and boxes; a `gr.HTML` component without a build step.

Its value is {image, points, boxes, seq, side} in the photo's own pixels; `side` is the longer side, in pixels of the
screen, at which the viewer's panels show the photo. The photo is uploaded once; an event
carries its path and coordinates only. Events: `upload` (another photo), `input` (other prompts), `example` (a
thumbnail), `session` (a session file, with which alone the value has a `session`).

Props that the server sets: `photo` {key, width, height, preview, example}, the photo it has accepted;
`status` {text, done, total, brief}, what it is doing; `refused` {path, seq}, an upload it could not open. The
canvas shows accepted photos only, so a refused file leaves it as it was.
"""

from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData, GradioModel

from sama.prompts import Prompts

HERE = Path(__file__).parent
_SCRIPTS = ("marks.js", "history.js", "pointing.js", "crosshair.js", "files.js", "prompter.js")


class PromptData(GradioModel):
    """What travels between page and server."""

    image: FileData | None = None
    points: list[list[float]] = []
    boxes: list[list[float]] = []
    seq: int = 0
    side: int = 512
    session: FileData | None = None

    @property
    def path(self) -> str | None:
        """The uploaded file."""
        return self.image.path if self.image else None

    @property
    def marked(self) -> bool:
        """Whether there is any prompt."""
        return bool(self.points or self.boxes)

    @property
    def prompts(self) -> Prompts:
        """The prompts, not yet checked against the photo; raises PromptError."""
        return Prompts.from_dict({"points": self.points, "boxes": self.boxes})


_SCHEMA = PromptData.model_json_schema()  # Gradio asks for it several times at every update


class Prompter(gr.HTML):
    """Photo, points and boxes."""

    # With a data model Gradio itself refuses a path that no visitor has uploaded.
    data_model = PromptData

    def __init__(self, value: Any = None, **props: Any):
        """value: None or PromptData; props: see the module, and whatever `gr.HTML` takes."""
        props.setdefault("html_template", asset("prompter.html"))
        props.setdefault("css_template", asset("prompter.css"))
        props.setdefault("js_on_load", script(*_SCRIPTS))
        props.setdefault("apply_default_css", False)
        super().__init__(value, **props)

    def preprocess(self, payload: PromptData | None) -> PromptData:
        """Return the page's value."""
        return payload or PromptData()

    def postprocess(self, value: PromptData | None) -> PromptData:
        """Return the value for the page."""
        return value or PromptData()

    def api_info(self) -> dict[str, Any]:
        """The schema of the value."""
        return dict(_SCHEMA)

    def example_payload(self) -> dict[str, Any]:
        """An empty value."""
        return PromptData().model_dump()

    def example_value(self) -> dict[str, Any]:
        """An empty value."""
        return PromptData().model_dump()


@cache
def asset(name: str) -> str:
    """Return the text of a file beside this one; components are made anew at every update."""
    return (HERE / name).read_text("utf-8")


@cache
def script(*names: str) -> str:
    """Return a component's script with the canvas geometry that all of them share in front of it."""
    return "\n".join(asset(name) for name in ("viewport.js", *names))
