"""SAM's mask decoder with its first layer shared between SAM's pass and SAMA's, and no map put together in between."""

from segment_anything.modeling import MaskDecoder
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.decoder import Between, Decoded, cells, last_reading, mask_weights, two_way_layer


def first_layer(
    decoder: MaskDecoder,
    src: Tensor,
    pos: Tensor,
    tokens: Tensor,
    *,
    readable: int | None = None,
    bias: Tensor | None = None,
) -> Decoded:
    """Run layer 0 of the two-way transformer alone; arguments and result as in `sama.models.decoder.two_way`."""
    layer = decoder.transformer.layers[0]
    return two_way_layer(layer, tokens, cells(src), tokens, cells(pos), readable, bias)


def after_first_layer(
    decoder: MaskDecoder,
    first: Decoded,
    pos: Tensor,
    tokens: Tensor,
    *,
    readable: int | None = None,
    between: Between | None = None,
    bias: Tensor | None = None,
) -> Decoded:
    """The rest of `sama.models.decoder.two_way`, from what `first_layer` returned for the same arguments."""
    queries, keys = first
    key_pe = cells(pos)
    for i, layer in enumerate(decoder.transformer.layers):
        if i:
            queries, keys = two_way_layer(layer, queries, keys, tokens, key_pe, readable, bias)
        if between is not None:
            keys = between(i, keys)
    return last_reading(decoder, queries, keys, tokens, key_pe, bias), keys


def predict_masks(
    decoder: MaskDecoder, tokens: Tensor, keys: Tensor, grid: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Twin of `sama.models.decoder.predict_masks`: upscaling as products over the cells."""
    first, norm, activation, second, again = decoder.output_upscaling
    x = _spread(first, keys)  # (N, hw, 4, C/4)
    x = activation(F.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps))
    x = again(_spread(second, x))  # (N, hw, 4, 4, C/8)
    weights = mask_weights(decoder, tokens)  # (N, 4, C/8)
    planes = x.flatten(1, 3) @ weights.to(x.dtype).transpose(1, 2)  # (N, hw*4*4, 4)
    return _assembled(planes, grid), decoder.iou_prediction_head(tokens[:, 0])


def _spread(layer: nn.ConvTranspose2d, x: Tensor) -> Tensor:
    """What a transposed convolution of kernel and stride 2 makes of each cell of x (..., C): its four pixels, row by
    row, (..., 4, C'). As a product over the cells, with no map to put together in between."""
    weight = layer.weight.permute(2, 3, 1, 0).flatten(0, 2)  # (4 C', C)
    bias = None if layer.bias is None else layer.bias.repeat(4)
    return F.linear(x, weight, bias).unflatten(-1, (4, -1))


def _assembled(planes: Tensor, grid: tuple[int, int]) -> Tensor:
    """Cells of pixels of pixels (N, h*w*4*4, M) as maps (N, M, 4h, 4w)."""
    (h, w), (n, _, m) = grid, planes.shape
    cells = planes.reshape(n, h, w, 2, 2, 2, 2, m)  # (N, h, w, row, column, row, column, M)
    return cells.permute(0, 7, 1, 3, 5, 2, 4, 6).reshape(n, m, 4 * h, 4 * w)
