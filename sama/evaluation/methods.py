"""What is compared: each method turns a photo and prompts into an Answer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from sama.errors import SamaError
from sama.methods.grabcut import grabcut
from sama.predict.prediction import ModelInfo, Prediction
from sama.request.prompts import Prompts

METHOD_NAMES = ("sam", "sama", "closed_form", "grabcut")
BOX_ONLY = frozenset({"grabcut"})
WITHOUT_MODEL = frozenset({"grabcut"})
NEEDS_SAMA_WEIGHTS = frozenset({"sama"})


@dataclass(frozen=True)
class Answer:
    """mask (H, W) bool; probability and matte (H, W) float32 in [0, 1].

    A method that makes no mattes offers its mask as one.
    """

    mask: np.ndarray
    probability: np.ndarray
    matte: np.ndarray


def choose_methods(names: list[str] | None, prompts: str) -> tuple[str, ...]:
    """Return the methods to run with this kind of prompt: those named, or else all that take it.

    Raises SamaError for an unknown name, a name given twice, none at all, or a method that does not
    take the prompt.
    """
    if names is None:
        return tuple(name for name in METHOD_NAMES if prompts == "box" or name not in BOX_ONLY)
    for name in names:
        if name not in METHOD_NAMES:
            raise SamaError(f"There is no method {name!r}: choose from {', '.join(METHOD_NAMES)}.")
        if name in BOX_ONLY and prompts != "box":
            raise SamaError(f"{name} takes a box only: use --prompts box or leave it out of --methods.")
    if not names or len(set(names)) < len(names):
        raise SamaError("--methods must name each method once, separated by commas.")
    return tuple(names)


def drop_untrained(names: tuple[str, ...], named: bool, info: ModelInfo) -> tuple[str, ...]:
    """Return the methods without those that this model has no weights for.

    Raises SamaError when such a method was asked for by name: its answer would be SAM's under another label.
    """
    missing = [] if info.trained else [name for name in names if name in NEEDS_SAMA_WEIGHTS]
    if missing and named:
        raise SamaError(
            f"There are no SAMA weights for {info.name}: give them with --sama-weights, or leave "
            f"{', '.join(missing)} out of --methods."
        )
    return tuple(name for name in names if name not in missing)


def answering(
    name: str, image: np.ndarray, predictor, *, closer: bool = True, edges: bool = True
) -> Callable[[Prompts], Answer]:
    """Return the method as a function of prompts for one photo (H, W, 3) uint8.

    closer, edges: see `SamaPredictor.predict`.

    The predictor (a `sama.predict.predictor.SamaPredictor`, or whatever has its `predict`) must hold that
    photo already; it may be None for the methods in WITHOUT_MODEL.
    """
    if name == "sam":
        return lambda prompts: _sam(predictor.predict(prompts, sama=False, closer=closer))
    if name == "sama":
        return lambda prompts: _sama(predictor.predict(prompts, closer=closer, edges=edges))
    if name == "closed_form":
        options = {"sama": False, "matte": "closed_form", "closer": closer}
        return lambda prompts: _closed_form(predictor.predict(prompts, **options))
    return lambda prompts: _grabcut(image, prompts)


def _sam(prediction: Prediction) -> Answer:
    mask = prediction.sam_mask
    return Answer(mask, expit(prediction.sam_logits), mask.astype(np.float32))


def _sama(prediction: Prediction) -> Answer:
    return Answer(prediction.sama_mask, expit(prediction.sama_logits), prediction.alpha)


def _closed_form(prediction: Prediction) -> Answer:
    return Answer(prediction.alpha > 0.5, prediction.alpha, prediction.alpha)


def _grabcut(image: np.ndarray, prompts: Prompts) -> Answer:
    mask = grabcut(image, prompts.boxes[0])
    return Answer(mask, mask.astype(np.float32), mask.astype(np.float32))
