"""The official SAM image encoders' blocks with attention that holds no map of logits and projects no padding.

The package's own layers are run; nothing is copied or replaced in them, and in float32 the result equals
`sam.image_encoder(views)` up to rounding.
"""

from segment_anything.modeling.image_encoder import Attention, Block, get_rel_pos
from torch import Tensor, einsum

from sama.models.fast.relative_attention import attend


def run_block(block: Block, x: Tensor) -> Tensor:
    """Run a transformer block on (B, h, w, E); equals `block(x)`."""
    x = x + self_attention(block.attn, block.norm1(x), block.window_size)
    return x + block.mlp(block.norm2(x))


def self_attention(attention: Attention, x: Tensor, window: int) -> Tensor:
    """Attend within windows of window x window cells of (B, h, w, E), or with 0 within the whole map; same shape.

    Cells that fill up the last windows are 0 before the projection, so after it they equal its bias: only the map's
    own cells are projected, and none of the others is projected back.
    """
    b, h, w, e = x.shape
    rows, columns = (window, window) if window else (h, w)
    down, across = -(-h // rows), -(-w // columns)
    qkv = attention.qkv(x)  # (B, h, w, 3E)
    if (down * rows, across * columns) != (h, w):
        full = attention.qkv(x.new_zeros(e)).to(qkv.dtype)
        full = full.expand(b, down * rows, across * columns, -1).clone()
        full[:, :h, :w] = qkv
        qkv = full
    heads = attention.num_heads
    qkv = qkv.reshape(b, down, rows, across, columns, 3, heads, e // heads)
    qkv = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7)  # (3, B, down, across, heads, rows, columns, d)
    # (N, rows, columns, d) each, N = windows times heads; contiguous, or every block of a product would be copied.
    q, k, v = qkv.reshape(3, -1, rows, columns, e // heads).contiguous()
    rel_h = einsum("nyxd,yvd->nyxv", q, get_rel_pos(rows, rows, attention.rel_pos_h).to(q.dtype))
    rel_w = einsum("nyxd,xud->nyxu", q, get_rel_pos(columns, columns, attention.rel_pos_w).to(q.dtype))
    out = attend(*(m.flatten(1, 2) for m in (q, k, v, rel_h, rel_w)))  # (N, rows*columns, d)
    out = out.reshape(b, down, across, heads, rows, columns, e // heads).permute(0, 1, 4, 2, 5, 3, 6)
    out = out.reshape(b, down * rows, across * columns, e)[:, :h, :w].contiguous()
    return attention.proj(out)
