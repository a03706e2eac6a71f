"""The embedded backbone `mini`: SAM's own prompt encoder and mask decoder over a small hybrid image encoder.

Convolutions down to stride 8, attention with convolutional MLPs at stride 16. It is a `segment_anything` `Sam`, so
everything from the embedding on is shared with the official models.
"""

from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from torch import Tensor, nn

from sama.models.backbones.base import Backbone, EncodedView
from sama.models.backbones.layers import AttentionBlock, ChannelNorm, ConvBlock, position_encoding
from sama.models.backbones.prior import PromptPrior
from sama.models.config import MiniConfig


class MiniEncoder(nn.Module):
    """Image encoder, (B, 3, S, S) normalised to an embedding (B, C, S/16, S/16)."""

    def __init__(self, config: MiniConfig):
        super().__init__()
        self.img_size = config.image_size
        w2, w4, w8, w16 = config.widths
        n4, n8, n16 = config.blocks
        self.stem = nn.Sequential(nn.Conv2d(3, w2, 3, stride=2, padding=1), nn.GELU())
        self.stage4 = nn.Sequential(
            nn.Conv2d(w2, w4, 3, stride=2, padding=1), *[ConvBlock(w4) for _ in range(n4)]
        )
        self.stage8 = nn.Sequential(
            ChannelNorm(w4), nn.Conv2d(w4, w8, 2, stride=2), *[ConvBlock(w8) for _ in range(n8)]
        )
        self.down16 = nn.Sequential(ChannelNorm(w8), nn.Conv2d(w8, w16, 2, stride=2))
        self.stage16 = nn.ModuleList(
            AttentionBlock(w16, config.trunk_heads, 1 if i in config.global_blocks else 2) for i in range(n16)
        )
        self.early_index = config.global_blocks[0]
        self.neck = nn.Sequential(
            ChannelNorm(w16),
            nn.Conv2d(w16, config.embed_dim, 3, padding=1),
            ChannelNorm(config.embed_dim),
        )

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return embedding (B, C, h, w), early (B, w16, h, w) after the first global block, and detail
        (B, w4, 4h, 4w) at stride 4."""
        detail = self.stage4(self.stem(x))
        x = self.down16(self.stage8(detail))
        x = x + position_encoding(x.shape[1], x.shape[-2:], x.device).to(x.dtype)
        for i, block in enumerate(self.stage16):
            x = block(x)
            if i == self.early_index:
                early = x
        return self.neck(x), early, detail

    def forward(self, x: Tensor) -> Tensor:
        """Return the embedding alone, as segment-anything's image encoders do."""
        return self.features(x)[0]


class MiniPromptEncoder(PromptEncoder):
    """SAM's prompt encoder with a dense prompt prior beside it."""

    def __init__(self, config: MiniConfig):
        grid = config.image_size // 16
        super().__init__(
            embed_dim=config.embed_dim,
            image_embedding_size=(grid, grid),
            input_image_size=(config.image_size, config.image_size),
            mask_in_chans=16,
        )
        self.prior = PromptPrior(
            image_size=config.image_size,
            embed_dim=config.embed_dim,
            detail_channels=config.widths[1],
            heads=config.prior_heads,
        )


class MiniBackbone(Backbone):
    """`mini` as SAMA sees it."""

    def __init__(self, config: MiniConfig):
        decoder = MaskDecoder(
            transformer_dim=config.embed_dim,
            transformer=TwoWayTransformer(
                depth=2,
                embedding_dim=config.embed_dim,
                mlp_dim=config.decoder_mlp,
                num_heads=config.decoder_heads,
            ),
            iou_head_hidden_dim=config.embed_dim,
        )
        # The masks start as the prior's; the decoder learns what to add.
        for mlp in decoder.output_hypernetworks_mlps:
            nn.init.zeros_(mlp.layers[-1].weight)
            nn.init.zeros_(mlp.layers[-1].bias)
        super().__init__(Sam(MiniEncoder(config), MiniPromptEncoder(config), decoder))
        self.early_channels = config.widths[3]
        self.detail_channels = config.widths[1]

    def resize(self, size: int) -> None:
        """Work on views of `size` x `size` from now on; no weight depends on it. `size` is a multiple of 32."""
        prompt_encoder, grid = self.sam.prompt_encoder, (size // 16, size // 16)
        self.sam.image_encoder.img_size = size
        prompt_encoder.input_image_size = (size, size)
        prompt_encoder.image_embedding_size = grid
        prompt_encoder.mask_input_size = (4 * grid[0], 4 * grid[1])
        prompt_encoder.prior.image_size = size

    def encode(self, views: Tensor) -> EncodedView:
        """See `Backbone.encode`."""
        embedding, early, detail = self.sam.image_encoder.features(views)
        return EncodedView(embedding, early, detail)
