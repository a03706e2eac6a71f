"""The segmentation and the matting head: interpolation, convolution, batch norm, GELU, guided by a token.

Paper, section "Prediction heads": on the Local-Adapters' output, each head with weights of its own. The join of the
adapted stream with the local tokens follows MVANet's merge; the token's weights over the last map follow SAM's and
HQ-SAM's hypernetwork. Beyond the paper: a stage sees what is believed of every pixel before the head has run, and above
four times the embedding's resolution the photo, through the fine stream's maps or its colours.
"""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import torch
from segment_anything.modeling.mask_decoder import MLP
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.layers import ConvBlock
from sama.models.beliefs import Beliefs
from sama.models.maps import fit, up2
from sama.models.trimap_first import TrimapBranch, alpha_logits

SEEING = 2  # the first stage that sees the photo
MIXED = 1  # the stage after which there may be a residual block
TRIMAP = 2  # the stage after which there may be a trimap: a quarter of the matte's resolution


class HeadMaps(NamedTuple):
    """What a head answers: logits (N, 1, H, W); trimap (N, 3, h, w), logits of background, unknown and foreground, and
    detail (N, 1, H, W), logits of what is seen of the unknown, for a head that begins with a trimap."""

    logits: Tensor
    trimap: Tensor | None = None
    detail: Tensor | None = None

    def by_name(self, task: str) -> dict[str, Tensor]:
        """The logits under the name of the head's task, the others under their own, as far as there are any."""
        beside = {"trimap": self.trimap, "detail": self.detail}
        return {task: self.logits} | {name: x for name, x in beside.items() if x is not None}


class Stage(nn.Module):
    """Enlarge unless it is the first stage, 3x3 convolution, plus what the photo shows, batch norm, GELU.

    The convolution is of the last map and of `beliefs` maps of probability beside it. What the photo shows comes from
    `detail` channels of a finer map and, with `image`, from its colours.
    """

    def __init__(self, channels: int, out: int, *, beliefs: int, detail: int, image: bool, enlarge: bool):
        super().__init__()
        self.enlarge = enlarge
        # Beyond its border an enlarged map goes on as its border pixels, and the photo is mirrored.
        self.conv = nn.Conv2d(channels, out, 3, padding=1, padding_mode="replicate")
        self.base = None
        if beliefs:
            self.base = nn.Conv2d(beliefs, out, 3, padding=1, padding_mode="replicate", bias=False)
        self.detail = nn.Conv2d(detail, out, 1, bias=False) if detail else None
        self.image = nn.Conv2d(3, out, 3, padding=1, padding_mode="reflect", bias=False) if image else None
        self.norm = nn.BatchNorm2d(out)

    def shown(self, detail: Tensor | None, image: Tensor | None, size: tuple[int, int]) -> Tensor | None:
        """What the photo adds to a map of `size` (H, W): (B, out, H, W) from detail and image (B, ., ., .) of any size,
        or None for a stage that sees neither. No prompt takes part."""
        parts = []
        if self.detail is not None:
            parts.append(self.detail(fit(detail, size)))
        if self.image is not None:
            parts.append(self.image(fit(image, size)))
        return reduce(torch.add, parts) if parts else None

    def forward(self, x: Tensor, beliefs: Beliefs, shown: Tensor | None) -> Tensor:
        """Map (N, channels, h, w) to (N, out, 2h, 2w), or (N, out, h, w) for the first stage; shown: what the method of
        that name returned, for N prompts."""
        y = self.convolved(x, None if self.base is None else beliefs.at(x.shape[-2:]))
        return F.gelu(self.norm(y if shown is None else y + shown))

    def convolved(self, x: Tensor, belief: Tensor | None) -> Tensor:
        """Enlarge and convolve x and the beliefs (N, ., h, w)."""
        if self.enlarge:
            x, belief = up2(x), None if belief is None else up2(belief)
        return self.conv(x) if self.base is None else self.conv(x) + self.base(belief)


class SamRefined(nn.Module):
    """The answer of a head that changes SAM's: SAM's logits (N, 1, H, W) times one plus a gate, plus a difference, the
    second and the first of two planes (N, 2, H, W). Where both are zero it is SAM's answer exactly."""

    planes = 2

    def forward(self, planes: Tensor, sam: Tensor) -> Tensor:
        """See the class; (N, 1, H, W)."""
        return torch.addcmul(sam, sam, planes[:, 1:]) + planes[:, :1]


class OwnLogits(nn.Module):
    """The answer of a head on its own, as in the paper: its one plane (N, 1, H, W) of logits."""

    planes = 1

    def forward(self, planes: Tensor, sam: Tensor) -> Tensor:
        """See the class."""
        return planes


class PredictionHead(nn.Module):
    """Map (N, C, 2h, 2w) and token (N, C) to logits of (N, 1, 2^k h, 2^k w), k = number of stages.

    A head that refines SAM's logits starts with weights of zero: untrained it returns SAM's answer exactly.
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
        trimap: bool = False,
    ):
        """details: channels of the maps for the third stage and those after it; image: whether these stages see its
        colours; beliefs: how many maps, for residual heads; mixing: whether there is a block after the second stage;
        residual: whether the head refines SAM's logits; trimap: whether it begins with a trimap."""
        super().__init__()
        stages = []
        for i, width in enumerate(widths):
            inner = (channels, *widths)[i]
            stages.append(
                Stage(
                    inner,
                    width,
                    beliefs=beliefs if residual else 0,
                    detail=of_stage(i, details) or 0,
                    image=image and i >= SEEING,
                    enlarge=i > 0,
                )
            )
        self.stages = nn.ModuleList(stages)
        self.mix = ConvBlock(widths[MIXED]) if mixing else nn.Identity()
        self.answer = SamRefined() if residual else OwnLogits()
        self.weights = MLP(channels, hidden, widths[-1] * self.answer.planes, 3)
        if residual:
            nn.init.zeros_(self.weights.layers[-1].weight)
            nn.init.zeros_(self.weights.layers[-1].bias)
        self.trimap = TrimapBranch(widths[TRIMAP], channels, hidden) if trimap else None

    def shown(
        self, details: Sequence[Tensor], image: Tensor | None, size: tuple[int, int]
    ) -> tuple[Tensor | None, ...]:
        """What the photo adds to every stage's map: details (B, ., ., .) for the third stage and those after it, and
        image (B, 3, s, s); `size` (2h, 2w) is that of the first map."""
        return tuple(
            stage.shown(of_stage(i, details), image, (size[0] << i, size[1] << i))
            for i, stage in enumerate(self.stages)
        )

    def forward(
        self, x: Tensor, token: Tensor, base: Tensor, beliefs: Beliefs, shown: Sequence[Tensor | None]
    ) -> HeadMaps:
        """base (N, 1, 4h, 4w): SAM's logits of the chosen candidate; shown: what the method of that name returned, for
        N prompts."""
        trimap = None
        for i, stage in enumerate(self.stages):
            x = stage(x, beliefs, shown[i])
            if i == MIXED:
                x = self.mix(x)
            if i == TRIMAP and self.trimap is not None:
                trimap = self.trimap(x, token, base)
        n, c, height, width = x.shape
        weights = self.weights(token).reshape(n, -1, c)  # (N, planes, C)
        planes = x.permute(0, 2, 3, 1).reshape(n, -1, c) @ weights.to(x.dtype).transpose(
            1, 2
        )  # (N, HW, planes)
        planes = planes.transpose(1, 2).reshape(n, -1, height, width).float()
        sam = F.interpolate(base.float(), (height, width), mode="bilinear", align_corners=False)
        logits = self.answer(planes, sam)
        if trimap is None:
            return HeadMaps(logits)
        fine = F.interpolate(trimap, (height, width), mode="bilinear", align_corners=False)
        return HeadMaps(alpha_logits(fine, logits), trimap, logits)


def of_stage(i: int, details: Sequence):
    """What stage i has of details for the stages that see the photo, or None."""
    at = i - SEEING
    return details[at] if 0 <= at < len(details) else None
