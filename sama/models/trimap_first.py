"""Trimap first: whether a pixel is surely the object's, surely not, or unknown, and only then how much of it is seen.

A head that answers with alpha alone must say of every pixel inside a large textured thing that it is opaque, and sees
lattices in leaves and cloth. Here three classes are told apart at a quarter of the matte's resolution, and a level is
found for what is unknown: alpha = P(foreground) + P(unknown) * detail. MAM2's second decoder, which teaches a trimap
from a mask, and GFM's glance and focus (Li et al. 2022) are the models.
"""

import torch
from segment_anything.modeling.mask_decoder import MLP
from torch import Tensor, nn
from torch.nn import functional as F

BACKGROUND, UNKNOWN, FOREGROUND = range(3)
CLASSES = 3
UNSURE = 2.0  # logit of the unknown before training: a pixel is known where SAM's logit is beyond it


class TrimapBranch(nn.Module):
    """A trimap from a map (N, C, h, w) inside a head, guided by the head's token, around what SAM says.

    Weights start at zero: untrained, what SAM is sure of is known and the rest is unknown.
    """

    def __init__(self, width: int, channels: int, hidden: int):
        """width: C; channels: of the token; hidden: width of the layers between the token and its weights."""
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, padding_mode="replicate")
        self.norm = nn.BatchNorm2d(width)
        self.weights = MLP(channels, hidden, width * (CLASSES + 1), 3)
        nn.init.zeros_(self.weights.layers[-1].weight)
        nn.init.zeros_(self.weights.layers[-1].bias)

    def forward(self, x: Tensor, token: Tensor, sam: Tensor) -> Tensor:
        """Map (N, C, h, w), token (N, channels) and SAM's logits (N, 1, ., .) of any size to logits (N, 3, h, w),
        float32, of background, unknown and foreground."""
        x = F.gelu(self.norm(self.conv(x)))
        n, c, height, width = x.shape
        weights = self.weights(token).reshape(n, -1, c)  # (N, 4, C)
        planes = x.permute(0, 2, 3, 1).reshape(n, -1, c) @ weights.to(x.dtype).transpose(1, 2)
        planes = planes.transpose(1, 2).reshape(n, -1, height, width).float()
        sam = F.interpolate(sam.float(), (height, width), mode="bilinear", align_corners=False)
        sam = torch.addcmul(sam, sam, planes[:, CLASSES:])
        return planes[:, :CLASSES] + torch.cat([-sam, torch.full_like(sam, UNSURE), sam], 1)


def alpha_logits(trimap: Tensor, detail: Tensor) -> Tensor:
    """Logits (N, 1, h, w) of alpha = P(foreground) + P(unknown) * sigmoid(detail), from logits (N, 3, h, w) of the
    classes and (N, 1, h, w) of the detail. Nothing is rounded to 0 or 1 on the way."""
    background, unknown, foreground = trimap.split(1, 1)
    seen = F.logsigmoid(detail)
    above = torch.logaddexp(foreground, unknown + seen)
    return above - torch.logaddexp(background, unknown + (seen - detail))  # logsigmoid(-detail)
