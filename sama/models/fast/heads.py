"""A prediction head in bands.

Most of a click's time is spent here, in few channels at high resolution, so the last maps, of which only one or two
planes are kept, are made in bands that fit into a processor's cache, and, where there is a trimap, near what it does
not call background.
"""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.beliefs import Beliefs
from sama.models.fast.stage import Side, bordered
from sama.models.heads import MIXED, TRIMAP, HeadMaps, PredictionHead, of_stage
from sama.models.maps import from_phases, span
from sama.models.trimap_first import BACKGROUND, alpha_logits

BAND_BYTES = 2**21  # of a band's share of the map that bands begin with
UNBANDED = 3  # stages: what they make fits into a cache as a whole
HALO = 2  # cells on either side of a band that make it independent of its neighbours, through any number of stages
SURE = 0.998  # probability of the background from which nothing is looked at closely: half a step of 8 bits
NOTHING = -10.0  # logit of what is not looked at
WORTH = 0.85  # of a map: a larger part is no less work than all of it


class Part(NamedTuple):
    """Rows and columns of a map."""

    rows: range
    columns: range

    def times(self, factor: int) -> "Part":
        """The same part of a map `factor` times as large."""
        return Part(*(range(factor * each.start, factor * each.stop) for each in self))

    @property
    def slices(self) -> tuple:
        """For a map (N, C, h, w)."""
        return ..., *(slice(each.start, each.stop) for each in self)


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
        part = _looked_at(x, trimap)
        parts, details = [], []
        for band in _bands(x, part):
            planes = _weigh(run.band(x, whole, band, part.columns), weights)
            if planes.shape[1] > weights.shape[1]:
                planes = from_phases(planes)
            planes = planes.float()  # (N, 1 or 2, rows, W)
            factor = planes.shape[-2] // len(band)
            size = factor * x.shape[-2], factor * x.shape[-1]
            at = Part(band, part.columns).times(factor)
            logits = self.answer(planes, _enlarged(base.float(), size, at))
            if trimap is not None:
                details.append(logits)
                logits = alpha_logits(_enlarged(trimap, size, at), logits)
            parts.append(logits)
        at = part.times(factor)
        return HeadMaps(_placed(parts, size, at), trimap, _placed(details, size, at) if details else None)


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

    def band(self, x: Tensor, done: int, band: range, columns: range) -> Tensor:
        """Run the stages after the first `done` for a band of rows of x and some columns; the result is in phases if
        there were any."""
        x_rows = x.shape[-2]
        start, stop = max(0, band.start - HALO), min(x_rows, band.stop + HALO)
        left, right = max(0, columns.start - HALO), min(x.shape[-1], columns.stop + HALO)
        x, made = x[..., start:stop, left:right], range(start, stop)
        stages = len(self.stages) - done
        for i in range(done, len(self.stages)):
            belief = self.beliefs[i]
            border = start == 0, stop == x_rows << (i - done)
            made = range(start if border[0] else start + 1, stop if border[1] else stop - 1)
            across = slice(left << (i - done), right << (i - done))
            side = self.sides[i].part(slice(start, stop), slice(made.start, made.stop), across)
            some = None if belief is None else belief[..., start:stop, across]
            x = self.stages[i](self._stack(x, some, side, border), side)
            if i < len(self.stages) - 1:
                x = self.stages[i].whole(x)
                start, stop = 2 * made.start, 2 * made.stop
                band = range(2 * band.start, 2 * band.stop)
        first, width = (columns.start - left) << max(0, stages - 1), len(columns) << max(0, stages - 1)
        return x[..., band.start - made.start : band.stop - made.start, first : first + width]


def _looked_at(x: Tensor, trimap: Tensor | None) -> Part:
    """The part of a map x (N, C, h, w) outside which a trimap (N, 3, ., .), logits, is sure of the background, for any
    of N; all of x without a trimap."""
    whole = Part(range(x.shape[-2]), range(x.shape[-1]))
    if trimap is None:
        return whole
    other = trimap.softmax(1)[:, BACKGROUND].amin(0) < SURE
    sides = []
    for axis, length in enumerate(x.shape[-2:]):
        held = span(other, axis)
        if held is None:
            return Part(range(1), range(1))
        factor = length // other.shape[axis]
        # A cell more, for what lies between two cells.
        low, high = factor * (held[0] - 1), factor * (held[1] + 2)
        sides.append(range(max(0, low), min(length, high)))
    part = Part(*sides)
    return part if len(part.rows) * len(part.columns) < WORTH * x[0, 0].numel() else whole


def _placed(parts: list[Tensor], size: tuple[int, int], at: Part) -> Tensor:
    """Bands (N, C, ., .), one below the other, at a part of a map (N, C, H, W) of `size` of which the rest is
    nothing."""
    if len(parts) == 1 and (len(at.rows), len(at.columns)) == size:
        return parts[0]
    whole = parts[0].new_full((*parts[0].shape[:2], *size), NOTHING)
    row = at.rows.start
    for each in parts:
        whole[..., row : row + each.shape[-2], at.columns.start : at.columns.stop] = each
        row += each.shape[-2]
    return whole


def _enlarged(x: Tensor, size: tuple[int, int], part: Part) -> Tensor:
    """A part of x (N, C, h, w) brought to `size` (H, W) bilinearly."""
    scale = size[0] // x.shape[-2]
    if scale < 1 or scale * x.shape[-1] != size[1]:
        return F.interpolate(x, size, mode="bilinear", align_corners=False)[part.slices]
    cells, inside = [], []
    for each, length in zip(part, x.shape[-2:], strict=True):
        low, high = max(0, each.start // scale - 1), min(length, -(-each.stop // scale) + 1)
        cells.append(slice(low, high))
        inside.append(slice(each.start - scale * low, each.stop - scale * low))
    return F.interpolate(x[..., *cells], scale_factor=scale, mode="bilinear", align_corners=False)[
        ..., *inside
    ]


def _bands(x: Tensor, part: Part) -> list[range]:
    """Rows of a part of x that are worked on together."""
    step = max(1, BAND_BYTES // (len(x) * x.shape[1] * len(part.columns) * x.element_size()))
    return [range(r, min(part.rows.stop, r + step)) for r in range(part.rows.start, part.rows.stop, step)]


def _weigh(x: Tensor, weights: Tensor) -> Tensor:
    """Weigh the channels of x (N, C, h, w), or of x in phases, with weights (N, P, C): P planes, in phases too."""
    n, _, h, w = x.shape
    cells = x.permute(0, 2, 3, 1).reshape(n, -1, weights.shape[2])  # (N, hw, C), or (N, hw*4, C) in phases
    return (cells @ weights.to(x.dtype).transpose(1, 2)).reshape(n, h, w, -1).permute(0, 3, 1, 2)
