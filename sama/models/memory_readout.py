"""What the mask decoder is told of earlier frames of a clip: a read-out that is learned, on a frozen backbone.

Cells of frames that are remembered have a key and a value; cells of the frame that comes ask by their own keys, as in
XMem (Cheng and Schwing, ECCV 2022), and what they are told is added to the image embedding. It is for the mask alone:
a matte is decoded from the embedding as it is (Matting Anything 2, ICLR 2026). What is added ends in a convolution that
starts at zero, so that an untrained read-out changes nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.layers import ChannelNorm

LABELS = 2  # of a cell: how much of it is the object's, and the background's
SURE = 8.0  # logits of beliefs stay within


@dataclass(frozen=True)
class ReadoutConfig:
    """channels: of the image embedding; key: of keys, in groups of `group` of unit length; value: of values; stem: of
    the mask's way from stride 4 to 16; sharpness: of the comparison, before training."""

    channels: int = 192
    key: int = 64
    group: int = 32
    value: int = 96
    stem: tuple[int, int] = (16, 48)
    sharpness: float = 12.0

    def to_dict(self) -> dict:
        """Plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Self:
        """Inverse of `to_dict`; raises TypeError for what it is not."""
        return cls(**{**values, "stem": tuple(values["stem"])})


class Cells(NamedTuple):
    """Remembered cells of B clips: keys (B, n, K), how widely each is known (B, n), values (B, n, V + LABELS), and
    whether a cell shows the picture (B, n) bool; the others are padding."""

    keys: Tensor
    width: Tensor
    values: Tensor
    valid: Tensor

    @classmethod
    def joined(cls, frames: Sequence["Cells"]) -> "Cells":
        """The cells of several frames, one after the other."""
        return cls(*(torch.cat(each, 1) for each in zip(*frames, strict=True)))


class MixingBlock(nn.Module):
    """ConvNeXt's residual block (Liu et al. 2022), twice as wide inside; (B, C, h, w) to the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = ChannelNorm(channels)
        self.wide = nn.Conv2d(channels, 2 * channels, 1)
        self.narrow = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return x + self.narrow(F.gelu(self.wide(self.norm(self.mix(x)))))


class MemoryReadout(nn.Module):
    """`remember` a frame and its mask, then ask with another frame's embedding."""

    def __init__(self, config: ReadoutConfig | None = None):
        super().__init__()
        self.config = config = config or ReadoutConfig()
        channels, (first, second) = config.channels, config.stem
        self.key = nn.Conv2d(channels, config.key, 3, padding=1)
        self.width = nn.Conv2d(channels, 1, 3, padding=1)
        self.selection = nn.Conv2d(channels, config.key, 3, padding=1)
        self.sharpness = nn.Parameter(torch.tensor(config.sharpness).log())
        for layer in (self.width, self.selection):  # at first all cells and channels count alike
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.mask = nn.Sequential(
            nn.Conv2d(LABELS, first, 3, stride=2, padding=1),
            ChannelNorm(first),
            nn.GELU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            ChannelNorm(second),
            nn.GELU(),
            nn.Conv2d(second, channels, 1),
        )
        self.image = nn.Conv2d(channels, channels, 1)
        self.value = nn.Sequential(
            MixingBlock(channels),
            MixingBlock(channels),
            ChannelNorm(channels),
            nn.Conv2d(channels, config.value, 1),
        )
        told = 2 * (config.value + LABELS) + channels + 1
        self.fuse = nn.Sequential(
            nn.Conv2d(told, channels, 1), MixingBlock(channels), ChannelNorm(channels), nn.GELU()
        )
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def compare_as(self, describe: nn.Conv2d) -> None:
        """Begin with the keys that a prompt prior has learned to compare by; nothing where the shapes differ."""
        weight, bias, own = describe.weight.detach(), describe.bias, self.key.bias
        if own is not None and bias is not None and weight.shape == (*self.key.weight.shape[:2], 1, 1):
            with torch.no_grad():
                self.key.weight.zero_()[..., 1, 1] = weight[..., 0, 0]
                own.copy_(bias)

    def remember(self, embedding: Tensor, inside: Tensor, valid: Tensor) -> Cells:
        """Cells of frames with embedding (B, C, h, w), of whose mask `inside` (B, 1, 4h, 4w) in [0, 1] is known; valid,
        of the same shape: 1 where the view shows the picture, 0 in its padding."""
        both = torch.cat([inside, 1 - inside], 1) * valid  # (B, 2, 4h, 4w)
        learned = self.value(self.image(embedding) + self.mask(both))
        values = torch.cat([learned, F.avg_pool2d(both, 4).to(learned.dtype)], 1)
        shown = F.avg_pool2d(valid, 4).flatten(1) > 0  # never nothing, however narrow a cut is
        width = 2 * torch.sigmoid(self.width(embedding).float().flatten(1))
        return Cells(self._keys(embedding), width, values.flatten(2).transpose(1, 2), shown)

    def forward(self, embedding: Tensor, belief: Tensor, marked: Cells, recent: Cells) -> Tensor:
        """What to add to the embedding (B, C, h, w) of frames, for the mask; belief (B, 1, 4h, 4w): logits of where the
        object is thought to be; marked, recent: cells of frames with prompts and of the last ones."""
        queries = self._keys(embedding)
        chosen = torch.sigmoid(self.selection(embedding).float()).flatten(2).transpose(1, 2)
        told = [self._read(queries, chosen, cells) for cells in (marked, recent)]
        h, w = embedding.shape[-2:]
        maps = [each.transpose(1, 2).unflatten(2, (h, w)).to(embedding.dtype) for each in told]
        thought = F.avg_pool2d(belief.clamp(-SURE, SURE) / SURE, 4).to(embedding.dtype)
        return self.out(self.fuse(torch.cat([embedding, thought, *maps], 1))).to(embedding.dtype)

    def _keys(self, embedding: Tensor) -> Tensor:
        """(B, C, h, w) to (B, h*w, K), every group of unit length."""
        keys = self.key(embedding).float().flatten(2).transpose(1, 2).unflatten(2, (-1, self.config.group))
        return F.normalize(keys, dim=-1).flatten(2)

    def _read(self, queries: Tensor, chosen: Tensor, cells: Cells) -> Tensor:
        """Values (B, m, V + LABELS) that queries (B, m, K), which compare channels by `chosen` (B, m, K), find in
        cells."""
        with torch.autocast(queries.device.type, enabled=False):
            weight = affinity(queries, chosen, cells, self.sharpness.exp())
            return weight @ cells.values.float()


def affinity(queries: Tensor, chosen: Tensor, cells: Cells, sharpness: Tensor) -> Tensor:
    """How much each query (B, m, K) takes of each cell, (B, m, n), rows that sum to 1: a softmax over the cells i of
    -sharpness width_i sum_c chosen_c (key_ic - query_c)^2, XMem's eq. 2. Padding is left out."""
    keys = cells.keys
    apart = (
        chosen @ (keys * keys).transpose(1, 2)
        - 2 * (chosen * queries) @ keys.transpose(1, 2)
        + (chosen * queries * queries).sum(2, keepdim=True)
    )
    logits = -sharpness * cells.width[:, None] * apart
    return torch.softmax(logits.masked_fill(~cells.valid[:, None], -torch.inf), -1)
