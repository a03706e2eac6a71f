"""What is compared: which methods of the table, and what of their answers is scored."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from sama import methods
from sama.errors import SamaError
from sama.evaluation.prompting import BOXES
from sama.evaluation.race import Curve
from sama.methods import METHODS, Method, matte_of
from sama.methods.base import BOX, MASK, MODEL, OWN_ALPHA, POINTS, SAMA_WEIGHTS
from sama.predict.answer import SAM, Answer, ModelInfo
from sama.request.prompts import Prompts
from sama.request.request import Request


@dataclass(frozen=True)
class Scored:
    """mask (H, W) bool; probability and matte (H, W) float32 in [0, 1]; sam: SAM's own mask (H, W) bool, where it was
    asked too; seconds: what the answer took, None where nobody knows; curve: of a race, the way to this answer.

    A method that makes no mattes offers its mask as one; one that makes no masks, its matte above 0.5.
    """

    mask: np.ndarray
    probability: np.ndarray
    matte: np.ndarray
    sam: np.ndarray | None = None
    seconds: float | None = None
    curve: Curve | None = None

    @classmethod
    def of(cls, answer: Answer, method: Method) -> "Scored":
        """What is scored of a method's answer."""
        matte = matte_of(answer, method)
        logits = None if method.mask is None else answer.layer(method.mask)
        sam = answer.mask(SAM)
        if logits is None:
            return cls(matte > 0.5, matte, matte, sam)
        return cls(logits > 0, expit(logits), matte, sam)


def choose_methods(names: list[str] | None, prompts: str) -> tuple[str, ...]:
    """Return the methods to run with this kind of prompt: those named, or else all of this project that take it.

    Raises SamaError for an unknown name, a name given twice, none at all, a method that does not take the prompt, or
    one of other projects that cannot run here.
    """
    kind = BOX if prompts in BOXES else POINTS
    if names is None:
        return tuple(
            name
            for name, method in METHODS.items()
            if kind in method.takes
            and OWN_ALPHA not in method.needs
            and not (method.as_painted or method.foreign)
        )
    for name in names:
        if name not in METHODS:
            raise SamaError(f"There is no method {name!r}: choose from {', '.join(METHODS)}.")
        if OWN_ALPHA in METHODS[name].needs:
            raise SamaError(f"{name} is read from a photo's file, not found; there is nothing to measure.")
        if kind not in METHODS[name].takes:
            takes = " or ".join(sorted(METHODS[name].takes))
            fit = "mask" if METHODS[name].takes == {MASK} else "box"
            raise SamaError(f"{name} takes a {takes} only: use --prompts {fit} or leave it out of --methods.")
        if sentence := METHODS[name].absent():
            raise SamaError(sentence)
    if not names or len(set(names)) < len(names):
        raise SamaError("--methods must name each method once, separated by commas.")
    return tuple(names)


def without_model(names: tuple[str, ...]) -> bool:
    """Whether none of the methods needs a model."""
    return all(MODEL not in METHODS[name].needs for name in names)


def drop_untrained(names: tuple[str, ...], named: bool, info: ModelInfo) -> tuple[str, ...]:
    """Return the methods without those that this model has no weights for.

    Raises SamaError when such a method was asked for by name: its answer would be SAM's under another label.
    """
    missing = [name for name in names if not METHODS[name].available(info)]
    if missing and named and SAMA_WEIGHTS not in METHODS[missing[0]].needs:
        raise SamaError(METHODS[missing[0]].missing(info))
    if missing and named:
        raise SamaError(
            f"There are no SAMA weights for {info.name}: give them with --sama-weights, or leave "
            f"{', '.join(missing)} out of --methods."
        )
    return tuple(name for name in names if name not in missing)


def answering(
    name: str,
    image: np.ndarray,
    predictor,
    *,
    closer: bool = True,
    edges: bool = True,
    keep_haze: bool = False,
) -> Callable[[Prompts], Scored]:
    """Return the method as a function of prompts for one photo (H, W, 3) uint8.

    closer, edges, keep_haze: see `Request`. The predictor must hold that photo already; methods that need no
    model are not given it, so that nothing else is timed with them.
    """
    method = METHODS[name]
    opened = methods.answering(method, image, predictor if MODEL in method.needs else None)
    size = image.shape[1], image.shape[0]

    def request(prompts: Prompts) -> Request:
        return Request.of(prompts, size, method=name, closer=closer, edges=edges, keep_haze=keep_haze)

    def answer(prompts: Prompts) -> Scored:
        return Scored.of(opened(request(prompts), None), method)

    return answer
