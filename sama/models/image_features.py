"""What is known of photos, and what SAM answered: the values that go from one part of SAMA to the next."""

from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from sama.models.backbones.base import EmbeddedPrompts, EncodedView
from sama.models.views import ALL_VIEWS


@dataclass(frozen=True)
class ImageFeatures:
    """What the encoder knows of B images, enough to answer any prompt.

    embedding (B, C, h, w); context for the dense prompt prior or None; local (B, V, h*w, C), MVLE plus early feature
    (eq. 5) of the local views `views`; detail (B, D, 8h, 8w) or None; image (B, 3, s, s) normalised, for the matting
    head. The last three are None as long as only the global view is encoded. single: for a model that looks at the
    global view alone, what the backbone made of it, until it is in the others.
    """

    embedding: Tensor
    context: object | None
    local: Tensor | None = None
    detail: Tensor | None = None
    image: Tensor | None = None
    views: tuple[int, ...] = ALL_VIEWS
    single: EncodedView | None = None


@dataclass(frozen=True)
class SamAnswer:
    """SAM's candidates: logits (N, 4, 4h, 4w), scores (N, 4), chosen (N,) index of the one it answers with, and the
    embedded prompts, which SAMA's pass uses again; bias (N, h*w), where its tokens may look, see
    `sama.models.prompt_attention`, None for everywhere."""

    logits: Tensor
    scores: Tensor
    chosen: Tensor
    embedded: EmbeddedPrompts
    bias: Tensor | None = None

    @property
    def base(self) -> Tensor:
        """Logits (N, 1, 4h, 4w) of the chosen candidate."""
        return self.logits[torch.arange(len(self.chosen)), self.chosen][:, None]

    def believing(self, logits: Tensor) -> Self:
        """The same with logits (N, 1, 4h, 4w) of masks from elsewhere in the candidates' place: SAMA's heads then
        refine these."""
        one = self.scores.new_ones(len(logits), 1)
        return replace(self, logits=logits, scores=one, chosen=torch.zeros_like(self.chosen))


def per_prompt(x: Tensor | None, each: int) -> Tensor | None:
    """Repeat every image's entry for each of its prompts."""
    return x if x is None or each == 1 else x.repeat_interleave(each, 0)
