"""The official SAM image encoders, ViT-B, ViT-L and ViT-H, from the `segment_anything` package, unchanged."""

from segment_anything import sam_model_registry
from torch import Tensor

from sama.models.backbones.base import Backbone, EncodedView


class SamVitBackbone(Backbone):
    """`vit_b`, `vit_l` or `vit_h` with random weights; `zoo` fills them.

    The early feature is the output of the first block with global attention, as in HQ-SAM; a forward hook reads it.
    """

    def __init__(self, name: str):
        super().__init__(sam_model_registry[name](checkpoint=None))
        blocks = self.sam.image_encoder.blocks
        self._first_global = next(block for block in blocks if block.window_size == 0)
        self.early_channels = self._first_global.norm1.normalized_shape[0]

    def encode(self, views: Tensor) -> EncodedView:
        """See `Backbone.encode`; early is (B, E, 64, 64)."""
        caught = []
        hook = self._first_global.register_forward_hook(lambda _m, _x, out: caught.append(out))
        try:
            embedding = self.sam.image_encoder(views)
        finally:
            hook.remove()
        return EncodedView(embedding, caught[0].permute(0, 3, 1, 2), None)
