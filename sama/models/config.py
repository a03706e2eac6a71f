"""The numbers that define a model, in two frozen dataclasses that are passed explicitly."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class MiniConfig:
    """The embedded backbone: a small convolution-attention trunk under SAM's own decoder.

    `widths` are the channels at strides 2, 4, 8 and 16.
    """

    image_size: int = 512
    embed_dim: int = 192
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int, int] = (1, 2, 6)
    trunk_heads: int = 8
    global_blocks: tuple[int, ...] = (2, 5)
    decoder_mlp: int = 768
    decoder_heads: int = 8
    prior_heads: int = 2


@dataclass(frozen=True)
class SamaConfig:
    """SAMA's trainable modules on some backbone.

    `segmentation_channels` and `matting_channels` are the widths of the two heads, one stage each, from twice the
    embedding's resolution upwards, doubling at every further stage.
    """

    backbone: str = "mini"
    residual: bool = True
    pool_ratios: tuple[int, ...] = (4, 8, 16)
    attention_heads: int = 8
    segmentation_channels: tuple[int, ...] = (64, 32)
    matting_channels: tuple[int, ...] = (64, 32, 16, 8)
    head_hidden: int = 224
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


def default_config(backbone: str) -> SamaConfig:
    """Return the configuration we train for a backbone name (`mini`, `vit_b`, `vit_l`, `vit_h`).

    The embedding of `mini` has half the resolution of the official ones, so its heads climb one stage further: masks
    end at 256 px, mattes at 1024 px.
    """
    if backbone == "mini":
        return SamaConfig(
            backbone="mini",
            segmentation_channels=(64, 48, 32),
            matting_channels=(64, 48, 32, 16, 8),
        )
    return SamaConfig(backbone=backbone)


def _freeze(value):
    return tuple(value) if isinstance(value, list) else value
