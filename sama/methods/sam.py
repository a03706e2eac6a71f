"""SAM alone: its mask, which is there before SAMA's."""

from sama.methods.base import MASK, ModelMethod
from sama.predict.answer import SAM


class Sam(ModelMethod):
    """The frozen model that SAMA stands on; the global view is enough for it."""

    name = "sam"
    label = "SAM"
    title = "SAM mask"
    help = "SAM's mask alone, which has no soft edges"
    note = "hard edges of SAM's mask"
    returns = frozenset({MASK})
    mask = SAM
