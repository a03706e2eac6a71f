"""The transparency that a photo's file brings along, taken as the matte: for cut-outs made elsewhere."""

import numpy as np

from sama.errors import PromptError
from sama.methods.base import MATTE, OWN_ALPHA, PhotoMethod
from sama.predict.answer import ALPHA, ObjectAnswer
from sama.request.request import Request


class Own(PhotoMethod):
    """Opaque everywhere; what is left of it is the file's transparency, which limits every matte (`Photo.limit`)."""

    name = "own"
    label = "File's own"
    panel = "File's own matte"
    title = "The file's own transparency"
    help = "The transparency that the photo's file already has, as it is; prompts do not change it"
    note = "matte from the photo's file"
    returns = frozenset({MATTE})
    needs = frozenset({OWN_ALPHA})

    def layers(self, photo: np.ndarray, answer: ObjectAnswer, request: Request) -> dict[str, np.ndarray]:
        """See `PhotoMethod.layers`."""
        return {ALPHA: np.ones(request.shape, np.float32)}


def check_own(method: str | None, name: str, alpha: np.ndarray | None) -> None:
    """Raise PromptError where the transparency of the photo `name`, alpha, is asked for and there is none."""
    if method == Own.name and alpha is None:
        raise PromptError(f"{name} has no transparency of its own; choose another method than {Own.name}.")
