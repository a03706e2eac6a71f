"""The named endpoints for programs, by `gradio_client`, by HTTP, and as MCP tools. Each call stands alone.

Docstrings are what callers see, in Gradio's format; `api_words` adds what the arguments mean.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components.api_component import Api as Value  # what `gr.api` makes of a typed argument
from gradio.data_classes import FileData

from sama import __version__
from sama.methods import METHODS
from sama.methods.from_mask import FromMask
from sama.predict.answer import ModelInfo
from sama.request.settings import ESTIMATED, MATTE, REMOVED
from sama.ui.api_answers import Answers
from sama.ui.api_everything import EverythingEndpoint
from sama.ui.api_find import Words
from sama.ui.api_objects import ObjectsApart
from sama.ui.api_words import documented
from sama.ui.handlers.page import Keep
from sama.ui.sent import SentFile
from sama.ui.visit import Visit

_ROWS = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
_WORDS = {"type": "array", "items": {"type": "string"}}


class Api:
    """The endpoints, over one shared model; a caller's photo is kept as long as any upload, two hours."""

    def __init__(self, open_visit: Callable[..., Visit], info: ModelInfo, keep: Keep):
        """open_visit: opens the photo in a file, which its sender may call by another name; raises PhotoError."""
        self._info, self._open = info, open_visit
        self._shared = open_visit, info, keep
        self._answer = Answers(open_visit, info, keep).files

    def add(self) -> None:
        """Add the endpoints to the page being built, with components that nobody sees."""
        with gr.Column(visible=False):
            image, mask_in, picture = (SentFile(label=name) for name in ("image", "mask", "picture"))
            points, boxes = Value([], _ROWS, "points"), Value([], _ROWS, "boxes")
            order = Value([], _WORDS, "order")
            candidate = gr.Number(None, precision=0, label="candidate")
            background = gr.Textbox("transparent", label="background")
            method = gr.Textbox(None, label="method")
            cutout_from = gr.Textbox(MATTE, label="cutout_from")
            haze = gr.Textbox(REMOVED, label="haze")
            foreground = gr.Textbox(ESTIMATED, label="foreground")
            mask, alpha, cutout, composite = (
                gr.File(label=name) for name in ("mask", "alpha", "cutout", "composite")
            )
            report = gr.JSON(label="report")
            apart, words = ObjectsApart(self._answer), Words(self._open)
            trigger = gr.Button("API")
            EverythingEndpoint(*self._shared).add(trigger, image, report)
        prompts, finish = [image, points, boxes, candidate], [cutout_from, haze]
        for function, inputs, outputs in (
            (
                self.predict,
                [*prompts, method, foreground, mask_in, *finish, order],
                [mask, alpha, cutout, report],
            ),
            (self.segment, [*prompts, method, mask_in, order], [mask, report]),
            (self.matte, [*prompts, method, foreground, mask_in, *finish, order], [alpha, cutout, report]),
            (
                self.composite,
                [*prompts, background, method, foreground, mask_in, picture, *finish, order],
                [composite, report],
            ),
            (apart.objects, apart.inputs(image, points, boxes, method), apart.outputs(report)),
            (self.from_mask, [image, mask_in, foreground, *finish], [alpha, cutout, report]),
            (words.find, words.inputs(image), [report]),
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

    @documented
    def predict(
        self,
        image: FileData | None,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        method: str | None = None,
        foreground: str = ESTIMATED,
        mask: FileData | None = None,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
        order: list | None = None,
    ):
        """Cut an object out of a photo: SAMA's mask, its alpha matte, and the cut-out with clean edge colours, all at
        the photo's size.

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
            foreground=foreground,
            mask=mask,
            cutout_from=cutout_from,
            haze=haze,
            order=order,
        )

    @documented
    def segment(
        self,
        image: FileData | None,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        method: str | None = None,
        mask: FileData | None = None,
        order: list | None = None,
    ):
        """Segment an object in a photo: SAMA's mask at the photo's size."""
        return self._answer(
            ("mask.png",), image, points, boxes, candidate, method=method, mask=mask, order=order
        )

    @documented
    def matte(
        self,
        image: FileData | None,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        method: str | None = None,
        foreground: str = ESTIMATED,
        mask: FileData | None = None,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
        order: list | None = None,
    ):
        """Matte an object in a photo: SAMA's alpha matte and the RGBA cut-out at the photo's size."""
        return self._answer(
            ("alpha.png", "cutout.png"),
            image,
            points,
            boxes,
            candidate,
            method=method,
            foreground=foreground,
            mask=mask,
            cutout_from=cutout_from,
            haze=haze,
            order=order,
        )

    @documented
    def composite(
        self,
        image: FileData | None,
        points: list | None = None,
        boxes: list | None = None,
        candidate: int | None = None,
        background: str = "transparent",
        method: str | None = None,
        foreground: str = ESTIMATED,
        mask: FileData | None = None,
        picture: FileData | None = None,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
        order: list | None = None,
    ):
        """Put an object of a photo on another background, at the photo's size."""
        return self._answer(
            ("composite.png",),
            image,
            points,
            boxes,
            candidate,
            background=background,
            method=method,
            foreground=foreground,
            mask=mask,
            picture=picture,
            cutout_from=cutout_from,
            haze=haze,
            order=order,
        )

    @documented
    def from_mask(
        self,
        image: FileData | None,
        mask: FileData | None = None,
        foreground: str = ESTIMATED,
        cutout_from: str = MATTE,
        haze: str = REMOVED,
    ):
        """Matte the object that a mask marks in a photo: the alpha matte follows the mask, mends it and softens its
        edges; with the RGBA cut-out, at the photo's size.

        Returns:
            alpha: PNG, 8 bit grey.
            cutout: PNG, RGBA with straight alpha.
            report: As of `predict`; scores are SAM's, of its answer to the mask's box.
        """
        return self._answer(
            ("alpha.png", "cutout.png"),
            image,
            None,
            None,
            None,
            method=FromMask.name,
            foreground=foreground,
            mask=mask,
            cutout_from=cutout_from,
            haze=haze,
        )

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
            "absent": {name: text for name, method in METHODS.items() if (text := method.absent())},
            "notes": list(info.notes),
        }
