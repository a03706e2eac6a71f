"""One try to find an object in a look: what is believed beforehand, SAM's answer to that, and the matte of it."""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from sama.models.image_features import SamAnswer
from sama.video.look import Box, Look, Seen
from sama.video.memory import Memory
from sama.video.settings import MEMORY, FollowSettings

SURE = 8.0  # logits of beliefs stay within
SCORE = 0.5  # what SAM's own score counts beside IoU with the belief
SPEAKS = 2.5  # the most that the memory says beside the moved mask, as a logit


@dataclass(frozen=True, eq=False)
class Try:
    """What was found; known: the mean log odds by which the marked frames know it, 0 for nothing to compare."""

    look: Look
    seen: Seen
    known: float


def tried(look: Look, memory: Memory, how: FollowSettings, moved: np.ndarray | None) -> Try:
    """Look for the object of a memory; moved: the mask before, moved by the flow, logits (H, W) of the whole frame, or
    None where it is looked for by what the prompted frames say alone."""
    looks = _looks(look, memory, how, prompted=moved is None)
    if moved is None:
        if looks is None:
            raise ValueError("a model without a prompt prior has nothing to compare")
        belief = _largest(looks)
    else:
        belief = _belief(look.on_grid(moved), looks, how)
    box = _box(look, belief, how.box)
    share = torch.sigmoid(belief)
    known = None if looks is None else torch.cat([share, 1 - share], 1)
    answer = nearest(look.asked(box, belief.clamp(-SURE, SURE), known), belief)
    # The matte of MAM2's ablation is decoded from what the memory has changed, ours from the frame's own features.
    start = answer if how.matte_from == MEMORY else look.asked(box).believing(answer.base)
    seen = look.refined(start, how.edges)
    score = float(answer.scores[0, answer.chosen[0]])
    # What was followed wrongly is remembered too; what was marked is sure.
    marked = looks if moved is None else _looks(look, memory, how, prompted=True)
    return Try(look, replace(seen, score=score), _mean_inside(marked, answer.base))


def nearest(answer: SamAnswer, belief: Tensor) -> SamAnswer:
    """The same answer with that of SAM's masks chosen which is most like the belief (1, 1, g, g), by IoU and score."""
    inside, masks = belief > 0, answer.logits > 0
    shared = (masks & inside).sum((2, 3)).float()
    either = (masks | inside).sum((2, 3)).clamp(min=1)
    worth = shared / either + SCORE * answer.scores.float()
    return replace(answer, chosen=worth.argmax(1))


def _looks(look: Look, memory: Memory, how: FollowSettings, *, prompted: bool) -> Tensor | None:
    """What the memory says of every cell of the cut: log odds (1, 1, g, g); None for a model without a prior."""
    context = look.context
    if context is None:
        return None
    frames = memory.prompted if prompted else memory.frames
    prior = cast(Any, look.model.backbone.sam.prompt_encoder).prior
    like = memory.likeness(context, prior.sharpness, frames).float()
    like = F.interpolate(like, context.valid.shape[-2:], mode="bilinear")
    found = how.likeness * like + how.colour * memory.colours(context, frames)
    return torch.where(context.valid > 0, found, -SURE)


def _belief(flow: Tensor, looks: Tensor | None, how: FollowSettings) -> Tensor:
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


def _largest(looks: Tensor) -> Tensor:
    """The same log odds (1, 1, g, g), with nothing but the connected place that has the most for it."""
    odds = looks[0, 0].cpu().numpy()
    places = np.empty(odds.shape, np.int32)
    count = ndimage.label(odds > 0, output=places)
    if int(count) < 2:  # pyright: ignore[reportArgumentType]  a number, as `output` is given
        return looks
    worth = np.bincount(places.ravel(), odds.clip(0).ravel())
    other = torch.from_numpy((places != worth[1:].argmax() + 1) & (places > 0)).to(looks.device)
    return torch.where(other, -looks, looks)


def _box(look: Look, belief: Tensor, margin: float) -> Box:
    """The box to ask with, in the frame's pixels: around what is believed, with a margin over its sides."""
    left, top = look.region.left, look.region.top
    width, height = look.region.size
    rows, columns = torch.nonzero(belief[0, 0] > 0, as_tuple=True)
    if not len(rows):
        return float(left), float(top), float(left + width), float(top + height)
    scale = max(width, height) / look.side
    x0, x1 = float(columns.min()) * scale, float(columns.max() + 1) * scale
    y0, y1 = float(rows.min()) * scale, float(rows.max() + 1) * scale
    across, down = margin * (x1 - x0), margin * (y1 - y0)
    return (
        left + max(x0 - across, 0),
        top + max(y0 - down, 0),
        left + min(x1 + across, width),
        top + min(y1 + down, height),
    )


def _mean_inside(looks: Tensor | None, mask: Tensor) -> float:
    """The mean of what the memory says (1, 1, g, g) where a mask of logits is."""
    inside = mask > 0
    if looks is None or not bool(inside.any()):
        return 0.0
    return float(looks[inside].mean())
