"""The segmentation and the matting head: interpolation, convolution, batch norm, GELU, guided by a token.

The join of the adapted stream with the local tokens follows MVANet's merge; the token's weights over the last map
follow SAM's and HQ-SAM's hypernetwork. Above four times the embedding's resolution a stage also sees the image.

Most of a click's time is spent here, in few channels at high resolution. So maps are channels-last, what a stage is
given beside them is convolved together, and the last map, of which only one or two planes are kept, is made in bands
that fit into a processor's cache.
"""

from typing import NamedTuple

import torch
from segment_anything.modeling.mask_decoder import MLP
from torch import Tensor, nn
from torch.nn import functional as F

BAND_BYTES = 8 * 2**20  # of the input of the last stage


class Side(NamedTuple):
    """What a stage is given without regard to the prompt, or None: image (B, 3, H, W), detail (B, out, H, W)."""

    image: Tensor | None
    detail: Tensor | None

    def rows(self, at: slice) -> "Side":
        """The same for some rows."""
        return Side(*(None if x is None else x[..., at, :] for x in self))


def up2(x: Tensor) -> Tensor:
    """Bilinear, twice the size."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Stage(nn.Module):
    """3x3 convolution of x plus whatever else is known at this resolution, batch norm, GELU."""

    def __init__(self, channels: int, out: int, *, base: bool, detail: int, image: bool):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, padding=1)
        self.base = nn.Conv2d(1, out, 3, padding=1, bias=False) if base else None
        self.detail = nn.Conv2d(detail, out, 1, bias=False) if detail else None
        self.image = nn.Conv2d(3, out, 3, padding=1, bias=False) if image else None
        self.norm = nn.BatchNorm2d(out)

    def side(self, detail: Tensor | None, image: Tensor, size: tuple[int, int]) -> Side:
        """Prepare detail and image (B, ., ., .), of any size, for maps of `size`."""
        return Side(
            None if self.image is None else _channels_last(_fit(image, size)),
            None if self.detail is None else self.detail(_fit(detail, size)),
        )

    def forward(self, x: Tensor, belief: Tensor, side: Side) -> Tensor:
        """x (N, C, H, W); belief (N, 1, H, W) SAM's probability; side (N, ...) as `side` returned it."""
        y = self.conv(x)
        given, kernels = [], []
        if self.base is not None:
            given, kernels = [belief], [self.base.weight]
        if side.image is not None:
            given, kernels = [*given, side.image], [*kernels, self.image.weight]
        if given:
            y = y + F.conv2d(_stack(given, y.dtype), torch.cat(kernels, 1), padding=1)
        if side.detail is not None:
            y = y + side.detail
        return F.gelu(self.norm(y))


class PredictionHead(nn.Module):
    """Map (N, C, 2h, 2w) and token (N, C) to logits of (N, 1, 2^k h, 2^k w), k = number of stages.

    With `residual` the answer is base * (1 + gate) + delta, both zero at the start: an untrained head returns SAM's
    logits exactly. Without, it is delta alone, as in the paper.
    """

    def __init__(self, channels: int, widths: tuple[int, ...], hidden: int, *, detail: int, residual: bool):
        super().__init__()
        self.residual = residual
        stages = []
        for i, width in enumerate(widths):
            inner = (channels, *widths)[i]
            stages.append(
                Stage(
                    inner,
                    width,
                    base=residual,
                    detail=detail if i == 2 else 0,
                    image=i >= 2,
                )
            )
        self.stages = nn.ModuleList(stages)
        outputs = widths[-1] * (2 if residual else 1)
        self.weights = MLP(channels, hidden, outputs, 3)
        if residual:
            nn.init.zeros_(self.weights.layers[-1].weight)
            nn.init.zeros_(self.weights.layers[-1].bias)

    def sides(self, detail: Tensor | None, image: Tensor, size: tuple[int, int]) -> tuple[Side, ...]:
        """What every stage is given without regard to the prompt; `size` (2h, 2w) is the first one's."""
        return tuple(
            stage.side(detail, image, (size[0] << i, size[1] << i)) for i, stage in enumerate(self.stages)
        )

    def forward(self, x: Tensor, token: Tensor, base: Tensor, sides: tuple[Side, ...]) -> Tensor:
        """base (N, 1, 4h, 4w): SAM's logits of the chosen candidate; sides: what `sides` returned, for N prompts."""
        belief, x = torch.sigmoid(base), _channels_last(x)
        *stages, last = self.stages
        for i, stage in enumerate(stages):
            x = up2(x) if i else x
            x = stage(x, _fit(belief, x.shape[-2:]), sides[i])
        size = tuple(s << bool(stages) for s in x.shape[-2:])
        weights = self.weights(token).reshape(len(x), -1, last.conv.out_channels)
        belief = _fit(belief, size)
        planes = [
            self._planes(x, weights, belief, sides[-1], band, enlarge=bool(stages)) for band in self._bands(x)
        ]
        planes = torch.cat(planes, 1).transpose(1, 2).unflatten(2, size)  # (N, 1 or 2, H, W)
        if not self.residual:
            return planes
        base = F.interpolate(base, size, mode="bilinear", align_corners=False)
        return base * (1 + planes[:, 1:]) + planes[:, :1]

    def _bands(self, x: Tensor) -> list[range]:
        """Rows of the last stage's input that are worked on together; all of them while a batch norm may learn."""
        height = x.shape[-2]
        row_bytes = 4 * x[:, :, 0].numel() * x.element_size()  # once enlarged
        step = height if torch.is_grad_enabled() or self.training else max(1, BAND_BYTES // row_bytes)
        return [range(r, min(height, r + step)) for r in range(0, height, step)]

    def _planes(
        self, x: Tensor, weights: Tensor, belief: Tensor, side: Side, band: range, *, enlarge: bool
    ) -> Tensor:
        """Run the last stage for a band of rows of x: (N, rows times columns, 1 or 2).

        Two more rows on each side make the band independent of its neighbours.
        """
        scale = 2 if enlarge else 1
        start, stop = max(0, band.start - 2), min(x.shape[-2], band.stop + 2)
        some, wide = x[..., start:stop, :], slice(scale * start, scale * stop)
        some = self.stages[-1](up2(some) if enlarge else some, belief[..., wide, :], side.rows(wide))
        some = some[..., scale * (band.start - start) : scale * (band.stop - start), :]
        return some.permute(0, 2, 3, 1).flatten(1, 2) @ weights.to(some.dtype).transpose(1, 2)


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _stack(maps: list[Tensor], dtype: torch.dtype) -> Tensor:
    """Put maps (N, ., H, W) one behind the other as one channels-last map; `torch.cat` is slow at that."""
    n, _, h, w = maps[0].shape
    out = maps[0].new_empty(n, h, w, sum(m.shape[1] for m in maps), dtype=dtype).permute(0, 3, 1, 2)
    start = 0
    for m in maps:
        out[:, start : start + m.shape[1]] = m
        start += m.shape[1]
    return out


def _fit(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring x to `size`: exact averaging when it shrinks by a whole factor, else bilinear."""
    if x.shape[-2:] == size:
        return x
    if x.shape[-1] > size[1]:
        return F.adaptive_avg_pool2d(x, size)
    return F.interpolate(x, size, mode="bilinear", align_corners=False)
