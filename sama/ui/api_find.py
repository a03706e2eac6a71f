"""The endpoint that turns words into boxes."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from sama.errors import PromptError, SamaError
from sama.methods.words import find
from sama.ui.api_words import documented
from sama.ui.telling import Refusal
from sama.ui.visit import Visit


class Words:
    """The endpoint `find`, with the components that only it has; made inside a column that nobody sees."""

    def __init__(self, open_visit: Callable[..., Visit]):
        """open_visit: see `sama.ui.api.Api`."""
        self._open = open_visit
        self._text, self._detector = gr.Textbox("", label="text"), gr.Textbox(None, label="detector")

    def inputs(self, image) -> list:
        """Its arguments; given: the component that endpoints share."""
        return [image, self._text, self._detector]

    @documented
    def find(self, image: FileData | None, text: str = "", detector: str | None = None) -> dict[str, Any]:
        """Find what words name in a photo; the boxes are prompts for the other endpoints.

        Returns:
            report: boxes as [x0, y0, x1, y1] in pixels of the upright photo, the surest first, scores and words of
                each, and the photo's size.
        """
        try:
            if image is None:
                raise PromptError("There is no photo; send one as image.")
            visit = self._open(image.path, image.orig_name)
            found = find(visit.preview, text or "", visit.size, detector=detector or None)
        except SamaError as error:
            raise Refusal(str(error), page=False) from error
        return {
            "boxes": [list(each.box) for each in found],
            "scores": [each.score for each in found],
            "words": [each.words for each in found],
            "size": list(visit.size),
        }
