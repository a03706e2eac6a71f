"""The same numbers, quicker: twins of the modules that are the definition.

A twin is a subclass without parameters of its own: a module becomes its twin in place, by its class, and all names in
its state dict stay. `fused` makes the twin of a trained model, once, when it is loaded; `learning` turns what can be
quicker while a model is trained. Every twin has a test that it equals the plain module.
"""

from typing import TypeVar, cast

import torch
from torch import nn

from sama.models.attention import CrossAttention
from sama.models.backbones.efficientnet import SameConv
from sama.models.backbones.layers import AttentionBlock
from sama.models.backbones.mini import MiniBackbone
from sama.models.backbones.sam_vit import SamVitBackbone
from sama.models.fast.depthwise import LearningConv
from sama.models.fast.heads import QuickHead
from sama.models.fast.places import PlacesKept
from sama.models.fast.sama import QuickSama
from sama.models.fast.stage import LearningStage, QuickStage
from sama.models.fast.twins import (
    QuickAttentionBlock,
    QuickCrossAttention,
    QuickFineStream,
    QuickLocalAdapter,
    QuickMini,
    QuickSamVit,
)
from sama.models.fine_stream import FineStream
from sama.models.heads import PredictionHead, Stage
from sama.models.local_adapter import LocalAdapter
from sama.models.sama import Sama

Module = TypeVar("Module", bound=nn.Module)

_ALWAYS: dict[type[nn.Module], type[nn.Module]] = {
    CrossAttention: QuickCrossAttention,
    AttentionBlock: QuickAttentionBlock,
    LocalAdapter: QuickLocalAdapter,
    MiniBackbone: QuickMini,
    SamVitBackbone: QuickSamVit,
}
LEARNING = _ALWAYS | {Stage: LearningStage, SameConv: LearningConv}
FUSED = _ALWAYS | {FineStream: QuickFineStream, Stage: QuickStage, PredictionHead: QuickHead, Sama: QuickSama}


def fused(model: Sama, dtype: torch.dtype = torch.float32) -> QuickSama:
    """Turn a model that is not trained any more into its quick twin, in place, and return it.

    Matrices and kernels are kept in `dtype`, in which autocast would need them for every view and every click; batch
    norms become part of the heads' convolutions. Call it where the model is going to run.
    """
    if isinstance(model, QuickSama):
        raise ValueError("This model is its quick twin already.")
    _turn(model.eval().requires_grad_(False), FUSED | {LearningStage: QuickStage, LearningConv: SameConv})
    model.places_kept = PlacesKept(model.config.adapter_pool)
    layers = list(model.modules())
    for layer in layers:
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            layer.to(dtype)
    for stage in layers:
        if isinstance(stage, QuickStage):
            stage.fold(dtype)
    return cast(QuickSama, model)


def learning(module: Module) -> Module:
    """Turn a model or a backbone that is going to be trained into what learns the same quicker, in place, and return
    it."""
    return _turn(module, LEARNING)


def _turn(module: Module, twins: dict[type[nn.Module], type[nn.Module]]) -> Module:
    for layer in module.modules():
        layer.__class__ = twins.get(type(layer), type(layer))
    return module
