"""The segmentation and the matting head: interpolation, convolution, batch norm, GELU, guided by a token.

The join of the adapted stream with the local tokens follows MVANet's merge; the token's weights over the last map
follow SAM's and HQ-SAM's hypernetwork. Above four times the embedding's resolution a stage also sees the photo: through
the fine stream's maps, or its colours.

Most of a click's time is spent here, in few channels at high resolution, so the last maps, of which only one or two
planes are kept, are made in bands that fit into a processor's cache.
"""

import torch
from segment_anything.modeling.mask_decoder import MLP
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.layers import ConvBlock
from sama.models.beliefs import Beliefs
from sama.models.config import SamaConfig
from sama.models.stage import Side, Stage, bordered
from sama.models.upconv import from_phases

BAND_BYTES = 2**21  # of a band's share of the map that bands begin with
UNBANDED = 3  # stages: what they make fits into a cache as a whole
SEEING = 2  # the first stage that sees the photo
HALO = 2  # rows on either side of a band that make it independent of its neighbours, through any number of stages


def entry(x: Tensor, beliefs: Beliefs | None) -> Tensor:
    """What heads begin with, the same for all: map (N, C, 2h, 2w) and, for residual heads, the beliefs, bordered."""
    return bordered([x] if beliefs is None else [x, beliefs.at(x.shape[-2:])])


def make_head(config: SamaConfig, channels: int, widths: tuple[int, ...], detail: int) -> "PredictionHead":
    """A head as `config` has it, on maps of `channels`; `detail` channels of the backbone's own fine map."""
    return PredictionHead(
        channels,
        widths,
        config.head_hidden,
        details=config.fine or (detail,),
        image=not config.fine,
        beliefs=1 + len(config.guides),
        mixing=config.mixing,
        residual=config.residual,
    )


class PredictionHead(nn.Module):
    """Map (N, C, 2h, 2w) and token (N, C) to logits of (N, 1, 2^k h, 2^k w), k = number of stages.

    With `residual` the answer is base * (1 + gate) + delta, both zero at the start: an untrained head returns SAM's
    logits exactly. Without, it is delta alone, as in the paper.
    """

    def __init__(
        self,
        channels: int,
        widths: tuple[int, ...],
        hidden: int,
        *,
        details: tuple[int, ...],
        image: bool,
        beliefs: int,
        mixing: bool,
        residual: bool,
    ):
        """details: channels of the maps for the third stage and those after it; image: whether these stages see its
        colours; beliefs: how many maps, for residual heads; mixing: whether there is a block after the second stage."""
        super().__init__()
        self.residual = residual
        stages = []
        for i, width in enumerate(widths):
            inner = (channels, *widths)[i]
            stages.append(
                Stage(
                    inner,
                    width,
                    beliefs=beliefs if residual else 0,
                    detail=_of_stage(i, details) or 0,
                    image=image and i >= SEEING,
                    enlarge=i > 0,
                )
            )
        self.stages = nn.ModuleList(stages)
        self.mix = ConvBlock(widths[1]) if mixing else None
        outputs = widths[-1] * (2 if residual else 1)
        self.weights = MLP(channels, hidden, outputs, 3)
        if residual:
            nn.init.zeros_(self.weights.layers[-1].weight)
            nn.init.zeros_(self.weights.layers[-1].bias)

    def sides(
        self, details: tuple[Tensor, ...], image: Tensor | None, size: tuple[int, int]
    ) -> tuple[Side, ...]:
        """What every stage is given without regard to the prompt: details for the third stage and those after it, and
        the image; `size` (2h, 2w) is that of the first one's map."""
        sides = []
        for i, stage in enumerate(self.stages):
            sides.append(stage.side(_of_stage(i, details), image, (size[0] << i, size[1] << i)))
        return tuple(sides)

    def forward(
        self, x: Tensor, token: Tensor, base: Tensor, beliefs: Beliefs, sides: tuple[Side, ...]
    ) -> Tensor:
        """x: what `entry` returned; base (N, 1, 4h, 4w): SAM's logits of the chosen candidate; sides: what `sides`
        returned, for N prompts."""
        learns = torch.is_grad_enabled() or self.training
        run = _Run(self.stages, beliefs, sides, x.shape[-2:])
        x = self.stages[0](x, sides[0], run.kernels[0])
        last = len(self.stages) - 1
        whole = last + 1 if learns else max(1, min(UNBANDED, last))
        for i in range(1, whole):
            x = run.stage(i, x)
            if i == 1 and self.mix is not None:
                x = self.mix(x)
        weights = self.weights(token).reshape(len(x), -1, self.stages[-1].conv.out_channels)
        bands = [range(x.shape[-2])] if learns else _bands(x)
        parts, row = [], 0
        for band in bands:
            planes = _weigh(run.band(x, whole, band), weights)
            if planes.shape[1] > weights.shape[1]:
                planes = from_phases(planes)
            planes = planes.float()  # (N, 1 or 2, rows, W)
            if self.residual:
                height, width = planes.shape[-2] * x.shape[-2] // len(band), planes.shape[-1]
                belief = _rows(base.float(), (height, width), range(row, row + planes.shape[-2]))
                planes = torch.addcmul(belief, belief, planes[:, 1:]) + planes[:, :1]
            parts.append(planes)
            row += planes.shape[-2]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 2)


class _Run:
    """The stages for one pass: kernels and beliefs are the same for all bands."""

    def __init__(
        self, stages: nn.ModuleList, beliefs: Beliefs, sides: tuple[Side, ...], entered: tuple[int, int]
    ):
        self.stages, self.sides = stages, sides
        self.kernels = [stage.kernel() for stage in stages]
        height, width = (n - 2 for n in entered)  # of the first map, which the second stage enlarges
        sizes = [(height << max(0, i - 1), width << max(0, i - 1)) for i in range(len(stages))]
        self.beliefs = [
            beliefs.at(size) if i and stage.base is not None else None
            for i, (size, stage) in enumerate(zip(sizes, stages, strict=True))
        ]

    def _stack(self, i: int, x: Tensor, belief: Tensor | None, side: Side, border=(True, True)) -> Tensor:
        maps = [x] if belief is None else [x, belief]
        return bordered(maps if side.image is None else [*maps, side.image], border)

    def stage(self, i: int, x: Tensor) -> Tensor:
        """Run stage i, not the first, on a whole map."""
        side = self.sides[i]
        stage = self.stages[i]
        return stage.whole(stage(self._stack(i, x, self.beliefs[i], side), side, self.kernels[i]))

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
            x = self._stack(i, x, some, side, border)
            x = self.stages[i](x, side, self.kernels[i])
            if i < len(self.stages) - 1:
                x = self.stages[i].whole(x)
                start, stop = 2 * made.start, 2 * made.stop
                band = range(2 * band.start, 2 * band.stop)
        return x[..., band.start - made.start : band.stop - made.start, :]


def _of_stage(i: int, details: tuple):
    """What stage i has of details for the stages that see the photo, or None."""
    at = i - SEEING
    return details[at] if 0 <= at < len(details) else None


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
    cells = x.permute(0, 2, 3, 1).reshape(n, -1, weights.shape[2])
    return (cells @ weights.to(x.dtype).transpose(1, 2)).reshape(n, h, w, -1).permute(0, 3, 1, 2)
