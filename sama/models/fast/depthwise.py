"""Depthwise convolutions that learn in float32."""

import torch
from torch import Tensor

from sama.models.backbones.efficientnet import SameConv


class LearningConv(SameConv):
    """Twin of `SameConv` for one that learns, or passes gradients on. On a CPU in bfloat16 the way back through a
    depthwise convolution takes four to eight times as long as in float32, which is what this takes instead; the result
    has autocast's type, as ever."""

    def forward(self, x: Tensor) -> Tensor:
        """See `SameConv.forward`."""
        learns = torch.is_grad_enabled() and (x.requires_grad or self.weight.requires_grad)
        if self.groups == 1 or x.device.type != "cpu" or not learns or not torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            y = super().forward(x.float())
        return y.to(torch.get_autocast_dtype("cpu"))
