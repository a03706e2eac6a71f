"""A matte of an object that is known to be solid: opaque inside, soft at its edges.

Where the matting head cannot tell whether an object covers its background, its matte is grey inside, as that of glass
should be. Whoever says that the object is solid decides that. Filling the inside would leave a grey rim around it;
instead the matte is divided by the level that it has nearby where SAMA's mask is sure, so that an edge's profile, a
strand or a leaf keeps its shape. docs/notebook.md has what it is worth.
"""

from typing import TYPE_CHECKING

import numpy as np

from sama.methods.sama import Sama
from sama.predict.answer import ALPHA, ALPHA_LOGITS, SAMA

if TYPE_CHECKING:
    from sama.predict.seen import Seen

GRID = 512  # longer side of the grid on which levels are found
ERODED = 3  # cells by which the surely solid part keeps away from the mask's edge
# Windows whose means, one after the other, say what is near: about a Gaussian of 10 cells.
RADIUS, TIMES = 10, 3
# The probability from which a cell may be the object's, and from which it surely is.
MAYBE, SURELY = 0.5, 0.8
SHARE = 0.92  # of the level nearby that already counts as opaque
LOWEST = 0.25  # level; what is fainter is not believed in
_NOTHING = 1e-3  # weight of the level 1, which is taken where no solid part is near


class Solid(Sama):
    """SAMA's matte, divided by its level inside."""

    name = "solid"
    label = "Solid"
    panel = "Solid matte"
    title = "SAMA solid matte"
    help = "SAMA's matte of an object that lets nothing through: opaque inside, soft at its edges"
    note = "matte of a solid object"

    def finish(self, seen: "Seen") -> None:
        """See `ModelMethod.finish`."""
        seen.layers[ALPHA] = solid_matte(seen.matte(), seen.layers[SAMA])
        seen.layers.pop(ALPHA_LOGITS, None)  # they are those of another matte


def solid_matte(alpha: np.ndarray, mask_logits: np.ndarray) -> np.ndarray:
    """Matte (H, W) of a solid object, from SAMA's matte in [0, 1] and its mask's logits, both (H, W) float32.

    Never lower than alpha, and 0 where alpha is.
    """
    import torch
    from torch.nn import functional as F

    from sama.models.guided import window_mean
    from sama.predict.framing import resized

    whole, logits = (torch.from_numpy(x)[None, None] for x in (alpha, mask_logits))
    scale = GRID / max(alpha.shape)
    grid = tuple(max(1, round(side * scale)) for side in alpha.shape)
    small, sure = (F.interpolate(x, grid, mode="bilinear", antialias=True) for x in (whole, logits.sigmoid()))
    sure = -F.max_pool2d(-sure, 2 * ERODED + 1, stride=1, padding=ERODED)
    sure = ((sure - MAYBE) / (SURELY - MAYBE)).clamp_(0, 1)
    # The mean of the matte weighted with the matte: a wide edge does not count as an inside of its own.
    near = torch.cat([sure * small * small, sure * small], 1)
    for _ in range(TIMES):
        near = window_mean(near, RADIUS)
    level = (near[:, :1] + _NOTHING) / (near[:, 1:] + _NOTHING)
    level = resized((SHARE * level).clamp_(LOWEST, 1), alpha.shape)
    return (whole / level).clamp_(max=1)[0, 0].numpy()
