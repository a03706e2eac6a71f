"""One file a method, one table: whatever turns a request into masks and mattes.

A new method is a file here and a line in METHODS; command line, page, evaluation, figure and session files are built
from the table.
"""

from collections.abc import Callable

import numpy as np

from sama.errors import PromptError
from sama.methods import (
    closed_form,
    from_mask,
    grabcut,
    hq_sam,
    matte_anything,
    mini_on_sam,
    own,
    painted,
    rembg_crop,
    sam,
    sam2,
    sama,
    solid,
    zim,
)
from sama.methods.base import MATTE, OWN_ALPHA, Method, ModelMethod, Predictor, Report, matte_of
from sama.methods.finishing import finished
from sama.predict.answer import Answer, ModelInfo
from sama.request.request import Request

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        sam.Sam(),
        sama.Sama(),
        solid.Solid(),
        closed_form.ClosedForm(),
        own.Own(),
        grabcut.GrabCut(),
        mini_on_sam.MiniOnSam(),
        from_mask.FromMask(),
        painted.Painted(),
        hq_sam.HqSam(),
        sam2.Sam2(),
        zim.Zim(),
        matte_anything.MatteAnything(),
        rembg_crop.RembgCrop(),
    )
}

__all__ = [
    "METHODS",
    "Method",
    "ModelMethod",
    "answer",
    "answering",
    "default_method",
    "matte_of",
    "mattes",
    "method_of",
]


def method_of(name: str | None, info: ModelInfo) -> Method:
    """Return the method of that name, the model's own for None. Raises PromptError for a name that there is not."""
    if name is None:
        return METHODS[default_method(info)]
    if name not in METHODS:
        raise PromptError(f"There is no method called {name!r:.40}; choose {', '.join(METHODS)}.")
    return METHODS[name]


def default_method(info: ModelInfo) -> str:
    """Whose matte is shown unless another is asked for: SAMA's, where there are weights for it."""
    return "sama" if info.trained else "closed_form"


def mattes(info: ModelInfo | None = None) -> list[Method]:
    """The methods that make mattes, in the order of the table; info: only those that the page's switch offers with this
    model, and the one that it begins with first."""
    found = [method for method in METHODS.values() if MATTE in method.returns]
    if info is None:
        return found
    offered = [method for method in found if method.switch and method.available(info)]
    return sorted(offered, key=lambda method: method.name != default_method(info))


def answer(predictor: Predictor, request: Request, progress: Callable[[float], None] | None = None) -> Answer:
    """Answer a request on a predictor's open photo by the method that it names.

    progress is called with the fraction of a slow method's work that is done. Raises PromptError for prompts that the
    method does not take or a method that there is not, WeightsError for weights that are missing.
    """
    method = method_of(request.method, predictor.info)
    method.check(request, predictor.info)
    if predictor.photo is None:
        raise PromptError("No photo is open; call set_image first.")
    found = answering(method, predictor.photo, predictor)(request, progress)
    return found.as_listed(request.listing)


def answering(
    method: Method, photo: np.ndarray, predictor: Predictor | None
) -> Callable[[Request, Report | None], Answer]:
    """Return what answers requests on a photo by a method, see `Method.open`: clicks hold, and haze is removed unless
    the request keeps it, see `sama.methods.finishing`. The file's own matte is left as it is."""
    opened = method.open(photo, predictor)
    if OWN_ALPHA in method.needs:
        return opened
    return lambda request, progress=None: finished(opened(request, progress), request, photo)
