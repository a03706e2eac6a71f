"""SAMA: a frozen SAM, the Multi-View Localization Encoder, Local-Adapters and two prediction heads.

Paper: arXiv 2601.12147. `encode_global` and `encode_local` run once per photo, `decode` once per prompt. This is the
definition; what answers photos is its twin in `sama.models.fast`, which says the same quicker.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sama.models import factory
from sama.models.backbones import build_backbone
from sama.models.backbones.base import EncodedView
from sama.models.beliefs import Beliefs, make_guides
from sama.models.config import SamaConfig
from sama.models.decoder import output_tokens, two_way
from sama.models.image_features import ImageFeatures, SamAnswer, per_prompt
from sama.models.mvle import remembered
from sama.models.places import Places, make_places
from sama.models.prompt_attention import for_tokens, prompt_bias
from sama.models.prompt_tensors import PromptTensors
from sama.models.views import join_quadrants, present_of

TASKS = ("segmentation", "matting")


class Sama(nn.Module):
    """See the module. Only `trainable()` is ever trained; the backbone is frozen and in eval mode."""

    def __init__(self, config: SamaConfig):
        super().__init__()
        self.config = config
        self.backbone = build_backbone(config)
        for parameter in self.backbone.parameters():
            parameter.requires_grad_(False)
        self.full_size = self.backbone.image_size
        channels = self.backbone.embed_dim
        self.views = factory.make_views(config)
        self.mvle = factory.make_mvle(config, channels)
        self.early = factory.make_early(config, self.backbone)
        self.adapters = factory.make_adapters(config, channels)
        self.join = factory.make_join(config)
        # SAMA's tokens start as copies of SAM's mask token; `load_backbone` copies them again.
        self.tokens = nn.Parameter(torch.zeros(len(TASKS), channels))
        self.reset_tokens()
        self.fine = factory.make_fine(config, self.backbone)
        self.heads = nn.ModuleDict(
            {
                "segmentation": factory.make_head(
                    config, self.backbone, config.segmentation_channels, trimap=False
                ),
                "matting": factory.make_head(
                    config, self.backbone, config.matting_channels, trimap=config.trimap
                ),
            }
        )
        self.eval()

    def reset_tokens(self) -> None:
        """Copy SAM's first mask token into both SAMA tokens."""
        with torch.no_grad():
            self.tokens.copy_(self.backbone.sam.mask_decoder.mask_tokens.weight[:1].expand(2, -1))

    def trainable(self) -> dict[str, Tensor]:
        """Name to tensor of everything SAMA adds, batch-norm statistics included; what a SAMA checkpoint holds."""
        return {k: v for k, v in self.state_dict().items() if not k.startswith("backbone.")}

    def train(self, mode: bool = True) -> "Sama":
        """Train mode for SAMA's modules; the frozen backbone stays in eval mode."""
        super().train(mode)
        self.backbone.eval()
        return self

    def train_task(self, task: str) -> None:
        """Train the shared modules and one head; the other head is frozen and its batch-norm does not move."""
        self.train()
        for name, head in self.heads.items():
            head.requires_grad_(name == task)
            head.train(name == task)

    def resize(self, size: int) -> None:
        """Work on views of `size` x `size` from now on, with contexts of as many cells as before; for a backbone of
        which no weight depends on it, see `BackboneKind.any_size`. `size` is a multiple of 128."""
        if size != self.backbone.image_size:
            self.backbone.resize(size)
            self.mvle.rescale(size, self.full_size)

    @property
    def alpha_size(self) -> int:
        """Side of the frame in which the matting head answers."""
        return self.backbone.grid[0] * 2 ** len(self.config.matting_channels)

    def positions(self) -> Places:
        """SAM's Fourier encoding of the cells."""
        layer = self.backbone.sam.prompt_encoder.pe_layer
        dtype = layer.positional_encoding_gaussian_matrix.dtype
        return make_places(layer, self.backbone.grid, self.config.adapter_pool, dtype)

    def encode_global(self, view: Tensor) -> ImageFeatures:
        """Encode normalised global views (B, 3, S, S); enough for `decode_sam`."""
        encoded = self.backbone.encode(view)
        embedding = encoded.embedding.contiguous(memory_format=torch.channels_last)
        context = self.backbone.prior_context(view, encoded)
        return ImageFeatures(embedding, context, single=self.views.kept(encoded))

    def encode_local(
        self, features: ImageFeatures, local: Sequence[EncodedView | None], image: Tensor
    ) -> ImageFeatures:
        """Add the four encoded local views, in order, each of batch B, and the frame (B, 3, 2S, 2S).

        None stands for a view that holds padding only: its quadrant keeps SAM's stream. What SAMA remembers of the
        views is MVLE's output plus the projected early feature, eq. 2-3 and 5-6.
        """
        local = self.views(local, features.single)
        views = tuple(m for m, view in enumerate(local) if view is not None)
        present = [view for view in local if view is not None]
        tokens = self.local_tokens(features.embedding, present, views)
        detail = None
        if present[0].detail is not None:
            nothing = torch.zeros_like(present[0].detail)
            detail = torch.stack([nothing if v is None else v.detail for v in local], 1)  # (B, 4, D, 4h, 4w)
            detail = join_quadrants(detail)  # (B, D, 8h, 8w)
        if self.alpha_size < image.shape[-1]:
            image = nn.functional.adaptive_avg_pool2d(image, self.alpha_size)
        return ImageFeatures(features.embedding, features.context, tokens, detail, image, views)

    def local_tokens(
        self, embedding: Tensor, present: Sequence[EncodedView], views: tuple[int, ...]
    ) -> Tensor:
        """MVLE's output plus the projected early feature, (B, V, h*w, C), of a global embedding (B, C, h, w) and the V
        local views `views`."""
        places = self.positions()
        return remembered(self.mvle, self.early, embedding, present, places.pos, places.local_pos, views)

    def prepare(self, features: ImageFeatures) -> ImageFeatures:
        """The place for what a quick twin does once for a photo instead of once for every prompt: nothing here."""
        return features

    def decode_sam(self, features: ImageFeatures, prompts: PromptTensors) -> SamAnswer:
        """SAM's own answer, with the candidate SAM would choose."""
        embedded = self.backbone.embed_prompts(prompts, features.context)
        logits, scores = self.backbone.decode(features.embedding, embedded)
        return SamAnswer(logits, scores, self.backbone.choose(scores, prompts), embedded, self._bias(prompts))

    def decode(
        self, features: ImageFeatures, answer: SamAnswer, tasks: tuple[str, ...] = TASKS
    ) -> dict[str, Tensor]:
        """Refine SAM's answer: logits (N, 1, H, W) for each task, H = W = the head's own resolution, and beside matting
        `trimap` and `detail` of a head that begins with a trimap, see `HeadMaps`.

        With `residual` SAMA's tokens only read, so one pass serves both tasks; without, every task is a pass of its
        own in which its token is seen by all, as the paper has it.
        """
        out = {}
        for together in [tasks] if self.config.residual else [(task,) for task in tasks]:
            out |= self._pass(features, answer, together)
        return out

    def _pass(self, features: ImageFeatures, answer: SamAnswer, tasks: tuple[str, ...]) -> dict[str, Tensor]:
        """One pass through SAM's decoder with the Local-Adapters between its layers, and the heads of `tasks`."""
        grid, views, places = self.backbone.grid, features.views, self.positions()
        each = len(answer.embedded.dense) // len(features.embedding)
        local = per_prompt(features.local, each)  # (N, V, h*w, C)
        local_places = present_of(places.local_tokens, views)

        def adapt(i: int, stream: Tensor) -> Tensor:
            nonlocal local
            keys = self.adapters[i].local_keys(local, local_places, grid)
            stream, local, _ = self.adapters[i](stream, local, keys, places.tokens, grid, views)  # eq. 4-9
            return stream

        tokens = self._prompt_tokens(answer, tasks)
        tokens, stream = two_way(
            self.backbone.sam.mask_decoder,
            self.backbone.source(features.embedding, answer.embedded),
            places.pos,
            tokens,
            readable=self._readable(tasks),
            between=adapt,
            bias=self._for_tokens(answer.bias, tokens, tasks),
        )  # (N, T, C), F'_out (N, h*w, C)
        x = self.join(stream, local, views, grid)  # (N, C, 2h, 2w)
        guides = make_guides(features.image, self.config.guides)
        guides = None if guides is None else guides.per_prompt(each)
        beliefs = Beliefs(answer.base, guides, x.dtype)
        details = self.fine(features.image, features.detail)
        out = {}
        for i, task in enumerate(tasks):
            shown = self.heads[task].shown(details, features.image, x.shape[-2:])
            shown = [per_prompt(part, each) for part in shown]
            maps = self.heads[task](x, tokens[:, i - len(tasks)], answer.base, beliefs, shown)
            out |= maps.by_name(task)
        return out

    def _prompt_tokens(self, answer: SamAnswer, tasks: tuple[str, ...]) -> Tensor:
        """SAM's tokens, the prompt's and, at the end, SAMA's for `tasks`: (N, T, C)."""
        return self._with_own(output_tokens(self.backbone.sam.mask_decoder, answer.embedded.sparse), tasks)

    def _with_own(self, tokens: Tensor, tasks: tuple[str, ...] = TASKS) -> Tensor:
        """Append SAMA's tokens for `tasks` to (N, T, C)."""
        own = torch.stack([self.tokens[TASKS.index(task)] for task in tasks])
        return torch.cat([tokens, own.expand(len(tokens), -1, -1).to(tokens.dtype)], 1)

    def _bias(self, prompts: PromptTensors) -> Tensor | None:
        """Where SAMA's tokens may look for each prompt, (N, h*w), see `prompt_bias`; None for everywhere."""
        if not self.config.masked_attention:
            return None
        return prompt_bias(prompts, self.backbone.grid, self.backbone.image_size)

    def _for_tokens(self, bias: Tensor | None, tokens: Tensor, tasks: tuple[str, ...]) -> Tensor | None:
        """The bias for each of tokens (N, T, C): for SAMA's own, so that SAM's answer stays, or for all where they are
        seen by all."""
        return for_tokens(bias, tokens.shape[1], len(tasks) if self.config.residual else None)

    def _readable(self, tasks: tuple[str, ...]) -> int | None:
        """Up to where tokens are seen by others; None: all are."""
        return -len(tasks) if self.config.residual else None
