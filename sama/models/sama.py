"""SAMA: a frozen SAM, the Multi-View Localization Encoder, Local-Adapters and two prediction heads.

Paper: arXiv 2601.12147. `encode_global` and `encode_local` run once per photo, `decode` once per prompt.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sama.models.backbones import build_backbone
from sama.models.backbones.base import EmbeddedPrompts, EncodedView
from sama.models.config import SamaConfig
from sama.models.decoder import output_tokens, two_way
from sama.models.heads import PredictionHead, up2
from sama.models.local_adapter import LocalAdapter
from sama.models.mvle import MultiViewLocalizationEncoder
from sama.models.prompt_tensors import PromptTensors
from sama.models.views import join_quadrants

TASKS = ("segmentation", "matting")


@dataclass(frozen=True)
class ImageFeatures:
    """What the encoder knows of B images, enough to answer any prompt.

    embedding (B, C, h, w); context for the dense prompt prior or None; local (B, 4, h*w, C), MVLE plus early feature
    (eq. 5); detail (B, D, 8h, 8w) or None; image (B, 3, s, s) normalised, for the matting head. The last three are
    None as long as only the global view is encoded.
    """

    embedding: Tensor
    context: object | None
    local: Tensor | None = None
    detail: Tensor | None = None
    image: Tensor | None = None


@dataclass(frozen=True)
class SamAnswer:
    """SAM's candidates: logits (N, 4, 4h, 4w), scores (N, 4), chosen (N,) index of the one it answers with, and the
    embedded prompts they answer, which SAMA's pass uses again."""

    logits: Tensor
    scores: Tensor
    chosen: Tensor
    embedded: EmbeddedPrompts

    @property
    def base(self) -> Tensor:
        """Logits (N, 1, 4h, 4w) of the chosen candidate."""
        return self.logits[torch.arange(len(self.chosen)), self.chosen][:, None]


class Sama(nn.Module):
    """See the module. Only `trainable()` is ever trained; the backbone is frozen and in eval mode."""

    def __init__(self, config: SamaConfig):
        super().__init__()
        self.config = config
        self.backbone = build_backbone(config)
        for parameter in self.backbone.parameters():
            parameter.requires_grad_(False)
        channels, heads = self.backbone.embed_dim, config.attention_heads
        self.mvle = MultiViewLocalizationEncoder(channels, heads=heads, pool_ratios=config.pool_ratios)
        self.early = nn.Conv2d(self.backbone.early_channels, channels, 1)
        self.adapters = nn.ModuleList(LocalAdapter(channels, heads=heads) for _ in range(2))
        # SAMA's tokens start as copies of SAM's mask token; `load_backbone` copies them again.
        self.tokens = nn.Parameter(torch.zeros(len(TASKS), channels))
        self.reset_tokens()
        widths = {
            "segmentation": config.segmentation_channels,
            "matting": config.matting_channels,
        }
        self.heads = nn.ModuleDict(
            {
                task: PredictionHead(
                    channels,
                    widths[task],
                    config.head_hidden,
                    detail=self.backbone.detail_channels,
                    residual=config.residual,
                )
                for task in TASKS
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

    @property
    def alpha_size(self) -> int:
        """Side of the frame in which the matting head answers."""
        return self.backbone.grid[0] * 2 ** len(self.config.matting_channels)

    def encode_global(self, view: Tensor) -> ImageFeatures:
        """Encode normalised global views (B, 3, S, S); enough for `decode_sam`."""
        encoded = self.backbone.encode(view)
        return ImageFeatures(encoded.embedding, self.backbone.prior_context(view, encoded))

    def encode_local(self, features: ImageFeatures, local: list[EncodedView], image: Tensor) -> ImageFeatures:
        """Add the four encoded local views, in order, each of batch B, and the frame (B, 3, 2S, 2S)."""
        pos, local_pos = self.positions()
        embedded = torch.stack([view.embedding for view in local], 1)  # (B, 4, C, h, w)
        early = torch.stack([self.early(view.early) for view in local], 1)
        tokens = self.mvle(features.embedding, embedded, pos, local_pos)
        tokens = tokens + early.flatten(3).transpose(2, 3)  # eq. 5-6
        detail = None
        if local[0].detail is not None:
            detail = join_quadrants(torch.stack([view.detail for view in local], 1))
        if self.alpha_size < image.shape[-1]:
            image = nn.functional.adaptive_avg_pool2d(image, self.alpha_size)
        return ImageFeatures(features.embedding, features.context, tokens, detail, image)

    def decode_sam(self, features: ImageFeatures, prompts: PromptTensors) -> SamAnswer:
        """SAM's own answer, with the candidate SAM would choose."""
        embedded = self.backbone.embed_prompts(prompts, features.context)
        logits, scores = self.backbone.decode(features.embedding, embedded)
        return SamAnswer(logits, scores, self.backbone.choose(scores, prompts), embedded)

    def decode(
        self,
        features: ImageFeatures,
        answer: SamAnswer,
        tasks: tuple[str, ...] = TASKS,
    ) -> dict[str, Tensor]:
        """Refine SAM's answer: logits (N, 1, H, W) for each task, H = W = the head's own resolution.

        With `residual` SAMA's tokens only read, so one pass serves both tasks; without, every task is a pass of its
        own in which its token is seen by all, as the paper has it.
        """
        if self.config.residual:
            return self._decode_pass(features, answer, tasks, readable=-len(tasks))
        out = {}
        for task in tasks:
            out |= self._decode_pass(features, answer, (task,), readable=None)
        return out

    def _decode_pass(self, features, answer, tasks, readable) -> dict[str, Tensor]:
        backbone, decoder = self.backbone, self.backbone.sam.mask_decoder
        sparse, dense = answer.embedded.sparse, answer.embedded.dense
        n = len(dense)
        each = n // len(features.embedding)

        def per_prompt(x):
            return None if x is None else x.repeat_interleave(each, 0)

        pos, local_pos = self.positions()
        own = torch.stack([self.tokens[TASKS.index(task)] for task in tasks]).expand(n, -1, -1)
        tokens = torch.cat([output_tokens(decoder, sparse), own.to(sparse.dtype)], 1)
        local = per_prompt(features.local)
        h, w = backbone.grid

        def adapt(i: int, keys: Tensor) -> Tensor:
            nonlocal local
            stream = keys.transpose(1, 2).reshape(n, -1, h, w)
            adapted = self.adapters[i](stream, local, pos, local_pos)
            local = adapted.local
            return adapted.stream.flatten(2).transpose(1, 2)

        src = per_prompt(features.embedding) + dense
        tokens, keys = two_way(decoder, src, pos, tokens, readable=readable, between=adapt)
        stream = keys.transpose(1, 2).reshape(n, -1, h, w)
        local_map = join_quadrants(local.transpose(2, 3).reshape(n, 4, -1, h, w))
        x = up2(stream) + local_map  # (N, C, 2h, 2w)
        detail, image = per_prompt(features.detail), per_prompt(features.image)
        return {
            task: self.heads[task](x, tokens[:, i - len(tasks)], answer.base, detail, image)
            for i, task in enumerate(tasks)
        }

    def positions(self) -> tuple[Tensor, Tensor]:
        """SAM's Fourier encoding of one frame at the embedding's resolution and at twice that."""
        h, w = self.backbone.grid
        layer = self.backbone.sam.prompt_encoder.pe_layer
        return layer((h, w))[None], layer((2 * h, 2 * w))[None]
