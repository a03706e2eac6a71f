"""The endpoint that follows an object through a clip."""

import tempfile
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.api_component import Api as Value
from gradio.data_classes import FileData

from sama.errors import ClipError, SamaError
from sama.predict.answer import ModelInfo
from sama.request.prompts import Prompts
from sama.ui.film import DEFAULT, FilmData
from sama.ui.filming import Filming
from sama.ui.handlers.exports import file_stem
from sama.ui.handlers.film_files import packed, written
from sama.ui.handlers.page import Keep
from sama.ui.sent import SentFile
from sama.ui.telling import Refusal
from sama.video.settings import FollowSettings

_ROWS = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
_WORDS = {"type": "array", "items": {"type": "string"}}


class VideoEndpoint:
    """The endpoint `video`, with components that nobody sees."""

    def __init__(self, filming: Filming, info: ModelInfo, keep: Keep):
        """See `sama.ui.handlers.page.Studio`."""
        self._filming, self._info, self._keep = filming, info, keep

    def add(self) -> None:
        """Add it to the page being built. It waits in the queue of the page's own works of this kind."""
        with gr.Column(visible=False):
            inputs = [
                SentFile(label="clip"),
                gr.Number(0, precision=0, label="frame"),
                Value([], _ROWS, "boxes"),
                Value([], _ROWS, "points"),
                Value(["webm"], _WORDS, "files"),
                gr.Textbox("transparent", label="background"),
                gr.Number(DEFAULT.views, precision=0, label="views"),
                gr.Number(DEFAULT.damping, label="damping"),
                gr.Textbox(DEFAULT.matte_from, label="matte_from"),
            ]
            outputs = [gr.File(label="file"), gr.JSON(label="report")]
            trigger = gr.Button("API")
        how: dict[str, Any] = {"concurrency_id": "film", "concurrency_limit": 2}
        trigger.click(self.video, inputs, outputs, api_name="video", **how)

    def video(
        self,
        clip: FileData | None,
        frame: int | None = 0,
        boxes: list | None = None,
        points: list | None = None,
        files: list | None = None,
        background: str = "transparent",
        views: int | None = DEFAULT.views,
        damping: float | None = DEFAULT.damping,
        matte_from: str | None = DEFAULT.matte_from,
    ):
        """Follow an object through a clip, from marks on one frame on, and cut it out of every frame after that.

        Args:
            clip: The clip. MP4, MOV, WebM, MKV, AVI, GIF or APNG.
            frame: The number of the frame that boxes and points are on, from 0.
            boxes: Boxes as [x0, y0, x1, y1] in pixels of the upright frame; several boxes are one object.
            points: Clicks as [x, y, label] in pixels of the upright frame; label 1 keeps, 0 removes.
            files: What to make, of webm, prores, png, green, matte and composite; by default webm.
            background: Of composite: a colour such as white or #336699, blur, or blur:SIGMA in pixels.
            views: Of every frame that is followed: 1, or 5 for a closer look, which is much slower.
            damping: How much of the matte before is in the next where it is between 0 and 1, from 0 to 0.9.
            matte_from: frame, the matte of each frame alone, or memory, decoded with what is remembered.

        Returns:
            file: The one file, or a ZIP of several.
            report: The clip's size and rate, and of every frame the score, the box, and why the object may be lost, or
                null.
        """
        reel = None
        try:
            if clip is None:
                raise ClipError("There is no clip; send one as clip.")
            marks = Prompts.from_dict({"points": points or [], "boxes": boxes or []})
            data = FilmData(files=list(files or ["webm"]))
            reel = self._filming.open(clip.path, clip.orig_name)
            given = {"views": views, "damping": damping, "matte_from": matte_from}
            how = FollowSettings(**{name: value for name, value in given.items() if value is not None})
            for _ in self._filming.steps(reel.follow(self._filming.follower, {frame or 0: marks}, how=how)):
                pass
            with tempfile.TemporaryDirectory(prefix="sama-") as place:
                out = Path(place) / "files"
                for _ in written(reel, data, out, lambda: False, background=background, foreground=True):
                    pass
                kept = self._keep(str(packed(out, file_stem(clip.orig_name or "clip"))))
            report = {
                "size": list(reel.clip.size),
                "rate": float(reel.clip.rate),
                "notes": list(reel.clip.notes),
                "frames": [reel.reports[at] for at in sorted(reel.reports)],
                "model": self._info.name,
                "weights": self._info.weights_digest,
            }
            return kept, report
        except SamaError as error:
            raise Refusal(str(error), page=False) from error
        finally:
            if reel is not None:
                reel.leave()
