"""Local-Adapter, eq. 4-9 of the paper: after a decoder layer, the image stream looks at the local views.

Attention runs both ways with shared projections (GLIP, GroundingDINO): a quadrant of the global stream reads its local
view, and the local view reads the quadrant. A confidence map says where the reading is used.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.attention import attend_both_ways, heads_first, heads_last
from sama.models.views import ALL_VIEWS, add_pooled, join_tokens, pool_tokens, split_tokens, with_gaps


class LocalKeys(NamedTuple):
    """The local views as an adapter's attention sees them, (N, V, heads, h*w / pool^2, d) each: keys one way and
    queries the other, values; None for an adapter without attention that asks for nothing."""

    placed: Tensor | None
    value: Tensor | None


class Adapted(NamedTuple):
    """stream (N, h*w, C), F'_out of eq. 9; local (N, V, h*w, C); confidence (N, h*w, 1) in (0, 1)."""

    stream: Tensor
    local: Tensor
    confidence: Tensor


class LocalAdapter(nn.Module):
    """One weight set for all four regions, as eq. 4-6 write it.

    `pool` x `pool` cells of a local view are averaged before they attend and are attended to; 1 is the paper's way.
    Both output projections start at zero, so an untrained adapter changes nothing.
    """

    attend_both_ways = staticmethod(attend_both_ways)

    def __init__(self, channels: int, *, heads: int, pool: int = 1):
        super().__init__()
        self.heads = heads
        self.pool = pool
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

    def local_keys(self, local: Tensor, places: Tensor, grid: tuple[int, int]) -> LocalKeys:
        """Project local (N, V, h*w, C) with the positions (1, V, h*w / pool^2, C) of its pooled cells on a grid (h, w);
        no prompt takes part."""
        s = self.norm_local(pool_tokens(local, grid, self.pool))
        placed = s + places.to(s.dtype)
        return LocalKeys(self._project(self.local_proj, placed), self._project(self.local_value, s))

    def forward(
        self,
        stream: Tensor,
        local: Tensor,
        keys: LocalKeys,
        pos: Tensor,
        grid: tuple[int, int],
        views: tuple[int, ...] = ALL_VIEWS,
    ) -> Adapted:
        """stream (N, h*w, C) and pos (1, h*w, C) on a grid (h, w); local (N, V, h*w, C), the V local views `views`;
        keys, what `local_keys` made of them. A quadrant without a local view keeps its stream.
        """
        n, v = len(stream), list(views)
        g = self.norm_global(split_tokens(stream, grid))  # (N, 4, hw/4, C)
        placed = g + split_tokens(pos, grid)
        if len(v) < len(ALL_VIEWS):
            g, placed = g[:, v], placed[:, v]
        placed_local, value_local = cast(Tensor, keys.placed), cast(Tensor, keys.value)
        read, told = self.attend_both_ways(
            self._project(self.global_proj, placed).flatten(0, 2),
            placed_local.flatten(0, 2),
            self._project(self.global_value, g).flatten(0, 2),
            value_local.flatten(0, 2),
        )  # (N*V*heads, hw/4, d) and (N*V*heads, hw/pool^2, d)
        read = with_gaps(self.global_out(self._merge(read, n)), views)  # (N, 4, hw/4, C)
        # eq. 8; the 1x1 convolution over a map is a product over its tokens
        confidence = torch.sigmoid(F.linear(stream, self.confidence.weight.flatten(1), self.confidence.bias))
        local = add_pooled(local, self.local_out(self._merge(told, n)), grid, self.pool)
        return Adapted(stream + confidence * join_tokens(read, grid), local, confidence)

    def _project(self, layer: nn.Linear, tokens: Tensor) -> Tensor:
        """(N, V, T, C) -> (N, V, heads, T, d)."""
        return heads_first(layer(tokens).flatten(0, 1), self.heads).unflatten(0, tokens.shape[:2])

    def _merge(self, x: Tensor, n: int) -> Tensor:
        """(N*V*heads, T, d) -> (N, V, T, C)."""
        return heads_last(x.unflatten(0, (-1, self.heads))).unflatten(0, (n, -1))
