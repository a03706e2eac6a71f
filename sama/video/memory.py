"""What is remembered of an object: how it looked in the prompted frames and in the last few.

A frame that comes is compared with these as the prompt prior of `mini` compares a photo with its own box: descriptors
of 16 x 16 pixels attend to those that were object or background, and colours are counted. What a learned read-out, see
`sama.models.memory_readout`, keeps of a frame lies beside that. Nothing of it grows with the clip.
"""

from collections import deque
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.backbones.colour_model import BINS, CAUTION, smoothed
from sama.models.backbones.prior import PriorContext
from sama.models.memory_readout import Cells

PROMPTED = 4  # frames with prompts that are remembered: the first and the last of them
RECENT = 3
LEAST = 1e-3  # of a share, before logarithms


@dataclass(frozen=True, eq=False)
class Remembered:
    """One frame: descriptors (heads, n, d) of its cells, weights (n, 2), how much of each is object and background,
    and counts (2, BINS^3), the colours of both; index: of the frame in the clip; cells: for a learned read-out, None
    without one."""

    index: int
    descriptors: Tensor
    weights: Tensor
    counts: Tensor
    cells: Cells | None = None

    @classmethod
    def of(
        cls, index: int, context: PriorContext | None, share: Tensor, cells: Cells | None = None
    ) -> "Remembered":
        """Remember one picture's context with share (1, 1, g, g) in [0, 1] of its cells at stride 4; without one, for
        models whose prompts have no prior, that there was a frame, and its cells."""
        if context is None:
            return cls(index, torch.empty(0), torch.empty(0), torch.empty(0), cells)
        valid = context.valid
        both = torch.cat([share, 1 - share], 1) * valid  # (1, 2, g, g)
        pool = share.shape[-1] // round(context.descriptors.shape[2] ** 0.5)
        weights = F.avg_pool2d(both, pool).flatten(2)[0].T  # (n, 2)
        bins = context.bins.expand(2, -1)
        counts = torch.zeros(2, BINS**3, device=bins.device).scatter_add_(1, bins, both[0].flatten(1))
        return cls(index, context.descriptors[0], weights, counts, cells)


@dataclass
class Memory:
    """Prompted frames and the last ones; `read` says what they make of another frame."""

    prompted: list[Remembered] = field(default_factory=list)
    recent: deque[Remembered] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, frame: Remembered, *, prompted: bool) -> None:
        """Remember a frame; of the prompted ones the first and the last are kept."""
        if not prompted:
            self.recent.append(frame)
            return
        self.recent.clear()  # what was followed until here has been corrected
        self.prompted.append(frame)
        if len(self.prompted) > PROMPTED:
            del self.prompted[1]

    def forget_from(self, index: int) -> None:
        """Forget frame number `index` and all later ones."""
        self.prompted = [frame for frame in self.prompted if frame.index < index]
        self.recent = deque((frame for frame in self.recent if frame.index < index), maxlen=RECENT)

    @property
    def frames(self) -> list[Remembered]:
        """All frames that are remembered."""
        return [*self.prompted, *self.recent]

    @staticmethod
    def likeness(context: PriorContext, sharpness: Tensor, frames: list[Remembered]) -> Tensor:
        """Log ratio of likeness to what was object and to what was background, (1, 1, h, w).

        sharpness (heads, 1, 1): the prior's own, `PromptPrior.sharpness`.
        """
        keys = torch.cat([frame.descriptors for frame in frames], 1)  # (heads, m, d)
        values = torch.cat([frame.weights / (frame.weights.mean(0) + 1e-4) for frame in frames])  # (m, 2)
        queries = context.descriptors[0] * sharpness.exp()
        like = torch.softmax(queries @ keys.transpose(1, 2), -1) @ values  # (heads, n, 2)
        ratio = like.clamp(min=LEAST).log().diff(dim=-1).neg().mean(0)  # (n, 1)
        side = round(len(ratio) ** 0.5)
        return ratio.reshape(1, 1, side, side)

    @staticmethod
    def colours(context: PriorContext, frames: list[Remembered]) -> Tensor:
        """Log odds (1, 1, g, g) of what colour alone says, as in the prior's colour model."""
        counts = torch.stack([frame.counts for frame in frames]).sum(0)
        cube = smoothed((counts / (counts.sum(1, keepdim=True) + 1e-6)).reshape(2, BINS, BINS, BINS))
        density = cube.reshape(2, -1)[:, context.bins[0]] + 1e-6  # (2, g*g)
        odds = CAUTION * (density[0] / density[1]).log()
        return odds.reshape(context.valid.shape)
