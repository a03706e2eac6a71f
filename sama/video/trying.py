"""One try to find an object in a look: what is believed beforehand, SAM's answer to that, and the matte of it."""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from sama.models.memory_readout import Cells, MemoryReadout
from sama.video.belief import SURE, belief_of, box_of_cells, largest, looks_of, nearest
from sama.video.look import Box, Look, Seen
from sama.video.memory import Memory
from sama.video.settings import MEMORY, FollowSettings


@dataclass(frozen=True, eq=False)
class Try:
    """What was found; known: the mean log odds by which the marked frames know it, 0 for nothing to compare."""

    look: Look
    seen: Seen
    known: float


def tried(
    look: Look,
    memory: Memory,
    how: FollowSettings,
    moved: np.ndarray | None,
    readout: MemoryReadout | None = None,
) -> Try:
    """Look for the object of a memory; moved: the mask before, moved by the flow, logits (H, W) of the whole frame, or
    None where it is looked for by what the prompted frames say alone; readout: what the mask's decoding is told of the
    frames that are remembered."""
    looks = _looks(look, memory, how, prompted=moved is None)
    if moved is None:
        if looks is None:
            raise ValueError("a model without a prompt prior has nothing to compare")
        belief = largest(looks)
    else:
        belief = belief_of(look.on_grid(moved), looks, how)
    box = _box(look, belief, how.box)
    share = torch.sigmoid(belief)
    known = None if looks is None else torch.cat([share, 1 - share], 1)
    told = None if readout is None else _told(readout, look, memory, belief, recent=moved is not None)
    answer = nearest(look.asked(box, belief.clamp(-SURE, SURE), known, told), belief)
    # The matte of MAM2's ablation is decoded from what the memory has changed, ours from the frame's own features.
    start = answer if how.matte_from == MEMORY else look.asked(box).believing(answer.base)
    seen = look.refined(start, how.edges)
    score = float(answer.scores[0, answer.chosen[0]])
    # What was followed wrongly is remembered too; what was marked is sure.
    marked = looks if moved is None else _looks(look, memory, how, prompted=True)
    return Try(look, replace(seen, score=score), _mean_inside(marked, answer.base))


def _told(readout: MemoryReadout, look: Look, memory: Memory, belief: Tensor, *, recent: bool) -> Tensor:
    """What the read-out adds to the embedding of a look; recent: whether the last frames are believed too."""
    marked = Cells.joined([frame.cells for frame in memory.prompted if frame.cells is not None])
    last = [frame.cells for frame in memory.recent if frame.cells is not None] if recent else []
    return readout(look.features.embedding, belief, marked, Cells.joined(last) if last else marked)


def _looks(look: Look, memory: Memory, how: FollowSettings, *, prompted: bool) -> Tensor | None:
    """What the memory says of every cell of the cut: log odds (1, 1, g, g); None for a model without a prior."""
    if look.context is None:
        return None
    prior = cast(Any, look.model.backbone.sam.prompt_encoder).prior
    return looks_of(look.context, prior.sharpness, memory, how, prompted=prompted)


def _box(look: Look, belief: Tensor, margin: float) -> Box:
    """The box to ask with, in the frame's pixels: around what is believed, with a margin over its sides."""
    left, top = look.region.left, look.region.top
    width, height = look.region.size
    cells = box_of_cells(belief, margin)
    if cells is None:
        return float(left), float(top), float(left + width), float(top + height)
    x0, y0, x1, y1 = (each * max(width, height) / look.side for each in cells)
    return left + max(x0, 0), top + max(y0, 0), left + min(x1, width), top + min(y1, height)


def _mean_inside(looks: Tensor | None, mask: Tensor) -> float:
    """The mean of what the memory says (1, 1, g, g) where a mask of logits is."""
    inside = mask > 0
    if looks is None or not bool(inside.any()):
        return 0.0
    return float(looks[inside].mean())
