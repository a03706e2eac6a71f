"""The embedded model's matting head on the mask of a larger SAM, for which there are no SAMA weights.

The official models find objects better than the embedded one, and have no head for mattes. A head that follows any mask
follows theirs.
"""

from collections.abc import Callable

import numpy as np

from sama.methods.base import MATTE, MODEL, Method, Predictor, Report
from sama.methods.borrowed import add_mattes
from sama.methods.from_mask import FromMask
from sama.methods.sam import Sam
from sama.predict.answer import SAM, Answer, ModelInfo
from sama.request.request import Request

SUREST = 10.0  # logit; the head has met none beyond it in a mask that was given


class MiniOnSam(Method):
    """SAM answers, SAMA-mini mattes."""

    name = "mini_on_sam"
    label = "Mini on SAM"
    panel = "Matte: mini on {model}'s mask"
    title = "Matte: mini on {model}'s mask"
    help = "The embedded model's matting head on the mask of this SAM, which has no SAMA weights of its own"
    note = "matte by the embedded model's head, which follows SAM's mask"
    returns = frozenset({MATTE})
    needs = frozenset({MODEL})

    def available(self, info: ModelInfo) -> bool:
        """For models that cannot do it themselves."""
        return not info.trained

    def missing(self, info: ModelInfo) -> str:
        """See `Method.missing`."""
        return f"{self.name} is for models without SAMA weights, and {info.title} has them; choose sama."

    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> Callable[[Request, Report | None], Answer]:
        """See `Method.open`."""
        if predictor is None:
            raise ValueError(f"{self.name} needs a predictor")

        def answer(request: Request, progress: Report | None = None) -> Answer:
            found = predictor.answer(request, Sam())
            logits = [np.clip(each.layers[SAM], -SUREST, SUREST) for each in found.objects]
            masks = [mask if (mask > 0).any() else None for mask in logits]
            started = Answer(self.name, found.objects, found.seconds)
            return add_mattes(started, masks, request, predictor, FromMask(), progress)

        return answer
