"""What the panels show of an answer with several objects: all of them as one, their stack, or one alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sama.matting.stack import stacked
from sama.predict.answer import ALPHA, ALPHA_LOGITS, Answer
from sama.request.listing import Listing

UNION, STACK, ONE = "union", "stack", "one"
KINDS = (UNION, STACK, ONE)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class View:
    """kind: one of KINDS; selected: number of the object that ONE shows; colours: of the objects, by number."""

    kind: str = UNION
    selected: int | None = None
    colours: tuple[Colour, ...] = ()

    def of(self, answer: Answer) -> Answer:
        """What is shown: the answer itself, one of its objects, or all of them with the matte of the stack."""
        if self.kind == ONE and self.selected is not None and self.selected < len(answer.objects):
            return answer.only(self.selected)
        if self.kind != STACK or len(answer.seen) < 2 or answer.alpha is None:
            return answer
        layers = {name: layer for name, layer in answer.union.layers.items() if name != ALPHA_LOGITS}
        layers[ALPHA] = np.sum(answer.stack, axis=0)
        return replace(answer, objects=(replace(answer.union, layers=layers),), listing=Listing())

    def apart(self, answer: Answer) -> list[tuple[Colour, np.ndarray]]:
        """The mattes (H, W) float32 of the objects from front to back, each with its colour, where the stack is shown;
        none otherwise."""
        if self.kind != STACK or len(answer.seen) < 2 or answer.alpha is None or not self.colours:
            return []
        alphas = [answer.objects[number].layers[ALPHA] for number in answer.seen]
        return [
            (self.colours[number % len(self.colours)], alpha)
            for number, alpha in zip(answer.seen, alphas, strict=True)
        ]


def coloured(apart: Sequence[tuple[Colour, np.ndarray]]) -> np.ndarray:
    """Return mattes (h, w), from front to back, as a stack (h, w, 3) uint8: each in its colour, by how much is seen."""
    parts = stacked([alpha for _, alpha in apart])
    mixed = sum(
        part[..., None] * np.array(colour, np.float32) for (colour, _), part in zip(apart, parts, strict=True)
    )
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
