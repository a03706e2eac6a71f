"""Where the cells of the embedding and of the local views lie: SAM's parameter-free Fourier encoding, in every shape
that SAMA's modules take it in."""

from typing import NamedTuple

import torch
from segment_anything.modeling.prompt_encoder import PositionEmbeddingRandom
from torch import Tensor

from sama.models.views import pool_tokens, split_tokens


class Places(NamedTuple):
    """pos (1, C, h, w) and local_pos (1, C, 2h, 2w), one frame at the embedding's and at the local views' resolution;
    tokens (1, h*w, C), pos again; local_tokens (1, 4, h*w / pool^2, C), local_pos by local view, pooled."""

    pos: Tensor
    local_pos: Tensor
    tokens: Tensor
    local_tokens: Tensor


def make_places(
    layer: PositionEmbeddingRandom, grid: tuple[int, int], pool: int, dtype: torch.dtype
) -> Places:
    """Encode a grid (h, w), in `dtype`; `pool` cells of a local view, across and down, are averaged."""
    h, w = grid
    pos, local_pos = (
        layer(size)[None].contiguous(memory_format=torch.channels_last) for size in ((h, w), (2 * h, 2 * w))
    )
    tokens, local_tokens = (
        x.flatten(2).transpose(1, 2) for x in (pos, local_pos)
    )  # (1, h*w, C), (1, 4*h*w, C)
    local_tokens = split_tokens(local_tokens, (2 * h, 2 * w))  # (1, 4, h*w, C)
    places = Places(pos, local_pos, tokens, pool_tokens(local_tokens, grid, pool))
    return Places(*(x.to(dtype) for x in places))
