"""Prompts as tensors, and their embedding by SAM's prompt encoder.

All prompt kinds share one layout, that of segment-anything's ONNX exporter: a box is two points with labels 2 and 3,
padding has label -1. So prompts of different kinds fit into one batch, for any backbone.
"""

from dataclasses import dataclass, replace

import torch
from segment_anything.modeling import PromptEncoder
from torch import Tensor

NEGATIVE, POSITIVE, TOP_LEFT, BOTTOM_RIGHT, PADDING = 0, 1, 2, 3, -1


@dataclass(frozen=True)
class PromptTensors:
    """N prompts, in pixels of the global view (S x S).

    With B images N is a multiple of B: the same number for every image, those of the first image first.
    coords (N, T, 2) float x, y; labels (N, T) int in {-1, 0, 1, 2, 3}; masks (N, 1, S/4, S/4) float logits and
    has_mask (N,) bool, or both None. known (N, 2, S/4, S/4), weights of what is known to be object and background from
    elsewhere, such as the frames before in a clip, or None: they replace what the prompt prior would take from a box.
    """

    coords: Tensor
    labels: Tensor
    masks: Tensor | None = None
    has_mask: Tensor | None = None
    known: Tensor | None = None

    @property
    def ambiguous(self) -> Tensor:
        """(N,) bool: exactly one positive click and nothing else, where SAM offers three candidates."""
        single = ((self.labels == POSITIVE).sum(1) == 1) & ((self.labels >= 0).sum(1) == 1)
        return single if self.has_mask is None else single & ~self.has_mask

    def with_masks(self, masks: Tensor) -> "PromptTensors":
        """Return the same prompts with a mask prompt for each."""
        every = torch.ones(len(self.labels), dtype=torch.bool, device=self.labels.device)
        return replace(self, masks=masks, has_mask=every)

    def with_click(self, coords: Tensor, labels: Tensor) -> "PromptTensors":
        """Return the same prompts with one more click each: coords (N, 2), labels (N,)."""
        return replace(
            self,
            coords=torch.cat([self.coords, coords[:, None]], 1),
            labels=torch.cat([self.labels, labels[:, None]], 1),
        )


def embed_prompts(encoder: PromptEncoder, prompts: PromptTensors) -> tuple[Tensor, Tensor]:
    """Return sparse (N, T, C) and dense (N, C, h, w) embeddings, equal to `encoder(points, boxes, masks)`.

    Source: segment-anything `PromptEncoder.forward`, in the batched form of its `utils/onnx.py`.
    """
    labels = prompts.labels[..., None]
    size = encoder.input_image_size
    sparse = encoder.pe_layer.forward_with_coords(prompts.coords.float() + 0.5, size)  # (N, T, C)
    table = torch.cat([e.weight for e in encoder.point_embeddings])  # (4, C)
    known = table[prompts.labels.clamp(min=0)] + sparse
    sparse = torch.where(labels == PADDING, encoder.not_a_point_embed.weight[None], known)
    n = len(prompts.labels)
    h, w = encoder.image_embedding_size
    dense = encoder.no_mask_embed.weight[..., None, None].expand(n, -1, h, w)
    if prompts.masks is not None and prompts.has_mask is not None:
        with_mask = encoder.mask_downscaling(prompts.masks)
        dense = torch.where(prompts.has_mask[:, None, None, None], with_mask.to(dense.dtype), dense)
    return sparse, dense
