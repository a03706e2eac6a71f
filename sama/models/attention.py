"""Multi-head attention shaped like SAM's (`segment_anything` modeling/transformer.py), and attention both ways."""

from torch import Tensor, nn
from torch.nn import functional as F


def heads_first(x: Tensor, heads: int) -> Tensor:
    """(B, T, C) -> (B, heads, T, C / heads)."""
    b, t, c = x.shape
    return x.reshape(b, t, heads, c // heads).transpose(1, 2)


def heads_last(x: Tensor) -> Tensor:
    """(B, heads, T, D) -> (B, T, heads D)."""
    return x.transpose(1, 2).flatten(2)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return softmax(q k^T / sqrt(d)) v for q (M, S, d), k and v (M, T, d)."""
    return F.scaled_dot_product_attention(q[None], k[None], v[None])[0]


def attend_both_ways(a: Tensor, b: Tensor, value_a: Tensor, value_b: Tensor) -> tuple[Tensor, Tensor]:
    """Return softmax(a b^T / sqrt(d)) value_b and softmax(b a^T / sqrt(d)) value_a.

    a, value_a (M, S, d); b, value_b (M, T, d).
    """
    return attend(a, b, value_b), attend(b, a, value_a)


class CrossAttention(nn.Module):
    """q (B, T, C) attends to k, v (B, U, C) in C / 2 inner channels; returns (B, T, C)."""

    attend = staticmethod(attend)

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
        )  # (B, heads, T or U, d)
        attended = self.attend(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1))  # (B*heads, T, d)
        return self.out_proj(heads_last(attended.unflatten(0, q.shape[:2])))
