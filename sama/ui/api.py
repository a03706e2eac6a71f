"""The named endpoints for programs, by `gradio_client`, by HTTP, and as MCP tools. Each call stands alone.

Docstrings are what callers see, in Gradio's format.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components.api_component import Api as Value  # what `gr.api` makes of a typed argument

from sama import __version__
from sama.errors import PromptError, SamaError
from sama.export.files import names_of
from sama.export.outputs import Outputs
from sama.methods import METHODS
from sama.methods.findings import finding_of
from sama.predict.answer import ModelInfo
from sama.request.prompts import Prompts
from sama.request.settings import ESTIMATED, MATTE, REMOVED, Settings
from sama.ui.handlers.exports import deliver
from sama.ui.handlers.page import Keep
from sama.ui.visit import Visit

_ROWS = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}


class Api:
    """The endpoints, over one shared model; a caller's photo is kept as long as any upload, two hours."""

    def __init__(self, open_visit: Callable[[str], Visit], info: ModelInfo, keep: Keep):
        """open_visit: opens the photo in a file, raises PhotoError."""
        self._open = open_visit
        self._info = info
        self._keep = keep

    def add(self) -> None:
        """Add the endpoints to the page being built, with components that nobody sees."""
        with gr.Column(visible=False):
            image = gr.File(label="image")
            points, boxes = Value([], _ROWS, "points"), Value([], _ROWS, "boxes")
            candidate = gr.Number(None, precision=0, label="candidate")
            background = gr.Textbox("transparent", label="background")
            method = gr.Textbox(None, label="method")
            cutout_from = gr.Textbox(MATTE, label="cutout_from")
            haze = gr.Textbox(REMOVED, label="haze")
            mask, alpha, cutout, composite = (
                gr.File(label=name) for name in ("mask", "alpha", "cutout", "composite")
            )
            report = gr.JSON(label="report")
            trigger = gr.Button("API")
        prompts, finish = [image, points, boxes, candidate], [cutout_from, haze]
        for function, inputs, outputs in (
            (self.predict, [*prompts, method, *finish], [mask, alpha, cutout, report]),
            (self.segment, prompts, [mask, report]),
            (self.matte, [*prompts, method, *finish], [alpha, cutout, report]),
            (self.composite, [*prompts, background, method, *finish], [composite, report]),
            (self.info, [], [report]),
        ):
            trigger.click(
                function,
                inputs,
                outputs,
                api_name=function.__name__,
                concurrency_id="export",
                concurrency_limit=1,
            )

    def predict(
        self,
        image: str,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        method: str | None = None,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
    ):
        """Cut an object out of a photo: SAMA's mask, its alpha matte, and the cut-out with clean edge colours, all at
        the photo's size.

        Args:
            image: The photo. JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.
            points: Clicks as [x, y, label] in pixels of the upright photo; label 1 keeps, 0 removes.
            boxes: Boxes as [x0, y0, x1, y1] in pixels of the upright photo; several boxes are several objects.
            candidate: Which of SAM's masks SAMA refines, from 0; by default the one that SAM rates best.
            method: Who makes the mask and the matte, a name that `info` lists; by default SAMA, where it has weights.
            cutout_from: matte, or mask for a cut-out with hard edges.
            haze: removed, or kept: what the matte has away from the object, not joined to the mask.

        Returns:
            mask: PNG, 255 inside and 0 outside.
            alpha: PNG, 8 bit grey.
            cutout: PNG, RGBA with straight alpha.
            report: What was found (object, little or nothing) and what to do about it, the boxes as they were taken,
                SAM's scores for its candidates, the chosen one, the photo's size, model, weights and seconds.
        """
        return self._answer(
            ("mask.png", "alpha.png", "cutout.png"),
            image,
            points,
            boxes,
            candidate,
            method=method,
            finish={"cutout_from": cutout_from, "haze": haze},
        )

    def segment(
        self, image: str, points: list | None = None, boxes: list | None = None, candidate: int | None = None
    ):
        """Segment an object in a photo: SAMA's mask at the photo's size.

        Args:
            image: The photo. JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.
            points: Clicks as [x, y, label] in pixels of the upright photo; label 1 keeps, 0 removes.
            boxes: Boxes as [x0, y0, x1, y1] in pixels of the upright photo; several boxes are several objects.
            candidate: Which of SAM's masks SAMA refines, from 0; by default the one that SAM rates best.
        """
        return self._answer(("mask.png",), image, points, boxes, candidate)

    def matte(
        self,
        image: str,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        method: str | None = None,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
    ):
        """Matte an object in a photo: SAMA's alpha matte and the RGBA cut-out at the photo's size.

        Args:
            image: The photo. JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.
            points: Clicks as [x, y, label] in pixels of the upright photo; label 1 keeps, 0 removes.
            boxes: Boxes as [x0, y0, x1, y1] in pixels of the upright photo; several boxes are several objects.
            candidate: Which of SAM's masks SAMA refines, from 0; by default the one that SAM rates best.
            method: Who makes the mask and the matte, a name that `info` lists; by default SAMA, where it has weights.
            cutout_from: matte, or mask for a cut-out with hard edges.
            haze: removed, or kept: what the matte has away from the object, not joined to the mask.
        """
        finish = {"cutout_from": cutout_from, "haze": haze}
        return self._answer(
            ("alpha.png", "cutout.png"), image, points, boxes, candidate, method=method, finish=finish
        )

    def composite(
        self,
        image: str,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        background: str = "transparent",
        method: str | None = None,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
    ):
        """Put an object of a photo on another background, at the photo's size.

        Args:
            image: The photo. JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.
            points: Clicks as [x, y, label] in pixels of the upright photo; label 1 keeps, 0 removes.
            boxes: Boxes as [x0, y0, x1, y1] in pixels of the upright photo; several boxes are several objects.
            candidate: Which of SAM's masks SAMA refines, from 0; by default the one that SAM rates best.
            background: transparent, a colour such as white or #336699, blur, or blur:SIGMA in pixels of the photo.
            method: Who makes the mask and the matte, a name that `info` lists; by default SAMA, where it has weights.
            cutout_from: matte, or mask for a cut-out with hard edges.
            haze: removed, or kept: what the matte has away from the object, not joined to the mask.
        """
        finish = {"cutout_from": cutout_from, "haze": haze}
        return self._answer(("composite.png",), image, points, boxes, candidate, background, method, finish)

    def info(self) -> dict[str, Any]:
        """Say which model answers, with which weights, where it runs, and what is known to be missing."""
        info = self._info
        return {
            "version": __version__,
            "model": info.name,
            "title": info.title,
            "weights": info.weights_digest,
            "licence": info.licence,
            "device": info.device,
            "dtype": info.dtype,
            "input_size": info.input_size,
            "sama_weights": info.trained,
            "methods": {name: method.help for name, method in METHODS.items() if method.available(info)},
            "notes": list(info.notes),
        }

    def _answer(
        self,
        names: tuple[str, ...],
        image: str | None,
        points: list | None,
        boxes: list | None,
        candidate: int | None,
        background: str = "transparent",
        method: str | None = None,
        finish: dict[str, str] | None = None,
    ) -> tuple:
        """Return the files `names`, mask.png being SAM's where SAMA has no weights, and the report."""
        try:
            if image is None:
                raise PromptError("There is no photo; send one as image.")
            prompts = Prompts.from_dict({"points": points or [], "boxes": boxes or []})
            asked = {"candidate": candidate, "matte": method or None, **(finish or {})}
            settings = Settings.from_dict(
                {"background": background, "foreground": ESTIMATED, **asked}, methods=METHODS
            )
            outputs = self._open(image).outputs(prompts, settings, self._info)
            there = names_of(outputs)
            present = tuple(name if name in there else "mask_sam.png" for name in names)
            return *deliver(outputs, present, self._keep), self._report(outputs)
        except SamaError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def _report(self, outputs: Outputs) -> dict[str, Any]:
        answer, request = outputs.answer, outputs.request
        finding = finding_of(answer, request)
        return {
            "found": finding.level,
            "finding": finding.text,
            "boxes": [list(box) for box in request.prompts.boxes],
            "scores": [round(float(score), 4) for score in answer.union.scores],
            "chosen": answer.union.chosen,
            "method": answer.method,
            "size": list(outputs.photo.size),
            "notes": [*outputs.photo.notes, *request.notes],
            "model": self._info.name,
            "weights": self._info.weights_digest,
            "seconds": {name: round(value, 4) for name, value in answer.seconds.items()},
        }
