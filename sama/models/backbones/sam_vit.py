"""The official SAM image encoders, ViT-B, ViT-L and ViT-H: the modules and weights of the `segment_anything` package.

The package's own blocks are run here with attention from `fused_attention`; nothing is copied or replaced in them, and
in float32 the result equals `sam.image_encoder(views)` up to rounding.
"""

from segment_anything import sam_model_registry
from segment_anything.modeling.image_encoder import Attention, Block, get_rel_pos
from torch import Tensor, einsum

from sama.models.backbones.base import Backbone, EncodedView
from sama.models.backbones.fused_attention import attend


class SamVitBackbone(Backbone):
    """`vit_b`, `vit_l` or `vit_h` with random weights; `zoo` fills them.

    The early feature is the output of the first block with global attention, as in HQ-SAM.
    """

    def __init__(self, name: str):
        super().__init__(sam_model_registry[name](checkpoint=None))
        self.early_channels = self.sam.image_encoder.pos_embed.shape[-1]

    def encode(self, views: Tensor) -> EncodedView:
        """See `Backbone.encode`; early is (B, E, 64, 64)."""
        encoder = self.sam.image_encoder
        x = encoder.patch_embed(views) + encoder.pos_embed  # (B, h, w, E)
        early = None
        for block in encoder.blocks:
            x = run_block(block, x)
            if early is None and block.window_size == 0:
                early = x.permute(0, 3, 1, 2)
        return EncodedView(encoder.neck(x.permute(0, 3, 1, 2)), early, None)


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
