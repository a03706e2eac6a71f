"""SAM's mask decoder, batched over images and open between its layers.

`segment_anything.MaskDecoder.predict_masks` serves one image and hides its two-way transformer. These functions run
the same layers with the same weights for N prompts of several images, and let the Local-Adapters in after each layer.
Source: segment-anything `modeling/transformer.py` and `mask_decoder.py`.
"""

from collections.abc import Callable

import torch
from segment_anything.modeling import MaskDecoder
from segment_anything.modeling.transformer import TwoWayAttentionBlock
from torch import Tensor

from sama.models.prompt_attention import read_image

Between = Callable[[int, Tensor], Tensor]
Decoded = tuple[Tensor, Tensor]


def output_tokens(decoder: MaskDecoder, sparse: Tensor) -> Tensor:
    """Prepend the score token and the four mask tokens to sparse (N, T, C) -> (N, 5 + T, C)."""
    own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])  # (5, C)
    return torch.cat([own.expand(len(sparse), -1, -1).to(sparse.dtype), sparse], 1)


def two_way(
    decoder: MaskDecoder,
    src: Tensor,
    pos: Tensor,
    tokens: Tensor,
    *,
    readable: int | None = None,
    between: Between | None = None,
    bias: Tensor | None = None,
) -> Decoded:
    """Run the two-way transformer.

    src (N, C, h, w) image embedding plus dense prompt; pos (1, C, h, w); tokens (N, T, C). Only the first `readable`
    tokens are seen by the others and by the image; the rest only read, so they change nothing for the first.
    `between(i, keys)` may replace the image stream (N, hw, C) after layer i. bias (N, T, hw) is added to the logits
    with which tokens read the image, see `sama.models.prompt_attention`.
    Returns tokens (N, T, C) and the image stream (N, hw, C).
    """
    queries, keys, key_pe = tokens, cells(src), cells(pos)
    for i, layer in enumerate(decoder.transformer.layers):
        queries, keys = two_way_layer(layer, queries, keys, tokens, key_pe, readable, bias)
        if between is not None:
            keys = between(i, keys)
    return last_reading(decoder, queries, keys, tokens, key_pe, bias), keys


def cells(x: Tensor) -> Tensor:
    """A map (N, C, h, w) as tokens (N, hw, C)."""
    return x.flatten(2).transpose(1, 2)


def two_way_layer(
    layer: TwoWayAttentionBlock,
    queries: Tensor,
    keys: Tensor,
    query_pe: Tensor,
    key_pe: Tensor,
    readable: int | None,
    bias: Tensor | None = None,
) -> Decoded:
    """One layer: queries and query_pe (N, T, C), keys (N, hw, C), key_pe (1, hw, C); the rest as in `two_way`."""
    if layer.skip_first_layer_pe:
        seen = queries[:, :readable]
        queries = layer.self_attn(q=queries, k=seen, v=seen)
    else:
        q = queries + query_pe
        queries = queries + layer.self_attn(q=q, k=q[:, :readable], v=queries[:, :readable])
    queries = layer.norm1(queries)

    placed = keys + key_pe
    attended = read_image(layer.cross_attn_token_to_image, queries + query_pe, placed, keys, bias)
    queries = layer.norm2(queries + attended)
    queries = layer.norm3(queries + layer.mlp(queries))

    q = (queries + query_pe)[:, :readable]
    attended = layer.cross_attn_image_to_token(q=placed, k=q, v=queries[:, :readable])
    return queries, layer.norm4(keys + attended)


def last_reading(
    decoder: MaskDecoder,
    queries: Tensor,
    keys: Tensor,
    query_pe: Tensor,
    key_pe: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """After the layers the tokens read the image once more; shapes as in `two_way_layer`, returns (N, T, C)."""
    transformer = decoder.transformer
    attended = read_image(
        transformer.final_attn_token_to_image, queries + query_pe, keys + key_pe, keys, bias
    )
    return transformer.norm_final_attn(queries + attended)


def mask_weights(decoder: MaskDecoder, tokens: Tensor) -> Tensor:
    """What the mask tokens among decoded tokens (N, T, C) weigh the upscaled image with, (N, 4, C/8)."""
    return torch.stack([mlp(tokens[:, 1 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)], 1)


def predict_masks(
    decoder: MaskDecoder, tokens: Tensor, keys: Tensor, grid: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Turn decoded tokens (N, T, C) and stream (N, hw, C) into logits (N, 4, 4h, 4w) and scores (N, 4)."""
    upscaled = decoder.output_upscaling(keys.transpose(1, 2).unflatten(2, grid))  # (N, C/8, 4h, 4w)
    planes = mask_weights(decoder, tokens) @ upscaled.flatten(2)  # (N, 4, 4h*4w)
    return planes.unflatten(2, upscaled.shape[-2:]), decoder.iou_prediction_head(tokens[:, 0])


def choose_candidate(scores: Tensor, ambiguous: Tensor) -> Tensor:
    """Return (N,) the mask index SAM would answer with: 0, or for one click the best of 1 to 3."""
    best = scores[:, 1:].argmax(1) + 1
    return torch.where(ambiguous, best, torch.zeros_like(best))
