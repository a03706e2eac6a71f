"""SAM's mask decoder, batched over images and open between its layers.

`segment_anything.MaskDecoder.predict_masks` serves one image and hides its two-way transformer. These functions run
the same layers with the same weights for N prompts of several images, and let the Local-Adapters in after each layer.
Source: segment-anything `modeling/transformer.py` and `mask_decoder.py`.
"""

from collections.abc import Callable

import torch
from segment_anything.modeling import MaskDecoder
from torch import Tensor, nn
from torch.nn import functional as F

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
    first: Decoded | None = None,
) -> Decoded:
    """Run the two-way transformer.

    src (N, C, h, w) image embedding plus dense prompt; pos (1, C, h, w); tokens (N, T, C). Only the first `readable`
    tokens are seen by the others and by the image; the rest only read, so they change nothing for the first.
    `between(i, keys)` may replace the image stream (N, hw, C) after layer i. `first`, what `first_layer` returned for
    these arguments, saves its work.
    Returns tokens (N, T, C) and the image stream (N, hw, C).
    """
    transformer = decoder.transformer
    key_pe = pos.flatten(2).transpose(1, 2)  # (1, hw, C)
    queries, keys = first_layer(decoder, src, pos, tokens, readable=readable) if first is None else first
    for i, layer in enumerate(transformer.layers):
        if i:
            queries, keys = _layer(layer, queries, keys, tokens, key_pe, readable)
        if between is not None:
            keys = between(i, keys)
    attended = transformer.final_attn_token_to_image(q=queries + tokens, k=keys + key_pe, v=keys)
    return transformer.norm_final_attn(queries + attended), keys


def first_layer(
    decoder: MaskDecoder, src: Tensor, pos: Tensor, tokens: Tensor, *, readable: int | None = None
) -> Decoded:
    """Run layer 0 of the two-way transformer alone; arguments and result as in `two_way`."""
    keys, key_pe = (x.flatten(2).transpose(1, 2) for x in (src, pos))  # (N, hw, C), (1, hw, C)
    return _layer(decoder.transformer.layers[0], tokens, keys, tokens, key_pe, readable)


def _layer(layer, queries, keys, query_pe, key_pe, readable):
    """One TwoWayAttentionBlock; see `two_way` for shapes."""
    if layer.skip_first_layer_pe:
        seen = queries[:, :readable]
        queries = layer.self_attn(q=queries, k=seen, v=seen)
    else:
        q = queries + query_pe
        queries = queries + layer.self_attn(q=q, k=q[:, :readable], v=queries[:, :readable])
    queries = layer.norm1(queries)

    placed = keys + key_pe
    attended = layer.cross_attn_token_to_image(q=queries + query_pe, k=placed, v=keys)
    queries = layer.norm2(queries + attended)
    queries = layer.norm3(queries + layer.mlp(queries))

    q = (queries + query_pe)[:, :readable]
    attended = layer.cross_attn_image_to_token(q=placed, k=q, v=queries[:, :readable])
    return queries, layer.norm4(keys + attended)


def predict_masks(
    decoder: MaskDecoder, tokens: Tensor, keys: Tensor, grid: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Turn decoded tokens (N, T, C) and stream (N, hw, C) into logits (N, 4, 4h, 4w) and scores (N, 4)."""
    weights = torch.stack(
        [mlp(tokens[:, 1 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)], 1
    )  # (N, 4, C/8)
    first, norm, activation, second, again = decoder.output_upscaling
    x = _spread(first, keys)  # (N, hw, 4, C/4)
    x = activation(F.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps))
    x = again(_spread(second, x))  # (N, hw, 4, 4, C/8)
    planes = x.flatten(1, 3) @ weights.to(x.dtype).transpose(1, 2)
    return _assembled(planes, grid), decoder.iou_prediction_head(tokens[:, 0])


def _spread(layer: nn.ConvTranspose2d, x: Tensor) -> Tensor:
    """What a transposed convolution of kernel and stride 2 makes of each cell of x (..., C): its four pixels, row by
    row, (..., 4, C'). As a product over the cells, with no map to put together in between."""
    weight = layer.weight.permute(2, 3, 1, 0).flatten(0, 2)
    return F.linear(x, weight, layer.bias.repeat(4)).unflatten(-1, (4, -1))


def _assembled(planes: Tensor, grid: tuple[int, int]) -> Tensor:
    """Cells of pixels of pixels (N, h*w*4*4, M) as maps (N, M, 4h, 4w)."""
    (h, w), (n, _, m) = grid, planes.shape
    cells = planes.reshape(n, h, w, 2, 2, 2, 2, m)
    return cells.permute(0, 7, 1, 3, 5, 2, 4, 6).reshape(n, m, 4 * h, 4 * w)


def choose_candidate(scores: Tensor, ambiguous: Tensor) -> Tensor:
    """Return (N,) the mask index SAM would answer with: 0, or for one click the best of 1 to 3."""
    best = scores[:, 1:].argmax(1) + 1
    return torch.where(ambiguous, best, torch.zeros_like(best))
