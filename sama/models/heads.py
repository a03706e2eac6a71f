"""The segmentation and the matting head: interpolation, convolution, batch norm, GELU, guided by a token.

The join of the adapted stream with the local tokens follows MVANet's merge; the token's weights over the last map
follow SAM's and HQ-SAM's hypernetwork. Above four times the embedding's resolution a stage also sees the image.
"""

import torch
from segment_anything.modeling.mask_decoder import MLP
from torch import Tensor, nn
from torch.nn import functional as F


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

    def forward(self, x: Tensor, base: Tensor, detail: Tensor | None, image: Tensor) -> Tensor:
        """x (N, C, H, W); base (N, 1, ., .) SAM's probability, detail and image (N, ., ., .) of any size."""
        size = x.shape[-2:]
        x = self.conv(x)
        if self.base is not None:
            x = x + self.base(_fit(base, size))
        if self.detail is not None:
            x = x + self.detail(_fit(detail, size))
        if self.image is not None:
            x = x + self.image(_fit(image, size))
        return F.gelu(self.norm(x))


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
                    base=residual and i == 0,
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

    def forward(self, x: Tensor, token: Tensor, base: Tensor, detail: Tensor | None, image: Tensor) -> Tensor:
        """base (N, 1, 4h, 4w): SAM's logits of the chosen candidate; others as in `Stage`."""
        belief = torch.sigmoid(base)
        for i, stage in enumerate(self.stages):
            x = stage(up2(x) if i else x, belief, detail, image)
        weights = self.weights(token)  # (N, outputs)
        n, _, h, w = x.shape
        weights = weights.reshape(n, -1, x.shape[1]).to(x.dtype)
        planes = (weights @ x.flatten(2)).reshape(n, -1, h, w)
        if not self.residual:
            return planes
        base = F.interpolate(base, (h, w), mode="bilinear", align_corners=False)
        return base * (1 + planes[:, 1:]) + planes[:, :1]


def _fit(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring x to `size`: exact averaging when it shrinks by a whole factor, else bilinear."""
    if x.shape[-2:] == size:
        return x
    if x.shape[-1] > size[1]:
        return F.adaptive_avg_pool2d(x, size)
    return F.interpolate(x, size, mode="bilinear", align_corners=False)
