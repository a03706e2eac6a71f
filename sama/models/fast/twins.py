"""The twins that differ from the definition in one function."""

from sama.models.attention import CrossAttention
from sama.models.backbones.layers import AttentionBlock
from sama.models.backbones.mini import MiniBackbone
from sama.models.backbones.sam_vit import SamVitBackbone
from sama.models.fast import attention, both_ways, decoder, encoder
from sama.models.local_adapter import LocalAdapter


class QuickCrossAttention(CrossAttention):
    """Attention in blocks."""

    attend = staticmethod(attention.attend)


class QuickAttentionBlock(AttentionBlock):
    """Attention in blocks."""

    attend = staticmethod(attention.attend)


class QuickLocalAdapter(LocalAdapter):
    """Every exponential once for both directions."""

    attend_both_ways = staticmethod(both_ways.attend_both_ways)


class QuickMini(MiniBackbone):
    """Masks without a map in between."""

    predict_masks = staticmethod(decoder.predict_masks)


class QuickSamVit(SamVitBackbone):
    """Masks without a map in between, blocks without a map of logits."""

    predict_masks = staticmethod(decoder.predict_masks)
    run_block = staticmethod(encoder.run_block)
