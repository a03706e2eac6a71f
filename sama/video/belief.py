"""What is believed of a frame before the decoder has run: the moved mask, and what the memory says of its cells.

Tensors on the grid of mask prompts, (1, 1, g, g) of one frame; followers and the training of the read-out share it.
"""

from dataclasses import replace

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from sama.models.backbones.prior import PriorContext
from sama.models.image_features import SamAnswer
from sama.video.memory import Memory
from sama.video.settings import FollowSettings

SURE = 8.0  # logits of beliefs stay within
SCORE = 0.5  # what SAM's own score counts beside IoU with the belief
SPEAKS = 2.5  # the most that the memory says beside the moved mask, as a logit


def looks_of(
    context: PriorContext, sharpness: Tensor, memory: Memory, how: FollowSettings, *, prompted: bool
) -> Tensor:
    """What the memory, or the prompted frames of it alone, says of every cell of a cut: log odds (1, 1, g, g).

    sharpness: of the prior's comparison, see `Memory.likeness`.
    """
    frames = memory.prompted if prompted else memory.frames
    like = memory.likeness(context, sharpness, frames).float()
    like = F.interpolate(like, context.valid.shape[-2:], mode="bilinear")
    found = how.likeness * like + how.colour * memory.colours(context, frames)
    return torch.where(context.valid > 0, found, -SURE)


def belief_of(flow: Tensor, looks: Tensor | None, how: FollowSettings) -> Tensor:
    """Logits (1, 1, g, g) before the decoder has run: the moved mask, and the memory where it is near."""
    belief = how.flow * flow / SURE
    if looks is None:
        return belief
    return belief + looks.clamp(-SPEAKS, SPEAKS) - SURE * (1 - _near(flow, how.reach))


def _near(flow: Tensor, reach: float) -> Tensor:
    """1 where the object can be at all, near where it was moved to, else 0: (1, 1, g, g)."""
    inside = (flow > 0).float()
    longest = max(int(inside.amax(axis).sum()) for axis in (2, 3))
    cells = max(2, round(reach * longest))
    return F.max_pool2d(inside, 2 * cells + 1, 1, cells)


def largest(looks: Tensor) -> Tensor:
    """The same log odds (1, 1, g, g), with nothing but the connected place that has the most for it."""
    odds = looks[0, 0].cpu().numpy()
    places = np.empty(odds.shape, np.int32)
    count = ndimage.label(odds > 0, output=places)
    if int(count) < 2:  # pyright: ignore[reportArgumentType]  a number, as `output` is given
        return looks
    worth = np.bincount(places.ravel(), odds.clip(0).ravel())
    other = torch.from_numpy((places != worth[1:].argmax() + 1) & (places > 0)).to(looks.device)
    return torch.where(other, -looks, looks)


def box_of_cells(belief: Tensor, margin: float) -> tuple[float, float, float, float] | None:
    """The box to ask with, in cells of the grid: around what is believed (1, 1, g, g), with a margin over its sides,
    perhaps beyond the grid; None where nothing is believed."""
    rows, columns = torch.nonzero(belief[0, 0] > 0, as_tuple=True)
    if not len(rows):
        return None
    x0, x1 = float(columns.min()), float(columns.max() + 1)
    y0, y1 = float(rows.min()), float(rows.max() + 1)
    across, down = margin * (x1 - x0), margin * (y1 - y0)
    return x0 - across, y0 - down, x1 + across, y1 + down


def nearest(answer: SamAnswer, belief: Tensor) -> SamAnswer:
    """The same answer with that of SAM's masks chosen which is most like the belief (N, 1, g, g), by IoU and score."""
    inside, masks = belief > 0, answer.logits > 0
    shared = (masks & inside).sum((2, 3)).float()
    either = (masks | inside).sum((2, 3)).clamp(min=1)
    worth = shared / either + SCORE * answer.scores.float()
    return replace(answer, chosen=worth.argmax(1))
