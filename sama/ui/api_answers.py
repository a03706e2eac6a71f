"""How the endpoints answer: from what a program sends to files and a report."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradio.data_classes import FileData

from sama.errors import PromptError, SamaError
from sama.export.files import names_of
from sama.methods import METHODS
from sama.methods.from_mask import FromMask, asked_of
from sama.methods.own import check_own
from sama.predict.answer import ModelInfo
from sama.request.mask_files import read_mask
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from sama.ui.api_report import report_of
from sama.ui.handlers.exports import EVERYTHING, deliver
from sama.ui.handlers.page import Keep
from sama.ui.scene.backdrop import backdrop_of
from sama.ui.telling import Refusal
from sama.ui.visit import Visit


class Answers:
    """Answers over one shared model."""

    def __init__(self, open_visit: Callable[..., Visit], info: ModelInfo, keep: Keep):
        """See `sama.ui.api.Api`."""
        self._open = open_visit
        self._info = info
        self._keep = keep

    def files(
        self,
        names: tuple[str, ...],
        image: FileData | None,
        points: list | None,
        boxes: list | None,
        candidate: int | None,
        *,
        mask: FileData | None = None,
        picture: FileData | None = None,
        method: str | None = None,
        order: list | None = None,
        **options: Any,
    ) -> tuple:
        """Return the files `names`, mask.png being SAM's where SAMA has no weights, and the report; options: further
        entries of `Settings.from_dict`."""
        try:
            if image is None:
                raise PromptError("There is no photo; send one as image.")
            if method == FromMask.name and mask is None:
                raise PromptError("There is no mask; send one of the photo's size as mask.")
            if method and method not in METHODS:
                raise PromptError(f"There is no method called {method!r:.40}; choose {', '.join(METHODS)}.")
            options |= {"candidate": candidate, "matte": method or None}
            given = {name: value for name, value in options.items() if value is not None}
            settings = Settings.from_dict(given, methods=METHODS)
            if picture is not None:
                settings = replace(settings, background=backdrop_of(picture.path, picture.orig_name))
            prompts = Prompts.from_dict({"points": points or [], "boxes": boxes or [], "order": order or []})
            visit = self._open(image.path, image.orig_name)
            check_own(settings.method, visit.name, visit.limit)
            if mask is not None:
                prompts = replace(
                    prompts, mask=read_mask(mask.path, visit.size, visit.name, name=mask.orig_name)
                )
            settings = replace(settings, method=asked_of(settings.method, prompts))
            outputs = visit.outputs(prompts, settings, self._info)
            there = names_of(outputs)
            present = tuple(name if name in (*there, EVERYTHING) else "mask_sam.png" for name in names)
            return *deliver(outputs, present, self._keep), report_of(outputs, self._info)
        except SamaError as error:
            raise Refusal(str(error), page=False) from error
