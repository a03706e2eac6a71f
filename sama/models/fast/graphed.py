"""Twins of what is done once for a photo that run as graphs, see `sama.models.graphs`."""

from collections.abc import Sequence
from threading import Thread
from typing import cast

import torch
from torch import Tensor, nn

from sama.models.attention import CrossAttention
from sama.models.backbones.base import Backbone, EncodedView
from sama.models.backbones.layers import AttentionBlock, ChannelNorm
from sama.models.backbones.mini import MiniBackbone
from sama.models.backbones.prior import MAPS, PromptPrior
from sama.models.backbones.sam_vit import SamVitBackbone
from sama.models.fast.sama import QuickSama
from sama.models.fast.stage import QuickStage, Side
from sama.models.fast.twins import (
    QuickAttentionBlock,
    QuickCrossAttention,
    QuickMini,
    QuickSamVit,
)
from sama.models.graphs.graph import THREADS, Graph
from sama.models.graphs.store import Store
from sama.models.mvle import remembered
from sama.models.sama import TASKS
from sama.models.views import ALL_VIEWS

LARGE = 100e6  # parameters of an encoder that takes a minute and gigabytes to be traced
SMALLER = 4  # maps of a trace, where it is for any size
DETAIL = 4  # cells of the detail map for one of the map that heads begin with


class _GraphedBackbone(Backbone):
    """A backbone whose encoder is a graph; `graph` is set by `graphed`."""

    graph: Graph

    def encode(self, views: Tensor) -> EncodedView:
        """See `Backbone.encode`."""
        return _encoded(self.graph, views) if _by_graph(views) else super().encode(views)


class GraphedMini(_GraphedBackbone, QuickMini):
    """Twin of `QuickMini`."""


class GraphedSamVit(_GraphedBackbone, QuickSamVit):
    """Twin of `QuickSamVit`."""


class GraphedPrior(PromptPrior):
    """Twin of `PromptPrior` in which prompts meet the image in a graph; `graph` is set by `graphed`."""

    graph: Graph

    def meet(self, planes: Tensor, alike: Tensor, detail: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """See `PromptPrior.meet`; one prompt after another."""
        if not _by_graph(planes):
            return super().meet(planes, alike, detail, image)
        rows = zip(*(x.split(1) for x in (planes, alike, detail, image)), strict=True)
        fine, dense = _joined([self.graph(*row) for row in rows])
        return fine, dense


class GraphedSama(QuickSama):
    """Twin of `QuickSama` in which graphs make what is remembered of the local views and what the heads are given; both
    are set by `graphed`."""

    tokens_graph: Graph
    sides_graph: Graph

    def local_tokens(
        self, embedding: Tensor, present: Sequence[EncodedView], views: tuple[int, ...]
    ) -> Tensor:
        """See `Sama.local_tokens`."""
        if views != ALL_VIEWS or len(embedding) > 1 or not _by_graph(embedding):
            return super().local_tokens(embedding, present, views)
        places = self.positions()
        maps = [*(view.embedding for view in present), *(view.early for view in present)]
        return self.tokens_graph(embedding, places.pos, places.local_pos, *maps)[0][None]

    def sides(
        self, image: Tensor, detail: Tensor | None, tasks: tuple[str, ...]
    ) -> dict[str, tuple[Side, ...]]:
        """See `QuickSama.sides`."""
        if detail is None or tasks != TASKS or len(image) > 1 or not _by_graph(image):
            return super().sides(image, detail, tasks)
        maps = iter(self.sides_graph(image, detail))
        self.sides_graph.rest()  # its maps are the largest
        return {
            task: tuple(
                Side(*(next(maps) if there else None for there in cast(QuickStage, stage).beside))
                for stage in self.heads[task].stages.children()
            )
            for task in tasks
        }


class _Encoder(nn.Module):
    """All that a backbone makes of a view."""

    def __init__(self, backbone: Backbone):
        super().__init__()
        self.backbone = backbone

    def forward(self, view: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, S, S) to embedding, early and, if there is one, detail."""
        return tuple(x for x in self.backbone.encode(view) if x is not None)


class _Meeting(nn.Module):
    """The network of a prompt prior."""

    def __init__(self, prior: PromptPrior):
        super().__init__()
        self.prior = prior

    def forward(self, *maps: Tensor) -> tuple[Tensor, Tensor]:
        """See `PromptPrior.meet`."""
        return PromptPrior.meet(self.prior, *maps)


class _Tokens(nn.Module):
    """What is remembered of four local views."""

    def __init__(self, model: QuickSama):
        super().__init__()
        self.mvle, self.early, self.grid = model.mvle, model.early, model.backbone.grid[0]

    def forward(self, embedding: Tensor, pos: Tensor, local_pos: Tensor, *maps: Tensor) -> Tensor:
        """Global embedding (1, C, h, w), positions, four local embeddings and four early features to (4, h*w, C)."""
        self.mvle.rescale(int(embedding.shape[-1]), self.grid)  # of the copy that is traced
        views = [EncodedView(*each, None) for each in zip(maps[:4], maps[4:], strict=True)]
        return remembered(self.mvle, self.early, embedding, views, pos, local_pos)[0]


class _Sides(nn.Module):
    """The fine stream, and what each stage of each head takes of it."""

    def __init__(self, model: QuickSama):
        super().__init__()
        self.fine, self.heads = model.fine, model.heads

    def forward(self, image: Tensor, detail: Tensor) -> tuple[Tensor, ...]:
        """image (1, 3, s, s), detail (1, D, ., .) to the maps of `QuickHead.sides`, head by head, stage by stage."""
        details = self.fine(image, detail)
        size = detail.shape[-2] // DETAIL, detail.shape[-1] // DETAIL
        sides = [side for task in TASKS for side in self.heads[task].sides(details, image, size)]
        return tuple(x for side in sides for x in side if x is not None)


class _Norm(ChannelNorm):
    """Norm over the channels where they are: a graph would carry out the permutations of `ChannelNorm`."""

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        x = x - x.mean(1, keepdim=True)
        x = x * torch.rsqrt((x * x).mean(1, keepdim=True) + 1e-5)
        return x * self.weight[:, None, None] + self.bias[:, None, None]


TRACED: dict[type[nn.Module], type[nn.Module]] = {
    GraphedMini: MiniBackbone,
    GraphedSamVit: SamVitBackbone,
    QuickAttentionBlock: AttentionBlock,
    QuickCrossAttention: CrossAttention,
    ChannelNorm: _Norm,
}


def graphed(model: QuickSama, dtype: torch.dtype, store: Store, *, large: bool = False) -> bool:
    """Turn a quick twin into one that runs as graphs with products in `dtype`, in place, and say whether it was: of
    `mini` what is done once for a photo and the network of its prompt prior, of the official models the image encoder,
    if it is not large or `large` is true."""
    backbone = model.backbone
    if isinstance(backbone, QuickSamVit):
        if not large and sum(x.numel() for x in backbone.sam.image_encoder.parameters()) > LARGE:
            return False
        backbone.__class__ = GraphedSamVit
        backbone.graph = Graph(_Encoder(backbone), "the image encoder", dtype, store, TRACED)
        return True
    backbone.__class__, model.__class__ = GraphedMini, GraphedSama
    backbone.graph = Graph(_Encoder(backbone), "the image encoder", dtype, store, TRACED, SMALLER)
    prior = backbone.sam.prompt_encoder.prior
    prior.graph = Graph(_Meeting(prior), "the prompt prior", dtype, store, TRACED, SMALLER)
    prior.__class__ = GraphedPrior
    model.tokens_graph = Graph(_Tokens(model), "the local views", dtype, store, TRACED)
    model.sides_graph = Graph(_Sides(model), "the fine stream", dtype, store, TRACED, SMALLER)
    Thread(target=_compile_ahead, args=[model], name=f"{THREADS}s", daemon=False).start()
    return True


def _compile_ahead(model: GraphedSama) -> None:
    """Compile what the first photo and the first box will ask for, in their order."""
    backbone = model.backbone
    prior = cast(PromptPrior, backbone.sam.prompt_encoder.prior)
    (h, w), size, c = backbone.grid, backbone.image_size, backbone.embed_dim
    embedding, early = (1, c, h, w), (1, backbone.early_channels, h, w)
    detail, side = (1, backbone.detail_channels, 8 * h, 8 * w), min(model.alpha_size, 2 * size)
    maps = (1, MAPS, 4 * h, 4 * w), (1, 2 * prior.heads, h, w)
    context = (1, prior.detail.out_channels, 4 * h, 4 * w), (1, prior.image.out_channels, h, w)
    wanted = {
        backbone.graph: ((1, 3, size, size),),
        model.tokens_graph: (embedding, embedding, (1, c, 2 * h, 2 * w), *4 * [embedding], *4 * [early]),
        model.sides_graph: ((1, 3, side, side), detail),
        prior.graph: (*maps, *context),
    }
    for graph, shapes in wanted.items():
        if graph.prepare(*shapes).exception():
            return  # whoever asks for it is told


def _encoded(graph: Graph, views: Tensor) -> EncodedView:
    """Encode one view after another."""
    embedding, early, *detail = _joined([graph(view) for view in views.split(1)])
    return EncodedView(embedding, early, *(detail or [None]))


def _joined(each: list[list[Tensor]]) -> tuple[Tensor, ...]:
    """What was made of one after another, together."""
    return tuple(maps[0] if len(maps) == 1 else torch.cat(maps) for maps in zip(*each, strict=True))


def _by_graph(x: Tensor) -> bool:
    return x.device.type == "cpu" and not torch.is_grad_enabled()
