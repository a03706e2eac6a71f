"""Prompt-aware masked attention (ZIM, arXiv 2411.00626): where tokens may look when they read the image.

A box is a binary mask, a click a Gaussian of SIGMA; both weigh the attention from tokens to image alone, since the
other direction carries what the image knows of itself. A weight m becomes log m on the attention's logits, which is 0
and minus infinity for a box, as ZIM has it, and one reading of its soft mask for clicks.
"""

import torch
from segment_anything.modeling.transformer import Attention
from torch import Tensor
from torch.nn import functional as F

from sama.models.attention import heads_first, heads_last
from sama.models.prompt_tensors import BOTTOM_RIGHT, NEGATIVE, POSITIVE, TOP_LEFT, PromptTensors

SIGMA = 21 / 64  # of the grid's side: 21 of the 64 cells of ZIM's grid
NEVER = -1e4  # in the place of minus infinity, which half precision turns into NaN


def prompt_bias(prompts: PromptTensors, grid: tuple[int, int], image_size: int) -> Tensor:
    """What is added to the attention's logits of N prompts at the cells of a grid (h, w) of views of `image_size`
    pixels: (N, h*w) float32, at most 0. Inside a box, the cells that it touches, it is 0 and elsewhere NEVER; without a
    box it falls off from the clicks; without either, and for a box outside the view, it is 0."""
    (h, w), coords, labels = grid, prompts.coords.float(), prompts.labels
    x = torch.arange(w, device=coords.device)[None, None, :]
    y = torch.arange(h, device=coords.device)[None, :, None]
    cells = (coords / (image_size / torch.tensor([w, h], device=coords.device))).floor()  # (N, T, 2)

    def corner(label: int) -> Tensor:
        return (cells * (labels == label)[..., None]).sum(1)[..., None, None]  # (N, 2, 1, 1)

    ends = torch.stack([corner(TOP_LEFT), corner(BOTTOM_RIGHT)])
    low, high = ends.amin(0), ends.amax(0)
    inside = (x >= low[:, 0]) & (x <= high[:, 0]) & (y >= low[:, 1]) & (y <= high[:, 1])  # (N, h, w)
    has_box = (labels == TOP_LEFT).any(1)[:, None, None]
    boxed = torch.where(inside | ~inside.flatten(1).any(1)[:, None, None], 0.0, NEVER)
    clicks = (labels == POSITIVE) | (labels == NEGATIVE)  # (N, T)
    far = (x[..., None] - cells[:, None, None, :, 0]) ** 2 + (y[..., None] - cells[:, None, None, :, 1]) ** 2
    fall = -far / (2 * (SIGMA * max(h, w)) ** 2)  # (N, h, w, T)
    clicked = fall.masked_fill(~clicks[:, None, None], NEVER).amax(-1)
    clicked = torch.where(clicks.any(1)[:, None, None], clicked, 0.0)
    return torch.where(has_box, boxed, clicked).flatten(1)


def for_tokens(bias: Tensor | None, count: int, own: int | None) -> Tensor | None:
    """The bias (N, h*w) for each of `count` tokens, (N, count, h*w): for the last `own` of them, all where that is
    None, and 0 for the others. None stays None."""
    if bias is None:
        return None
    rows = torch.ones(count, device=bias.device)
    if own is not None:
        rows[: count - own] = 0
    return bias[:, None] * rows[:, None]


def read_image(layer: Attention, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """SAM's attention, q (N, T, C) to k and v (N, U, C), with a bias (N, T, U) on its logits; SAM's own where that is
    None. Source: segment-anything, modeling/transformer.py."""
    if bias is None:
        return layer(q=q, k=k, v=v)
    q, k, v = (
        heads_first(project(x), layer.num_heads)
        for project, x in ((layer.q_proj, q), (layer.k_proj, k), (layer.v_proj, v))
    )  # (N, heads, T or U, d)
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[:, None].to(q.dtype))
    return layer.out_proj(heads_last(attended))
