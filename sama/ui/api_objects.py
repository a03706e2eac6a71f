"""The endpoint for several objects of one photo, kept apart."""

from collections.abc import Callable

import gradio as gr
from gradio.components.api_component import Api as Value  # what `gr.api` makes of a typed argument
from gradio.data_classes import FileData

from sama.ui.api_words import documented
from sama.ui.handlers.exports import EVERYTHING

_NAMES = {"type": "array", "items": {"type": "string"}}


class ObjectsApart:
    """The endpoint `objects`, with the components that only it has; made inside a column that nobody sees."""

    def __init__(self, answer: Callable[..., tuple]):
        """answer: see `sama.ui.api_answers.Answers.files`."""
        self._answer = answer
        self._names, self._together = Value([], _NAMES, "names"), gr.Checkbox(False, label="together")
        self._coco, self._archive = gr.File(label="coco"), gr.File(label="archive")

    def inputs(self, image, points, boxes, method) -> list:
        """Its arguments; given: components that endpoints share."""
        return [image, points, boxes, self._names, self._together, method]

    def outputs(self, report) -> list:
        """What it returns."""
        return [self._coco, self._archive, report]

    @documented
    def objects(
        self,
        image: FileData | None,
        points: list | None = None,
        boxes: list | None = None,
        names: list | None = None,
        together: bool = False,
        method: str | None = None,
    ):
        """Cut several objects out of a photo and keep them apart, one for each box: a folder for each with mask, matte
        and cut-out, and all of them together.

        Returns:
            coco: COCO data set, an annotation for each object with RLE, bbox, area, score and name.
            archive: ZIP of everything, at the photo's size.
            report: As of `predict`; `objects` has name, score, bbox and area of each.
        """
        listing = {"names": names or [], "together": together}
        return self._answer(
            ("coco.json", EVERYTHING), image, points, boxes, None, method=method, objects=listing
        )
