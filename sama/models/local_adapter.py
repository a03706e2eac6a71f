"""Local-Adapter, eq. 4-9 of the paper: after a decoder layer, the image stream looks at the local views.

Attention runs both ways with shared projections (GLIP, GroundingDINO): a quadrant of the global stream reads its local
view, and the local view reads the quadrant. A confidence map says where the reading is used.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.attention import heads_first, heads_last
from sama.models.mvle import to_tokens
from sama.models.views import join_quadrants, split_quadrants


class Adapted(NamedTuple):
    """stream (N, C, h, w), F'_out of eq. 9; local (N, 4, h*w, C); confidence (N, 1, h, w) in (0, 1)."""

    stream: Tensor
    local: Tensor
    confidence: Tensor


class LocalAdapter(nn.Module):
    """One weight set for all four regions, as eq. 4-6 write it.

    Both output projections start at zero, so an untrained adapter changes nothing.
    """

    def __init__(self, channels: int, *, heads: int):
        super().__init__()
        self.heads = heads
        inner = channels // 2
        self.norm_global = nn.LayerNorm(channels)
        self.norm_local = nn.LayerNorm(channels)
        self.global_proj = nn.Linear(channels, inner)  # W^A: queries one way, keys the other
        self.local_proj = nn.Linear(channels, inner)  # W^{K_A}
        self.local_value = nn.Linear(channels, inner)  # W^{V_A}
        self.global_value = nn.Linear(channels, inner)
        self.global_out = nn.Linear(inner, channels)
        self.local_out = nn.Linear(inner, channels)
        self.confidence = nn.Conv2d(channels, 1, 1)
        for layer in (self.global_out, self.local_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, stream: Tensor, local: Tensor, pos: Tensor, local_pos: Tensor) -> Adapted:
        """stream (N, C, h, w), local (N, 4, h*w, C), pos (1, C, h, w), local_pos (1, C, 2h, 2w)."""
        n, c, h, w = stream.shape
        g = self.norm_global(to_tokens(split_quadrants(stream)))  # (N, 4, hw/4, C)
        s = self.norm_local(local)  # (N, 4, hw, C)
        g_placed = self._project(self.global_proj, g + to_tokens(split_quadrants(pos)))
        s_placed = self._project(self.local_proj, s + to_tokens(split_quadrants(local_pos)))
        read = F.scaled_dot_product_attention(
            g_placed, s_placed, self._project(self.local_value, s)
        )  # (4N, heads, hw/4, d)
        told = F.scaled_dot_product_attention(
            s_placed, g_placed, self._project(self.global_value, g)
        )  # (4N, heads, hw, d)
        read = self.global_out(heads_last(read)).transpose(1, 2)
        read = join_quadrants(read.reshape(n, 4, c, h // 2, w // 2))  # F''_P, (N, C, h, w)
        confidence = torch.sigmoid(self.confidence(stream))  # eq. 8
        local = local + self.local_out(heads_last(told)).reshape_as(local)
        return Adapted(stream + confidence * read, local, confidence)

    def _project(self, layer: nn.Linear, tokens: Tensor) -> Tensor:
        """(N, 4, T, C) -> (4N, heads, T, d)."""
        return heads_first(layer(tokens).flatten(0, 1), self.heads)
