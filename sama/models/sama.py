"""SAMA: a frozen SAM, the Multi-View Localization Encoder, Local-Adapters and two prediction heads.

Paper: arXiv 2601.12147. `encode_global` and `encode_local` run once per photo, `decode` once per prompt.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from sama.models.adapters import make_adapters
from sama.models.backbones import build_backbone
from sama.models.backbones.base import EmbeddedPrompts, EncodedView
from sama.models.beliefs import Beliefs, make_guides
from sama.models.config import SamaConfig
from sama.models.decoder import first_layer, output_tokens, two_way
from sama.models.fine_stream import FineStream
from sama.models.heads import entry, make_head
from sama.models.image_features import ImageFeatures, Prepared, SamAnswer, per_prompt, stream_dtype
from sama.models.local_adapter import LocalKeys
from sama.models.mvle import MultiViewLocalizationEncoder, to_tokens
from sama.models.places import Places, PlacesKept
from sama.models.prompt_tensors import PromptTensors
from sama.models.single_view import quarters
from sama.models.stage import Side
from sama.models.views import ALL_VIEWS, join_quadrants, merge_views

TASKS = ("segmentation", "matting")


class Sama(nn.Module):
    """See the module. Only `trainable()` is ever trained; the backbone is frozen and in eval mode."""

    def __init__(self, config: SamaConfig):
        super().__init__()
        self.config = config
        self.backbone = build_backbone(config)
        for parameter in self.backbone.parameters():
            parameter.requires_grad_(False)
        channels, heads = self.backbone.embed_dim, config.attention_heads
        self.mvle = None
        if config.mvle:
            self.mvle = MultiViewLocalizationEncoder(channels, heads=heads, pool_ratios=config.pool_ratios)
        self.early = None
        if config.local_adapter:
            self.early = nn.Conv2d(self.backbone.early_channels, channels, 1)
        self.adapters = make_adapters(config, channels)
        # SAMA's tokens start as copies of SAM's mask token; `load_backbone` copies them again.
        self.tokens = nn.Parameter(torch.zeros(len(TASKS), channels))
        self.reset_tokens()
        detail = self.backbone.detail_channels
        self.fine = FineStream(detail, config.fine, config.fine_blocks) if config.fine else None
        widths = (config.segmentation_channels, config.matting_channels)
        self.heads = nn.ModuleDict(
            {task: make_head(config, channels, w, detail) for task, w in zip(TASKS, widths, strict=True)}
        )
        self._places = PlacesKept(config.adapter_pool)
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
        """Work on views of `size` x `size` from now on, with contexts of as many cells as before; for `mini`, of which
        no weight depends on it. `size` is a multiple of 128."""
        if size == self.backbone.image_size:
            return
        full = self.config.mini.image_size
        self.backbone.resize(size)
        if self.mvle is not None:
            self.mvle.pool_ratios = tuple(ratio * size // full for ratio in self.config.pool_ratios)

    def hold_products_in(self, dtype: torch.dtype) -> None:
        """Keep matrices and kernels in `dtype`, in which autocast would need them for every view and every click; for
        a model that is not trained any more."""
        for layer in self.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                layer.to(dtype)
        for stage in (stage for head in self.heads.values() for stage in head.stages):
            stage.float()  # multiplied with batch norms first

    @property
    def alpha_size(self) -> int:
        """Side of the frame in which the matting head answers."""
        return self.backbone.grid[0] * 2 ** len(self.config.matting_channels)

    def encode_global(self, view: Tensor) -> ImageFeatures:
        """Encode normalised global views (B, 3, S, S); enough for `decode_sam`."""
        encoded = self.backbone.encode(view)
        embedding = encoded.embedding.contiguous(memory_format=torch.channels_last)
        single = encoded if self.mvle is None else None
        return ImageFeatures(embedding, self.backbone.prior_context(view, encoded), single=single)

    def encode_local(
        self, features: ImageFeatures, local: list[EncodedView | None], image: Tensor
    ) -> ImageFeatures:
        """Add the four encoded local views, in order, each of batch B, and the frame (B, 3, 2S, 2S).

        None stands for a view that holds padding only: its quadrant keeps SAM's stream. Without MVLE `local` is not
        looked at; quadrants of the global view, enlarged, take its place.
        """
        if self.mvle is None:
            local = quarters(features.single)
        views = tuple(m for m, view in enumerate(local) if view is not None)
        present = [view for view in local if view is not None]
        embedded = torch.stack([view.embedding for view in present], 1)  # (B, V, C, h, w)
        if self.mvle is None:
            tokens = torch.zeros_like(to_tokens(embedded))
        else:
            places = self.positions()
            tokens = self.mvle(features.embedding, embedded, places.pos, places.local_pos, views)
        if self.early is not None:
            early = torch.stack([self.early(view.early) for view in present], 1)
            tokens = tokens + to_tokens(early)  # eq. 5-6
        detail = None
        if present[0].detail is not None:
            nothing = torch.zeros_like(present[0].detail)
            detail = join_quadrants(torch.stack([nothing if v is None else v.detail for v in local], 1))
        if self.alpha_size < image.shape[-1]:
            image = nn.functional.adaptive_avg_pool2d(image, self.alpha_size)
        return ImageFeatures(features.embedding, features.context, tokens, detail, image, views)

    def prepare(self, features: ImageFeatures, tasks: tuple[str, ...] = TASKS) -> ImageFeatures:
        """Do once for a photo what `decode` would do for every prompt, in autocast's number format where it is on, and
        drop what only that needed."""
        device = features.embedding.device.type
        if torch.is_autocast_enabled(device):
            features = replace(features, local=features.local.to(torch.get_autocast_dtype(device)))
        return replace(features, prepared=self._prepare(features, tasks), detail=None, image=None)

    def _prepare(self, features: ImageFeatures, tasks: tuple[str, ...]) -> Prepared:
        h, w = self.backbone.grid
        local_places = _of(self.positions().local_tokens, features.views)
        keys = ()
        if self.adapters:
            keys = self.adapters[0].local_keys(features.local, local_places, (h, w))
        image, device = features.image, features.embedding.device.type
        guides = make_guides(image, self.config.guides)
        if torch.is_autocast_enabled(device):
            image = image.to(torch.get_autocast_dtype(device))
        details = () if features.detail is None else (features.detail,)
        if self.fine is not None:
            details = self.fine(image, *details)
        sides = {task: self.heads[task].sides(details, image, (2 * h, 2 * w)) for task in tasks}
        return Prepared(keys, sides, guides)

    def decode_sam(self, features: ImageFeatures, prompts: PromptTensors) -> SamAnswer:
        """SAM's own answer, with the candidate SAM would choose."""
        backbone, decoder = self.backbone, self.backbone.sam.mask_decoder
        embedded = backbone.embed_prompts(prompts, features.context)
        if torch.is_grad_enabled() or not self.config.residual:
            first = None
            logits, scores = backbone.decode(features.embedding, embedded)
        else:
            tokens = output_tokens(decoder, embedded.sparse)
            src, pos = self._source(features, embedded), self.positions().pos
            readable = tokens.shape[1]
            first = first_layer(decoder, src, pos, self._with_own(tokens), readable=readable)
            queries, keys = first
            decoded = two_way(decoder, src, pos, tokens, first=(queries[:, :readable], keys))
            logits, scores = backbone.masks(*decoded, embedded)
        return SamAnswer(logits, scores, backbone.choose(scores, prompts), embedded, first)

    def _source(self, features: ImageFeatures, embedded: EmbeddedPrompts) -> Tensor:
        src = self.backbone.source(features.embedding, embedded)
        return src.to(stream_dtype(src))

    def _with_own(self, tokens: Tensor, tasks: tuple[str, ...] = TASKS) -> Tensor:
        """Append SAMA's tokens for `tasks` to (N, T, C)."""
        own = torch.stack([self.tokens[TASKS.index(task)] for task in tasks])
        return torch.cat([tokens, own.expand(len(tokens), -1, -1).to(tokens.dtype)], 1)

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
        each = len(answer.embedded.dense) // len(features.embedding)
        grid, views, places = backbone.grid, features.views, self.positions()
        local_places = _of(places.local_tokens, views)
        prepared = features.prepared or self._prepare(features, tasks)
        local = per_prompt(features.local, each)

        def adapt(i: int, stream: Tensor) -> Tensor:
            nonlocal local
            adapter = self.adapters[i]
            if i == 0:
                keys = LocalKeys(*(per_prompt(x, each) for x in prepared.keys))
            else:
                keys = adapter.local_keys(local, local_places, grid)
            adapted = adapter(stream, local, keys, places.tokens, grid, views)
            local = adapted.local
            return adapted.stream

        tokens = self._with_own(output_tokens(decoder, answer.embedded.sparse), tasks)
        first = None if torch.is_grad_enabled() or answer.first is None else self._first(answer.first, tasks)
        src = self._source(features, answer.embedded)
        tokens, keys = two_way(
            decoder,
            src,
            places.pos,
            tokens,
            readable=readable,
            between=adapt if self.adapters else None,
            first=first,
        )
        if not self.config.join_local:
            local = torch.zeros_like(local)
        x = merge_views(keys, local, views, backbone.grid)
        guides = None if prepared.guides is None else prepared.guides.per_prompt(each)
        beliefs = Beliefs(answer.base, guides, x.dtype)
        x = entry(x, beliefs if self.config.residual else None)
        out = {}
        for i, task in enumerate(tasks):
            sides = tuple(Side(*(per_prompt(m, each) for m in side)) for side in prepared.sides[task])
            out[task] = self.heads[task](x, tokens[:, i - len(tasks)], answer.base, beliefs, sides)
        return out

    def _first(self, first: tuple[Tensor, Tensor], tasks: tuple[str, ...]) -> tuple[Tensor, Tensor]:
        """The first layer's result with SAMA's tokens for `tasks` only."""
        queries, keys = first
        own = [TASKS.index(task) - len(TASKS) for task in tasks]
        return torch.cat([queries[:, : -len(TASKS)], queries[:, own]], 1), keys

    def positions(self) -> Places:
        """SAM's Fourier encoding of the cells, in the image stream's number format."""
        layer = self.backbone.sam.prompt_encoder.pe_layer
        dtype = stream_dtype(layer.positional_encoding_gaussian_matrix)
        return self._places.get(layer, self.backbone.grid, dtype)


def _of(local: Tensor, views: tuple[int, ...]) -> Tensor:
    """Those of four local views (1, 4, ...) that are there."""
    return local if len(views) == len(ALL_VIEWS) else local[:, list(views)]
