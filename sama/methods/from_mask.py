"""The matte of a mask that is given: drawn, exported from another program, a label of a data set.

SAMA's matting head refines what SAM says of a photo; here it refines somebody's mask instead, as it was trained to with
masks that are too small, too large, coarse or torn (sama/training/damage.py); where the mask's edges are off SAM's
answer has a say near them (sama/predict/mending.py). ZIM's label converter and MAM2's mask prompts are the models. For
a SAM without SAMA's weights the embedded model's head does it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sama.methods.base import MASK, MATTE, MODEL, ModelMethod, Predictor, Report
from sama.methods.borrowed import add_mattes
from sama.methods.sam import Sam
from sama.predict.answer import ALPHA, ALPHA_LOGITS, SAMA, Answer
from sama.request.prompts import Prompts
from sama.request.request import Request

if TYPE_CHECKING:
    from sama.predict.seen import Seen


class FromMask(ModelMethod):
    """The mask, soft where the photo is. Beside it is SAM's answer to the mask's box; the mask's own better version is
    where the matte is above a half."""

    name = "from_mask"
    label = "From the mask"
    panel = "Matte of the mask"
    title = "Matte of the given mask"
    help = "The matte of a mask that you have: SAMA's matting head follows it and mends it"
    note = "matte of a given mask"
    takes = frozenset({MASK})
    returns = frozenset({MASK, MATTE})
    needs = frozenset({MODEL})
    mask = SAMA
    tasks = ("matting",)
    follows_mask = True
    switch = False  # a mask asks for it by being there

    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> Callable[[Request, Report | None], Answer]:
        """See `Method.open`."""
        if predictor is None or predictor.info.trained:
            return super().open(photo, predictor)

        def answer(request: Request, progress: Report | None = None) -> Answer:
            given = replace(request.prompts, mask=request.prompts.painted_mask(request.photo_size))
            boxed = replace(request, prompts=Prompts(boxes=given.boxed().boxes), candidate=None)
            beside = predictor.answer(boxed, Sam(), progress)
            objects = tuple(replace(each, prompts=request.prompts) for each in beside.objects)
            started = Answer(self.name, objects, beside.seconds)
            return add_mattes(started, [given.mask], request, predictor, self, progress)

        return answer

    def finish(self, seen: "Seen") -> None:
        """See `ModelMethod.finish`."""
        kept, seen.keep_logits = seen.keep_logits, True
        seen.layers[ALPHA] = seen.matte()
        seen.keep_logits = kept
        logits = seen.layers[ALPHA_LOGITS] if kept else seen.layers.pop(ALPHA_LOGITS)
        seen.layers[SAMA] = logits
        seen.add_trimap()


def asked_of(method: str | None, prompts: Prompts) -> str | None:
    """The name of the method that is asked for: a mask alone is followed, where no other method is named."""
    return FromMask.name if method is None and prompts.only_mask else method
