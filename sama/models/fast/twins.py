"""The twins that differ from the definition in one function."""

from torch import Tensor

from sama.models.attention import CrossAttention
from sama.models.backbones.layers import AttentionBlock
from sama.models.backbones.mini import MiniBackbone
from sama.models.backbones.sam_vit import SamVitBackbone
from sama.models.fast import attention, both_ways, decoder, encoder
from sama.models.fast.stage import Phases
from sama.models.fine_stream import FineStream
from sama.models.local_adapter import LocalAdapter


class QuickCrossAttention(CrossAttention):
    """Attention in blocks."""

    attend = staticmethod(attention.attend)


class QuickAttentionBlock(AttentionBlock):
    """Attention in blocks."""

    attend = staticmethod(attention.attend)


class QuickFineStream(FineStream):
    """The last map stays in phases, which is how heads take it."""

    def forward(self, image: Tensor, detail: Tensor) -> tuple[Tensor, Tensor, Phases]:
        """See `FineStream.forward`."""
        fine4, fine2, phases = self.in_phases(image, detail)
        return fine4, fine2, Phases(phases)


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
