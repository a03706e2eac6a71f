"""Multi-head attention shaped like SAM's (`segment_anything` modeling/transformer.py), but fused."""

from torch import Tensor, nn
from torch.nn import functional as F


def heads_first(x: Tensor, heads: int) -> Tensor:
    """(B, T, C) -> (B, heads, T, C / heads)."""
    b, t, c = x.shape
    return x.reshape(b, t, heads, c // heads).transpose(1, 2)


def heads_last(x: Tensor) -> Tensor:
    """(B, heads, T, D) -> (B, T, heads D)."""
    return x.transpose(1, 2).flatten(2)


class CrossAttention(nn.Module):
    """q (B, T, C) attends to k, v (B, U, C) in C / 2 inner channels; returns (B, T, C)."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads = heads
        inner = channels // 2
        self.q_proj = nn.Linear(channels, inner)
        self.k_proj = nn.Linear(channels, inner)
        self.v_proj = nn.Linear(channels, inner)
        self.out_proj = nn.Linear(inner, channels)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See the class."""
        q, k, v = (
            heads_first(project(x), self.heads)
            for project, x in ((self.q_proj, q), (self.k_proj, k), (self.v_proj, v))
        )
        return self.out_proj(heads_last(F.scaled_dot_product_attention(q, k, v)))
