"""A prediction head in bands.

Most of a click's time is spent here, in few channels at high resolution, so the last maps, of which only one or two
planes are kept, are made in bands that fit into a processor's cache.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.beliefs import Beliefs
from sama.models.fast.stage import Side, bordered
from sama.models.heads import MIXED, TRIMAP, HeadMaps, PredictionHead, of_stage
from sama.models.maps import from_phases
from sama.models.trimap_first import alpha_logits

BAND_BYTES = 2**21  # of a band's share of the map that bands begin with
UNBANDED = 3  # stages: what they make fits into a cache as a whole
HALO = 2  # rows on either side of a band that make it independent of its neighbours, through any number of stages


def entry(x: Tensor, beliefs: Beliefs | None) -> Tensor:
    """What heads begin with, the same for all: map (N, C, 2h, 2w) and, for residual heads, the beliefs, bordered."""
    return bordered([x] if beliefs is None else [x, beliefs.at(x.shape[-2:])])


class QuickHead(PredictionHead):
    """Twin of `PredictionHead`; its stages are `QuickStage`s."""

    def sides(
        self, details: Sequence[Tensor], image: Tensor | None, size: tuple[int, int]
    ) -> tuple[Side, ...]:
        """What every stage is given without regard to the prompt; arguments as of `PredictionHead.shown`."""
        return tuple(
            stage.side(of_stage(i, details), image, (size[0] << i, size[1] << i))
            for i, stage in enumerate(self.stages)
        )

    def forward(
        self, x: Tensor, token: Tensor, base: Tensor, beliefs: Beliefs, sides: Sequence[Side]
    ) -> HeadMaps:
        """x: what `entry` returned; sides: what the method of that name returned, for N prompts; the others as of
        `PredictionHead.forward`."""
        run = _Run(self.stages, beliefs, sides, x.shape[-2:])
        x = self.stages[0](x, sides[0])
        last = len(self.stages) - 1
        mixed = 0 if isinstance(self.mix, nn.Identity) else MIXED + 1
        first = 0 if self.trimap is None else TRIMAP + 1
        whole = max(1, mixed, first, min(UNBANDED, last))
        trimap = None
        for i in range(1, whole):
            x = run.stage(i, x)
            if i == MIXED:
                x = self.mix(x)
            if i == TRIMAP and self.trimap is not None:
                trimap = self.trimap(x, token, base)
        weights = self.weights(token).reshape(len(x), -1, self.stages[-1].conv.out_channels)  # (N, P, C)
        parts, details, row = [], [], 0
        for band in _bands(x):
            planes = _weigh(run.band(x, whole, band), weights)
            if planes.shape[1] > weights.shape[1]:
                planes = from_phases(planes)
            planes = planes.float()  # (N, 1 or 2, rows, W)
            height, width = planes.shape[-2] * x.shape[-2] // len(band), planes.shape[-1]
            rows = range(row, row + planes.shape[-2])
            logits = self.answer(planes, _rows(base.float(), (height, width), rows))
            if trimap is not None:
                details.append(logits)
                logits = alpha_logits(_rows(trimap, (height, width), rows), logits)
            parts.append(logits)
            row = rows.stop
        return HeadMaps(_joined(parts), trimap, _joined(details) if details else None)


class _Run:
    """The stages for one pass: the beliefs are the same for all bands."""

    def __init__(
        self, stages: nn.ModuleList, beliefs: Beliefs, sides: Sequence[Side], entered: tuple[int, int]
    ):
        self.stages, self.sides = stages, sides
        height, width = (n - 2 for n in entered)  # of the first map, which the second stage enlarges
        sizes = [(height << max(0, i - 1), width << max(0, i - 1)) for i in range(len(stages))]
        self.beliefs = [
            beliefs.at(size) if i and stage.base is not None else None
            for i, (size, stage) in enumerate(zip(sizes, stages, strict=True))
        ]

    def _stack(self, x: Tensor, belief: Tensor | None, side: Side, border=(True, True)) -> Tensor:
        maps = [x] if belief is None else [x, belief]
        return bordered(maps if side.image is None else [*maps, side.image], border)

    def stage(self, i: int, x: Tensor) -> Tensor:
        """Run stage i, not the first, on a whole map."""
        side, stage = self.sides[i], self.stages[i]
        return stage.whole(stage(self._stack(x, self.beliefs[i], side), side))

    def band(self, x: Tensor, done: int, band: range) -> Tensor:
        """Run the stages after the first `done` for a band of rows of x; the result is in phases if there were any."""
        x_rows = x.shape[-2]
        start, stop = max(0, band.start - HALO), min(x_rows, band.stop + HALO)
        x, made = x[..., start:stop, :], range(start, stop)
        for i in range(done, len(self.stages)):
            belief = self.beliefs[i]
            border = start == 0, stop == x_rows << (i - done)
            made = range(start if border[0] else start + 1, stop if border[1] else stop - 1)
            side = self.sides[i].rows(slice(start, stop), slice(made.start, made.stop))
            some = None if belief is None else belief[..., start:stop, :]
            x = self.stages[i](self._stack(x, some, side, border), side)
            if i < len(self.stages) - 1:
                x = self.stages[i].whole(x)
                start, stop = 2 * made.start, 2 * made.stop
                band = range(2 * band.start, 2 * band.stop)
        return x[..., band.start - made.start : band.stop - made.start, :]


def _joined(parts: list[Tensor]) -> Tensor:
    """Bands (N, C, ., W), one below the other."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, 2)


def _rows(x: Tensor, size: tuple[int, int], rows: range) -> Tensor:
    """Some rows of x (N, C, h, w) brought to `size` (H, W) bilinearly."""
    scale = size[0] // x.shape[-2]
    if scale < 1 or len(rows) == size[0]:
        return F.interpolate(x, size, mode="bilinear", align_corners=False)[..., rows.start : rows.stop, :]
    low, high = max(0, rows.start // scale - 1), min(x.shape[-2], -(-rows.stop // scale) + 1)
    some = F.interpolate(
        x[..., low:high, :], (scale * (high - low), size[1]), mode="bilinear", align_corners=False
    )
    return some[..., rows.start - scale * low : rows.stop - scale * low, :]


def _bands(x: Tensor) -> list[range]:
    """Rows of x that are worked on together."""
    step = max(1, BAND_BYTES // (x[:, :, 0].numel() * x.element_size()))
    return [range(r, min(x.shape[-2], r + step)) for r in range(0, x.shape[-2], step)]


def _weigh(x: Tensor, weights: Tensor) -> Tensor:
    """Weigh the channels of x (N, C, h, w), or of x in phases, with weights (N, P, C): P planes, in phases too."""
    n, _, h, w = x.shape
    cells = x.permute(0, 2, 3, 1).reshape(n, -1, weights.shape[2])  # (N, hw, C), or (N, hw*4, C) in phases
    return (cells @ weights.to(x.dtype).transpose(1, 2)).reshape(n, h, w, -1).permute(0, 3, 1, 2)
