"""What is known of photos, and what SAM answered: the values that go from one part of SAMA to the next."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sama.models.backbones.base import EmbeddedPrompts, EncodedView
from sama.models.beliefs import Guides
from sama.models.local_adapter import LocalKeys
from sama.models.stage import Side
from sama.models.views import ALL_VIEWS


@dataclass(frozen=True)
class Prepared:
    """The part of SAMA's decoder in which no prompt takes part: the local views projected for the first adapter, what
    every stage of a task's head is given, by task, and the photo for the guided filters."""

    keys: LocalKeys
    sides: dict[str, tuple[Side, ...]]
    guides: Guides | None


@dataclass(frozen=True)
class ImageFeatures:
    """What the encoder knows of B images, enough to answer any prompt.

    embedding (B, C, h, w); context for the dense prompt prior or None; local (B, V, h*w, C), MVLE plus early feature
    (eq. 5) of the local views `views`; detail (B, D, 8h, 8w) or None; image (B, 3, s, s) normalised, for the matting
    head. The last three are None as long as only the global view is encoded. prepared: see `Sama.prepare`; with it
    detail and image are no longer needed. single: for a model that looks at the global view alone, what the backbone
    made of it, until it is in the others.
    """

    embedding: Tensor
    context: object | None
    local: Tensor | None = None
    detail: Tensor | None = None
    image: Tensor | None = None
    views: tuple[int, ...] = ALL_VIEWS
    prepared: Prepared | None = None
    single: EncodedView | None = None


@dataclass(frozen=True)
class SamAnswer:
    """SAM's candidates: logits (N, 4, 4h, 4w), scores (N, 4), chosen (N,) index of the one it answers with, and what
    SAMA's pass uses again: the embedded prompts, and without gradients the decoder's first layer, tokens (N, T + 2, C)
    and image stream (N, h*w, C), in which SAMA's tokens have read along."""

    logits: Tensor
    scores: Tensor
    chosen: Tensor
    embedded: EmbeddedPrompts
    first: tuple[Tensor, Tensor] | None = None

    @property
    def base(self) -> Tensor:
        """Logits (N, 1, 4h, 4w) of the chosen candidate."""
        return self.logits[torch.arange(len(self.chosen)), self.chosen][:, None]


def per_prompt(x: Tensor | None, each: int) -> Tensor | None:
    """Repeat every image's entry for each of its prompts."""
    return x if x is None or each == 1 else x.repeat_interleave(each, 0)


def stream_dtype(x: Tensor) -> torch.dtype:
    """The number format of the image stream that x becomes part of: autocast's, in which every product reads it anyway,
    while nothing is learnt."""
    device = x.device.type
    if torch.is_grad_enabled() or not torch.is_autocast_enabled(device):
        return x.dtype
    return torch.get_autocast_dtype(device)
