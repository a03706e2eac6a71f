"""EfficientNet-Lite2's convolutions as a feature trunk, batch norm folded into them.

Source: github.com/tensorflow/tpu, models/official/efficientnet/lite (no squeeze-and-excite, ReLU6). The weights that
the embedded model starts from are ImageNet's; see `sama.training.imagenet`.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.config import LITE2

STEM = 32
SAM_MEAN, SAM_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


class Stage(NamedTuple):
    """One stage: how many blocks, kernel size, stride of the first block, expansion, output channels."""

    blocks: int
    kernel: int
    stride: int
    expand: int
    channels: int


class SameConv(nn.Conv2d):
    """Convolution that pads as TensorFlow's SAME does for even sizes: at stride 2 more below and to the right."""

    def __init__(self, i: int, o: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__(i, o, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups)
        self.uneven = (kernel - stride) // 2, (kernel - stride + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(B, i, H, W) -> (B, o, H / stride, W / stride)."""
        return super().forward(x if self.stride == (1, 1) else F.pad(x, self.uneven * 2))


class MobileBlock(nn.Module):
    """Inverted residual: 1x1 expansion, depthwise convolution, linear 1x1 projection."""

    def __init__(self, i: int, o: int, kernel: int, stride: int, expand: int):
        super().__init__()
        middle = i * expand
        self.expand = nn.Conv2d(i, middle, 1) if expand > 1 else None
        self.depthwise = SameConv(middle, middle, kernel, stride, groups=middle)
        self.project = nn.Conv2d(middle, o, 1)
        self.residual = stride == 1 and i == o

    def forward(self, x: Tensor) -> Tensor:
        """(B, i, H, W) -> (B, o, H / stride, W / stride)."""
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """The trunk: RGB to features at strides 2, 4, 8, 16 and 32.

    `frozen` names how many leading stages, the stem with them, take no gradient: on a CPU the backward
    pass of depthwise convolutions at high resolution costs ten times their forward pass.
    """

    def __init__(self, stages: tuple[tuple[int, ...], ...] = LITE2):
        """stages: for each blocks, kernel size, stride of the first block, expansion, channels."""
        super().__init__()
        shapes = [Stage(*stage) for stage in stages]
        self.stem = SameConv(3, STEM, 3, 2)
        self.stages = nn.ModuleList()
        i = STEM
        for stage in shapes:
            blocks = []
            for n in range(stage.blocks):
                stride = stage.stride if n == 0 else 1
                blocks.append(MobileBlock(i, stage.channels, stage.kernel, stride, stage.expand))
                i = stage.channels
            self.stages.append(nn.Sequential(*blocks))
        # The last stage of every resolution is read.
        ends = [n for n in range(len(shapes)) if n + 1 == len(shapes) or shapes[n + 1].stride == 2]
        self.read = tuple(ends)
        self.channels = tuple(shapes[n].channels for n in ends)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, S, S), pixels scaled to about -1 ... 1, to one map for each of `channels`, finest first."""
        x = F.relu6(self.stem(x))
        found = []
        for n, stage in enumerate(self.stages):
            x = stage(x)
            if n in self.read:
                found.append(x)
        return found

    def freeze(self, stages: int) -> None:
        """Stop the gradient in the stem and the first `stages` stages."""
        for module in (self.stem, *self.stages[:stages]):
            module.requires_grad_(False)


def from_sam_normalisation(x: Tensor) -> Tensor:
    """Turn pixels (B, 3, H, W) normalised by SAM's mean and deviation into EfficientNet-Lite's (x - 127) / 128."""
    mean, std = (torch.tensor(v, dtype=x.dtype, device=x.device)[:, None, None] for v in (SAM_MEAN, SAM_STD))
    return x * (std / 128) + (mean - 127) / 128
