"""What somebody has painted, as it is: a mask that is given, and strokes of brush and eraser.

The model is not asked to mend it. Where strokes correct an answer to boxes or clicks, that answer stays as it is
wherever nothing was painted.
"""

from typing import TYPE_CHECKING

import numpy as np

from sama.methods.sama import Sama
from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, SAM, SAMA, TRIMAP, ModelInfo

if TYPE_CHECKING:
    from sama.predict.seen import Seen


class Painted(Sama):
    """The given mask, soft where it is; SAMA's answer to boxes and clicks where there is none. Strokes are drawn on
    both by `sama.methods.finishing`, on every pixel under them."""

    name = "painted"
    label = "As painted"
    panel = "Matte as painted"
    title = "Matte as painted"
    help = "A mask or strokes as they are: nothing is refined where somebody has painted"
    note = "matte as painted"
    as_painted = True
    switch = False  # the page's brush has a switch of its own

    def available(self, info: ModelInfo) -> bool:
        """See `Method.available`: without SAMA's weights SAM's mask is what is painted on."""
        return True

    def finish(self, seen: "Seen") -> None:
        """See `ModelMethod.finish`."""
        from sama.photo.resize import resize
        from sama.request.masks import SURE, given_logits

        prompts = seen.prompts
        if prompts.mask is None and not prompts.only_strokes:
            if seen.matting is not None:
                super().finish(seen)
            else:
                seen.layers[ALPHA] = (seen.layers[SAM] > 0).astype(np.float32)
            return
        if prompts.mask is None:
            logits = np.full(seen.shape, -SURE, np.float32)
        else:
            logits = resize(given_logits(prompts.mask), (seen.shape[1], seen.shape[0]))
        for name in (ALPHA_LOGITS, TRIMAP, DETAIL):
            seen.layers.pop(name, None)
        seen.layers[ALPHA] = np.clip(logits / np.float32(2 * SURE) + np.float32(0.5), 0, 1)
        if SAMA in seen.layers:
            seen.layers[SAMA] = logits
