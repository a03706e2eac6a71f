"""SAMA: SAM's answer refined by SAMA's heads."""

from typing import TYPE_CHECKING

from sama.methods.base import MASK, MATTE, MODEL, SAMA_WEIGHTS, ModelMethod
from sama.predict.answer import ALPHA, SAMA

if TYPE_CHECKING:
    from sama.predict.seen import Seen


class Sama(ModelMethod):
    """Segmentation and matting head (arXiv 2601.12147)."""

    name = "sama"
    label = "SAMA's matte"
    title = "SAMA alpha matte"
    help = "SAMA's matting head"
    returns = frozenset({MASK, MATTE})
    needs = frozenset({MODEL, SAMA_WEIGHTS})
    mask = SAMA
    tasks = ("segmentation", "matting")

    def finish(self, seen: "Seen") -> None:
        """See `ModelMethod.finish`."""
        seen.layers[ALPHA] = seen.matte()
        seen.add_trimap()
