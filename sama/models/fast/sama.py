"""SAMA with everything done once that need not be done for every prompt, and SAM's first layer shared with SAMA."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sama.models.backbones.base import EmbeddedPrompts
from sama.models.beliefs import Beliefs, Guides, make_guides
from sama.models.decoder import Decoded, output_tokens
from sama.models.fast.decoder import after_first_layer, first_layer
from sama.models.fast.heads import entry
from sama.models.fast.places import PlacesKept
from sama.models.fast.stage import Side
from sama.models.image_features import ImageFeatures, SamAnswer, per_prompt
from sama.models.local_adapter import LocalKeys
from sama.models.places import Places
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS, Sama
from sama.models.views import present_of


@dataclass(frozen=True)
class PreparedFeatures(ImageFeatures):
    """Features, detail and image dropped, with the part of SAMA's decoder in which no prompt takes part: the local
    views projected for the first adapter, what every stage of a task's head is given, by task, and the photo for the
    guided filters."""

    keys: LocalKeys = LocalKeys(None, None)
    sides: dict[str, tuple[Side, ...]] | None = None
    guides: Guides | None = None


@dataclass(frozen=True)
class SharedAnswer(SamAnswer):
    """SAM's answer with the decoder's first layer, tokens (N, T + 2, C) and image stream (N, h*w, C), in which SAMA's
    tokens have read along."""

    first: Decoded | None = None


class QuickSama(Sama):
    """Twin of `Sama`; `places_kept` is set by `fused`."""

    places_kept: PlacesKept

    def positions(self) -> Places:
        """See `Sama.positions`; in the image stream's number format."""
        layer = self.backbone.sam.prompt_encoder.pe_layer
        dtype = products_dtype(layer.positional_encoding_gaussian_matrix)
        return self.places_kept.get(layer, self.backbone.grid, dtype)

    def prepare(self, features: ImageFeatures, tasks: tuple[str, ...] = TASKS) -> PreparedFeatures:
        """Do once for a photo what `decode` would do for every prompt, in autocast's number format where it is on, and
        drop what only that needed."""
        (h, w), image, local = self.backbone.grid, features.image, features.local
        if image is None or local is None:
            raise ValueError("the local views are not encoded")
        local = local.to(products_dtype(local))
        local_places = present_of(self.positions().local_tokens, features.views)
        keys = self.adapters[0].local_keys(local, local_places, (h, w))
        guides = make_guides(image, self.config.guides)
        sides = self.sides(image.to(products_dtype(image)), features.detail, tasks)
        return PreparedFeatures(
            features.embedding,
            features.context,
            local,
            views=features.views,
            keys=keys,
            sides=sides,
            guides=guides,
        )

    def sides(
        self, image: Tensor, detail: Tensor | None, tasks: tuple[str, ...]
    ) -> dict[str, tuple[Side, ...]]:
        """What the heads of `tasks` are given of image (B, 3, s, s) and detail (B, D, 8h, 8w), by task."""
        details, (h, w) = self.fine(image, detail), self.backbone.grid
        return {task: self.heads[task].sides(details, image, (2 * h, 2 * w)) for task in tasks}

    def decode_sam(self, features: ImageFeatures, prompts: PromptTensors) -> SamAnswer:
        """See `Sama.decode_sam`."""
        if not self.config.residual:  # SAMA's tokens are seen by SAM's, so nothing can be shared
            return super().decode_sam(features, prompts)
        backbone, decoder = self.backbone, self.backbone.sam.mask_decoder
        embedded = backbone.embed_prompts(prompts, features.context)
        tokens = output_tokens(decoder, embedded.sparse)
        src, pos, readable = self._source(features, embedded), self.positions().pos, tokens.shape[1]
        bias, own = self._bias(prompts), self._with_own(tokens)
        each = self._for_tokens(bias, own, TASKS)
        first = first_layer(decoder, src, pos, own, readable=readable, bias=each)
        decoded = after_first_layer(decoder, (first[0][:, :readable], first[1]), pos, tokens)
        logits, scores = backbone.masks(*decoded, embedded)
        return SharedAnswer(logits, scores, backbone.choose(scores, prompts), embedded, bias, first)

    def _pass(self, features: ImageFeatures, answer: SamAnswer, tasks: tuple[str, ...]) -> dict[str, Tensor]:
        if not isinstance(features, PreparedFeatures):
            features = self.prepare(features, tasks)
        decoder, grid, views = self.backbone.sam.mask_decoder, self.backbone.grid, features.views
        each = len(answer.embedded.dense) // len(features.embedding)
        local, places = per_prompt(features.local, each), self.positions()
        local_places = present_of(places.local_tokens, views)

        def adapt(i: int, stream: Tensor) -> Tensor:
            nonlocal local
            adapter = self.adapters[i]
            if i == 0:
                keys = LocalKeys(*(per_prompt(x, each) for x in features.keys))
            else:
                keys = adapter.local_keys(local, local_places, grid)
            stream, local, _ = adapter(stream, local, keys, places.tokens, grid, views)
            return stream

        tokens, readable = self._prompt_tokens(answer, tasks), self._readable(tasks)
        bias = self._for_tokens(answer.bias, tokens, tasks)
        if isinstance(answer, SharedAnswer):
            first = _with_tokens_of(answer.first, tasks)
        else:
            src = self._source(features, answer.embedded)
            first = first_layer(decoder, src, places.pos, tokens, readable=readable, bias=bias)
        tokens, stream = after_first_layer(
            decoder, first, places.pos, tokens, readable=readable, between=adapt, bias=bias
        )
        x = self.join(stream, local, views, grid)  # (N, C, 2h, 2w)
        guides = None if features.guides is None else features.guides.per_prompt(each)
        beliefs = Beliefs(answer.base, guides, x.dtype)
        x = entry(x, beliefs if self.config.residual else None)
        out = {}
        for i, task in enumerate(tasks):
            given = features.sides[task]  # pyright: ignore[reportOptionalSubscript]  what `prepare` has made
            sides = [Side(*(per_prompt(m, each) for m in side)) for side in given]
            maps = self.heads[task](x, tokens[:, i - len(tasks)], answer.base, beliefs, sides)
            out |= maps.by_name(task)
        return out

    def _source(self, features: ImageFeatures, embedded: EmbeddedPrompts) -> Tensor:
        """The image stream (N, C, h, w) that N prompts start with."""
        src = self.backbone.source(features.embedding, embedded)
        return src.to(products_dtype(src))


def products_dtype(x: Tensor) -> torch.dtype:
    """The number format in which products read x: autocast's where it is on. The image stream is kept in it."""
    device = x.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype


def _with_tokens_of(first: Decoded, tasks: tuple[str, ...]) -> Decoded:
    """The first layer's result with SAMA's tokens for `tasks` only."""
    queries, keys = first
    own = [TASKS.index(task) - len(TASKS) for task in tasks]
    return torch.cat([queries[:, : -len(TASKS)], queries[:, own]], 1), keys
