"""What SAMA asks of a backbone: a `segment_anything` model, an early feature, and if it has one a fine feature."""

from typing import NamedTuple

from segment_anything.modeling import Sam
from torch import Tensor, nn

from sama.models.decoder import choose_candidate, output_tokens, predict_masks, two_way
from sama.models.prompt_tensors import PromptTensors, embed_prompts


class EncodedView(NamedTuple):
    """embedding (B, C, h, w); early (B, E, h, w), eq. 5; detail (B, D, 4h, 4w) at stride 4, or None."""

    embedding: Tensor
    early: Tensor
    detail: Tensor | None

    def only(self, i: int) -> "EncodedView":
        """View i of the B alone; same shapes with B = 1."""
        detail = None if self.detail is None else self.detail[i : i + 1]
        return EncodedView(self.embedding[i : i + 1], self.early[i : i + 1], detail)


class EmbeddedPrompts(NamedTuple):
    """sparse (N, T, C) and dense (N, C, h, w) for the mask decoder; fine (N, 1, 4h, 4w), added to its logits, and
    likeness (N, 1, h, w): see `Prior`, None for a backbone without one."""

    sparse: Tensor
    dense: Tensor
    fine: Tensor | None
    likeness: Tensor | None


class Backbone(nn.Module):
    """A SAM and how to read its features; subclasses set `early_channels` and `detail_channels`."""

    predict_masks = staticmethod(predict_masks)

    early_channels: int
    detail_channels: int = 0

    def __init__(self, sam: Sam):
        super().__init__()
        self.sam = sam

    @property
    def image_size(self) -> int:
        """Side S of a view in pixels."""
        return self.sam.image_encoder.img_size

    @property
    def embed_dim(self) -> int:
        """Channels C of the embedding."""
        return self.sam.prompt_encoder.embed_dim

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w) of the embedding."""
        return self.sam.prompt_encoder.image_embedding_size

    def encode(self, views: Tensor) -> EncodedView:
        """Encode normalised views (B, 3, S, S)."""
        raise NotImplementedError

    def prior_context(self, view: Tensor, encoded: EncodedView):
        """Return what the dense prompt prior needs of a global view, or None for a backbone without one."""
        prior = getattr(self.sam.prompt_encoder, "prior", None)
        return None if prior is None else prior.context(view, encoded.embedding, encoded.detail)

    def embed_prompts(self, prompts: PromptTensors, context) -> EmbeddedPrompts:
        """Embed prompts; `context` is what `prior_context` returned for their images."""
        sparse, dense = embed_prompts(self.sam.prompt_encoder, prompts)
        if context is None:
            return EmbeddedPrompts(sparse, dense, None, None)
        prior = self.sam.prompt_encoder.prior(context, prompts)
        return EmbeddedPrompts(sparse, dense + prior.dense.to(dense.dtype), prior.fine, prior.likeness)

    def decode(self, embedding: Tensor, embedded: EmbeddedPrompts) -> tuple[Tensor, Tensor]:
        """SAM's own answer: logits (N, 4, 4h, 4w) and scores (N, 4) for embeddings (B, C, h, w)."""
        decoder = self.sam.mask_decoder
        pos = self.sam.prompt_encoder.get_dense_pe()
        tokens = output_tokens(decoder, embedded.sparse)
        return self.masks(*two_way(decoder, self.source(embedding, embedded), pos, tokens), embedded)

    @staticmethod
    def source(embedding: Tensor, embedded: EmbeddedPrompts) -> Tensor:
        """The image stream (N, C, h, w) that N prompts start with, for embeddings (B, C, h, w)."""
        each = len(embedded.dense) // len(embedding)
        # Repeating would also undo a channels-last layout, which is how the decoder reads the stream.
        return (embedding if each == 1 else embedding.repeat_interleave(each, 0)) + embedded.dense

    def masks(self, tokens: Tensor, keys: Tensor, embedded: EmbeddedPrompts) -> tuple[Tensor, Tensor]:
        """Logits (N, 4, 4h, 4w) and scores (N, 4) of tokens and image stream as `two_way` returns them."""
        logits, scores = self.predict_masks(self.sam.mask_decoder, tokens, keys, self.grid)
        return logits if embedded.fine is None else logits + embedded.fine, scores

    @staticmethod
    def choose(scores: Tensor, prompts: PromptTensors) -> Tensor:
        """Return (N,) the candidate SAM answers with."""
        return choose_candidate(scores, prompts.ambiguous)
