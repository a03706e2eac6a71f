"""The embedded backbone `mini`: SAM's own prompt encoder and mask decoder over a small image encoder.

EfficientNet-Lite2's trunk, attention with convolutional MLPs at stride 16, and a way back to stride 4. It is a
`segment_anything` `Sam`, so everything from the embedding on is shared with the official models.
"""

from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from torch import Tensor, nn

from sama.models.backbones.base import Backbone, EncodedView
from sama.models.backbones.efficientnet import EfficientNetLite, from_sam_normalisation
from sama.models.backbones.layers import AttentionBlock, ChannelNorm, ConvBlock, position_encoding
from sama.models.backbones.prior import PromptPrior
from sama.models.config import MiniConfig, SamaConfig
from sama.models.maps import up2

# The embedding has half the resolution of the official ones, so the heads climb one stage further: masks end at 256 px,
# mattes at 1024 px; and what runs once per photo is cheap here, so there is a fine stream.
DEFAULT = SamaConfig(
    backbone="mini",
    segmentation_channels=(64, 48, 32),
    matting_channels=(64, 48, 32, 16, 8),
    fine=(64, 32, 8),
    guides=((6, 2e-3), (2, 2e-3)),
    mixing=True,
    trimap=True,
    mini=MiniConfig(blocks=5, prior_mixing=True),
)


class MiniEncoder(nn.Module):
    """Image encoder, (B, 3, S, S) normalised to an embedding (B, C, S/16, S/16)."""

    def __init__(self, config: MiniConfig):
        super().__init__()
        self.img_size = config.image_size
        self.trunk = EfficientNetLite(config.trunk)
        c2, c4, c8, c16, c32 = self.trunk.channels
        width, fine = config.width, config.detail
        self.from8 = _lateral(c8, width, 2)
        self.from16 = _lateral(c16, width)
        self.from32 = _lateral(c32, width)
        self.blocks = nn.ModuleList(AttentionBlock(width, config.heads, 1) for _ in range(config.blocks))
        self.neck = nn.Sequential(
            ChannelNorm(width),
            nn.Conv2d(width, config.embed_dim, 3, padding=1),
            ChannelNorm(config.embed_dim),
        )
        # From the deep features back to the fine ones, for the prompt prior and the matting head.
        self.top8 = nn.Conv2d(width, fine, 1)
        self.fine8 = _lateral(c8, fine)
        self.join8 = ConvBlock(fine)
        self.fine4 = _lateral(c4, fine)
        self.fine2 = _lateral(c2, fine, 2)
        self.join4 = ConvBlock(fine)

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return embedding (B, C, h, w), early (B, width, h, w) before any attention, and detail
        (B, fine, 4h, 4w) at stride 4."""
        s2, s4, s8, s16, s32 = self.trunk(from_sam_normalisation(x))
        early = self.from8(s8) + self.from16(s16) + up2(self.from32(s32))
        x = early + position_encoding(early.shape[1], early.shape[-2:], early.device).to(early.dtype)
        for block in self.blocks:
            x = block(x)
        detail = self.join8(self.fine8(s8) + up2(self.top8(x)))
        detail = self.join4(self.fine4(s4) + self.fine2(s2) + up2(detail))
        return self.neck(x), early, detail

    def forward(self, x: Tensor) -> Tensor:
        """Return the embedding alone, as segment-anything's image encoders do."""
        return self.features(x)[0]


def _lateral(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """A map of the trunk at another width and, with stride 2, at half the size, of unit scale."""
    return nn.Sequential(nn.Conv2d(channels, width, stride, stride=stride), ChannelNorm(width))


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
            detail_channels=config.detail,
            heads=config.prior_heads,
            widths=config.prior_widths,
            mixing=config.prior_mixing,
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
        self.early_channels = config.width
        self.detail_channels = config.detail

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
