"""Multi-View Localization Encoder, eq. 2-3 of the paper.

Each local view's embedding attends to context pooled from its own quadrant of the global embedding at several
receptive fields. No prompt takes part, so it runs once per photo.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.attention import CrossAttention
from sama.models.backbones.base import EncodedView
from sama.models.views import ALL_VIEWS, split_quadrants


def to_tokens(quadrants: Tensor) -> Tensor:
    """(B, 4, C, h, w) -> (B, 4, h*w, C)."""
    return quadrants.flatten(3).transpose(2, 3)


def pooled_context(x: Tensor, ratios: tuple[int, ...]) -> Tensor:
    """Pool (B, C, h, w) at every ratio and gather each quadrant's cells: (B, 4, T, C).

    On a 64 x 64 map ratios 4, 8, 16 give T = 64 + 16 + 4 = 84 tokens a quadrant.
    """
    pooled = [to_tokens(split_quadrants(F.avg_pool2d(x, r))) for r in ratios]
    return torch.cat(pooled, 2)


class MultiViewLocalizationEncoder(nn.Module):
    """F_I (B, C, h, w) and F_L (B, V, C, h, w) to F'_P (B, V, h*w, C), V of the four regions.

    The projections are a region's own (W^{Q_m}, W^{K_m}, W^{V_m} in eq. 2); residual and layer norm follow MVANet.
    """

    def __init__(self, channels: int, *, heads: int, pool_ratios: tuple[int, ...]):
        super().__init__()
        self.pool_ratios = self._full_ratios = pool_ratios
        self.regions = nn.ModuleList(CrossAttention(channels, heads) for _ in range(4))
        self.norm = nn.LayerNorm(channels)

    def rescale(self, size: int, full: int) -> None:
        """Pool contexts of as many cells on views of `size` pixels as on those of `full`."""
        self.pool_ratios = tuple(ratio * size // full for ratio in self._full_ratios)

    def forward(
        self,
        global_: Tensor,
        local: Tensor,
        pos: Tensor,
        local_pos: Tensor,
        views: tuple[int, ...] = ALL_VIEWS,
    ) -> Tensor:
        """pos (1, C, h, w) and local_pos (1, C, 2h, 2w) are one frame's encoding at both resolutions; views says which
        regions `local` holds."""
        context = pooled_context(global_, self.pool_ratios)  # (B, 4, T, C)
        context_pos = pooled_context(pos, self.pool_ratios)
        tokens = to_tokens(local)  # (B, 4, h*w, C)
        place, keys = to_tokens(split_quadrants(local_pos)), context + context_pos
        attended = torch.stack(
            [
                self.regions[m](tokens[:, i] + place[:, m], keys[:, m], context[:, m])
                for i, m in enumerate(views)
            ],
            1,
        )
        return self.norm(tokens + attended)


def remembered(
    mvle: nn.Module,
    early: nn.Module,
    embedding: Tensor,
    present: Sequence[EncodedView],
    pos: Tensor,
    local_pos: Tensor,
    views: tuple[int, ...] = ALL_VIEWS,
) -> Tensor:
    """MVLE's output plus the early feature projected by `early`, (B, V, h*w, C), eq. 2-3 and 5-6: of a global embedding
    (B, C, h, w) and the V local views `views`; the positions are those of `MultiViewLocalizationEncoder`."""
    embedded = torch.stack([view.embedding for view in present], 1)  # F_L (B, V, C, h, w)
    tokens = mvle(embedding, embedded, pos, local_pos, views)  # F'_P (B, V, h*w, C)
    projected = torch.stack([early(view.early) for view in present], 1)  # (B, V, C, h, w)
    return tokens + to_tokens(projected)
