"""Image encoders that SAMA can stand on."""

from sama.models.backbones.base import Backbone
from sama.models.config import SamaConfig

OFFICIAL = ("vit_b", "vit_l", "vit_h")


def build_backbone(config: SamaConfig) -> Backbone:
    """Return the backbone a configuration names, with random weights."""
    if config.backbone in OFFICIAL:
        from sama.models.backbones.sam_vit import SamVitBackbone

        return SamVitBackbone(config.backbone)
    from sama.models.backbones.mini import MiniBackbone

    return MiniBackbone(config.mini)
