"""The numbers that define a model, in two frozen dataclasses that are passed explicitly."""

from dataclasses import asdict, dataclass, field
from typing import Any

# EfficientNet-Lite2: blocks, kernel size, stride of the first block, expansion and channels of every stage.
LITE2 = (
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)


@dataclass(frozen=True)
class MiniConfig:
    """The embedded backbone: EfficientNet-Lite2's trunk and a few attention blocks under SAM's own decoder.

    `trunk` lists the trunk's stages, `width` and `blocks` are of the attention at stride 16, `detail` is the width of
    the map at stride 4, and `prior_widths` are those of the prompt prior at strides 4, 8 and 16. `prior_mixing` gives
    the prior a residual block at stride 8 on its way back.
    """

    image_size: int = 512
    embed_dim: int = 192
    trunk: tuple[tuple[int, ...], ...] = LITE2
    width: int = 256
    blocks: int = 3
    heads: int = 4
    detail: int = 64
    decoder_mlp: int = 768
    decoder_heads: int = 8
    prior_heads: int = 2
    prior_widths: tuple[int, int, int] = (48, 96, 192)
    prior_mixing: bool = False


@dataclass(frozen=True)
class SamaConfig:
    """SAMA's trainable modules on some backbone.

    `segmentation_channels` and `matting_channels` are the widths of the two heads, one stage each, from twice the
    embedding's resolution upwards, doubling at every further stage. `adapter_pool` x `adapter_pool` cells of a local
    view are averaged before the adapters' attention.

    `mvle` and `local_adapter` switch a module off for the paper's ablations, with all that the paper describes as part
    of it. Without MVLE no local view is encoded: the early feature is that of the global view. Without Local-Adapters
    there is no early feature. With `join_local` the heads read the local views' tokens beside the stream; without, the
    stream alone, into which MVLE's output is merely added where there are no Local-Adapters.

    Beyond the paper: `fine` lists the widths of a stream that shows the heads the photo at strides 4, 2 and 1,
    `fine_blocks` is its depth at stride 4; without it the heads see the photo's colours alone. `guides` are windows
    (radius in pixels of SAM's mask, smoothness) of guided filters whose answers stand beside SAM's in the heads.
    `mixing` gives each head a residual block at four times the embedding's resolution. With `trimap` the matting head
    tells background, unknown and foreground apart first, see `sama.models.trimap_first`. With `masked_attention` SAMA's
    tokens read the image where the prompt is, see `sama.models.prompt_attention`.
    """

    backbone: str = "mini"
    residual: bool = True
    mvle: bool = True
    local_adapter: bool = True
    join_local: bool = True
    pool_ratios: tuple[int, ...] = (4, 8, 16)
    attention_heads: int = 8
    adapter_pool: int = 1
    segmentation_channels: tuple[int, ...] = (64, 32)
    matting_channels: tuple[int, ...] = (64, 32, 16, 8)
    head_hidden: int = 224
    fine: tuple[int, ...] = ()
    fine_blocks: int = 3
    guides: tuple[tuple[int, float], ...] = ()
    mixing: bool = False
    trimap: bool = False
    masked_attention: bool = False
    mini: MiniConfig = field(default_factory=MiniConfig)

    def to_dict(self) -> dict:
        """Return plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "SamaConfig":
        """Inverse of `to_dict`; lists become tuples again."""
        values = dict(values)
        mini = MiniConfig(**{k: _freeze(v) for k, v in values.pop("mini", {}).items()})
        return cls(mini=mini, **{k: _freeze(v) for k, v in values.items()})


def _freeze(value: Any) -> Any:
    return tuple(_freeze(v) for v in value) if isinstance(value, list | tuple) else value
