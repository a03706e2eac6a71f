"""The official SAM image encoders, ViT-B, ViT-L and ViT-H: modules and weights of the `segment_anything` package."""

from segment_anything import sam_model_registry
from segment_anything.modeling.image_encoder import Block
from torch import Tensor

from sama.models.backbones.base import Backbone, EncodedView
from sama.models.config import SamaConfig


def default(name: str) -> SamaConfig:
    """Return the configuration we train on the backbone `name`.

    The embeddings have four times as many cells as `mini`'s, and attention between them and the local views would cost
    many times SAM's own decoder: it has few heads here and sees pooled local cells. The maps of the prediction heads
    are about as narrow as SAM's own upscaling; the tokens' MLPs are wider instead.
    """
    return SamaConfig(
        backbone=name,
        attention_heads=2,
        adapter_pool=4,
        segmentation_channels=(32, 24),
        matting_channels=(32, 24, 12, 8),
        head_hidden=328,
    )


class SamVitBackbone(Backbone):
    """`vit_b`, `vit_l` or `vit_h` with random weights; `zoo` fills them.

    The early feature is the output of the first block with global attention, as in HQ-SAM.
    """

    def __init__(self, name: str):
        super().__init__(sam_model_registry[name](checkpoint=None))
        positions = self.sam.image_encoder.pos_embed
        if positions is None:
            raise ValueError(f"{name} encodes no positions")
        self.early_channels = positions.shape[-1]

    def encode(self, views: Tensor) -> EncodedView:
        """See `Backbone.encode`; early is (B, E, 64, 64)."""
        encoder = self.sam.image_encoder
        x = encoder.patch_embed(views) + encoder.pos_embed  # (B, h, w, E)
        early = None
        for block in encoder.blocks:
            x = self.run_block(block, x)
            if early is None and block.window_size == 0:
                early = x.permute(0, 3, 1, 2)  # (B, E, h, w)
        return EncodedView(encoder.neck(x.permute(0, 3, 1, 2)), early, None)

    @staticmethod
    def run_block(block: Block, x: Tensor) -> Tensor:
        """Run a transformer block on (B, h, w, E)."""
        return block(x)
