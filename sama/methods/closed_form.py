"""The matte that needs no training of ours: closed-form matting of SAM's answer."""

from typing import TYPE_CHECKING

from sama.methods.base import MATTE, ModelMethod
from sama.predict.answer import ALPHA

if TYPE_CHECKING:
    from sama.predict.seen import Seen


class ClosedForm(ModelMethod):
    """Levin, Lischinski and Weiss 2008, from a trimap around SAM's mask; what models without SAMA weights have."""

    name = "closed_form"
    label = "Training-free"
    panel = "Training-free matte"
    title = "Training-free matte"
    help = "Closed-form matting of SAM's mask, without any training; takes seconds"
    note = "matte by closed-form matting of SAM's mask, without training"
    returns = frozenset({MATTE})
    slow = "Solving the training-free matte, without SAMA ..."
    tasks = ("segmentation",)  # for SAMA's mask beside it

    def finish(self, seen: "Seen") -> None:
        """See `ModelMethod.finish`."""
        from sama.matting.closed_form import closed_form_alpha
        from sama.matting.trimap import trimap_from_logits
        from sama.photo.resize import resize, shrink_photo

        height, width = seen.shape
        with seen.timed("closed_form"):
            photo = shrink_photo(seen.photo.copy, height * width)
            shape = photo.shape[:2]
            trimap = trimap_from_logits(seen.sam_at(shape), seen.candidates_at(shape))
            alpha = closed_form_alpha(photo, trimap, progress=seen.progress)
            seen.layers[ALPHA] = resize(alpha, (width, height))
