"""Attention with decomposed relative positions that never holds a whole map of logits.

SAM's image encoder adds to the logits of query (y, x) and key (v, u) the two numbers rel_h[y, x, v] and rel_w[y, x, u].
`segment_anything` writes the 4096 x 4096 logits of twelve heads to memory and passes over them five times; that memory
traffic, not the arithmetic, is most of its time on a CPU. Here two ways compute the same sum:

- On a CPU, block by block of queries: the block's biases, the product added onto them and the softmax stay in the
  processor's cache. Fused `scaled_dot_product_attention` with the bias as its mask took as long in float32 and twice
  as long in bfloat16 on a CPU with AVX512-BF16, and more on small windows, so it is not used there.
- Elsewhere the bias becomes part of the dot product: a query gets its rel_h and rel_w as further channels, a key the
  one-hot codes of its row and its column. Then the kernels of `scaled_dot_product_attention` that accept no mask, which
  are the fast ones, apply; three times the arithmetic costs a GPU less than the map would.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.fast.attention import blocks

BLOCK_BYTES = 4 * 2**20  # of logits: with the softmax's result about what a core's share of cache holds


def attend(q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor) -> Tensor:
    """Return softmax(q k^T / sqrt(d) + rel_h + rel_w) v.

    q, k, v (N, h*w, d) of one dtype, N windows times heads, row-major; rel_h (N, h*w, h); rel_w (N, h*w, w).
    """
    with torch.autocast(q.device.type, enabled=False):
        rel_h, rel_w = rel_h.to(q.dtype), rel_w.to(q.dtype)
        if q.device.type != "cpu":
            return _folded(q, k, v, rel_h, rel_w)
        # Not a decorator: that imports the compiler, a second at each start, for those who never compile.
        blocked = torch.compiler.disable(_blocked) if torch.compiler.is_compiling() else _blocked
        return blocked(q, k, v, rel_h, rel_w)  # a compiler would unroll its loop


def _blocked(q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor) -> Tensor:
    n, length, d = q.shape
    keys, out = k.transpose(1, 2).contiguous(), torch.empty_like(q)
    for at in blocks(n, length, length * q.element_size(), BLOCK_BYTES):
        which, _ = at
        logits = (rel_h[at][..., :, None] + rel_w[at][..., None, :]).flatten(2)  # (some, rows, h*w)
        logits.baddbmm_(q[at], keys[which], alpha=d**-0.5)
        out[at] = torch.bmm(torch.softmax(logits, -1), v[which])
    return out


def _folded(q: Tensor, k: Tensor, v: Tensor, rel_h: Tensor, rel_w: Tensor) -> Tensor:
    n, length, d = q.shape
    h, w = rel_h.shape[-1], rel_w.shape[-1]
    cell = torch.arange(length, device=q.device)
    places = torch.cat([F.one_hot(cell // w, h), F.one_hot(cell % w, w)], 1).to(q.dtype)  # (h*w, h + w)
    # The scale of the dot product is taken out of the biases beforehand.
    q = torch.cat([q, rel_h * d**0.5, rel_w * d**0.5], -1)
    k = torch.cat([k, places.expand(n, -1, -1)], -1)
    width = -(-q.shape[-1] // 8) * 8  # the kernels want equal widths, multiples of eight
    q, k, v = (F.pad(x, (0, width - x.shape[-1]))[None] for x in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, scale=d**-0.5)[0, ..., :d]
