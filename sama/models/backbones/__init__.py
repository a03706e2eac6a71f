"""Image encoders that SAMA can stand on, one record each: all that depends on which one it is is asked here."""

from collections.abc import Callable
from dataclasses import dataclass

from sama.models.backbones import mini, sam_vit
from sama.models.backbones.base import Backbone
from sama.models.config import SamaConfig


@dataclass(frozen=True)
class BackboneKind:
    """build: makes the backbone of a configuration, with random weights. default: the configuration we train on it.
    shape_in_file: whether its shape, `SamaConfig.mini`, is told by its own file of weights, instead of by its name.
    any_size: whether it can work on views of another size, see `Sama.resize`."""

    build: Callable[[SamaConfig], Backbone]
    default: SamaConfig
    shape_in_file: bool
    any_size: bool


def _official(name: str) -> BackboneKind:
    return BackboneKind(
        lambda config: sam_vit.SamVitBackbone(config.backbone),
        sam_vit.default(name),
        shape_in_file=False,
        any_size=False,
    )


BACKBONES = {
    "mini": BackboneKind(
        lambda config: mini.MiniBackbone(config.mini), mini.DEFAULT, shape_in_file=True, any_size=True
    ),
    "vit_b": _official("vit_b"),
    "vit_l": _official("vit_l"),
    "vit_h": _official("vit_h"),
}
OFFICIAL = tuple(name for name, kind in BACKBONES.items() if not kind.shape_in_file)


def build_backbone(config: SamaConfig) -> Backbone:
    """Return the backbone a configuration names, with random weights."""
    return BACKBONES[config.backbone].build(config)


def default_config(backbone: str) -> SamaConfig:
    """Return the configuration we train for a backbone name."""
    return BACKBONES[backbone].default
