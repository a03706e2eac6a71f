"""From a configuration to SAMA's modules: the paper's, or in its ablations what takes their place.

The seeds of a training run and the order of its optimiser's state depend on the order in which `Sama` calls these.
"""

from torch import nn

from sama.models import ablations
from sama.models.backbones.base import Backbone
from sama.models.config import SamaConfig
from sama.models.fine_stream import FineStream
from sama.models.heads import PredictionHead
from sama.models.local_adapter import LocalAdapter
from sama.models.mvle import MultiViewLocalizationEncoder
from sama.models.views import FourViews, MergedViews

LAYERS = 2  # of SAM's mask decoder


def make_views(config: SamaConfig) -> nn.Module:
    """What is looked at beside the global view."""
    return FourViews() if config.mvle else ablations.GlobalViewAlone()


def make_mvle(config: SamaConfig, channels: int) -> nn.Module:
    """Eq. 2-3."""
    if not config.mvle:
        return ablations.NoMvle()
    return MultiViewLocalizationEncoder(
        channels, heads=config.attention_heads, pool_ratios=config.pool_ratios
    )


def make_early(config: SamaConfig, backbone: Backbone) -> nn.Module:
    """The projection of the early feature, eq. 5."""
    if not config.local_adapter:
        return ablations.NoEarlyFeature(backbone.embed_dim)
    return nn.Conv2d(backbone.early_channels, backbone.embed_dim, 1)


def make_adapters(config: SamaConfig, channels: int) -> nn.ModuleList:
    """Eq. 4-9, one for each decoder layer."""
    if config.local_adapter:
        heads, pool = config.attention_heads, config.adapter_pool
        return nn.ModuleList(LocalAdapter(channels, heads=heads, pool=pool) for _ in range(LAYERS))
    if config.mvle and not config.join_local:  # else nothing of MVLE would reach the heads
        return nn.ModuleList(ablations.PlainAdapter(channels) for _ in range(LAYERS))
    return nn.ModuleList(ablations.NoAdapter() for _ in range(LAYERS))


def make_join(config: SamaConfig) -> nn.Module:
    """What the heads read."""
    return MergedViews() if config.join_local else ablations.StreamAlone()


def make_fine(config: SamaConfig, backbone: Backbone) -> nn.Module:
    """What the heads see of the photo."""
    if not config.fine:
        return ablations.BackboneDetail()
    return FineStream(backbone.detail_channels, config.fine, config.fine_blocks)


def make_head(
    config: SamaConfig, backbone: Backbone, widths: tuple[int, ...], *, trimap: bool
) -> PredictionHead:
    """A prediction head with stages of `widths`; trimap: whether it begins with one."""
    return PredictionHead(
        backbone.embed_dim,
        widths,
        config.head_hidden,
        details=config.fine or (backbone.detail_channels,),
        image=not config.fine,
        beliefs=1 + len(config.guides),
        mixing=config.mixing,
        residual=config.residual,
        trimap=trimap,
    )
