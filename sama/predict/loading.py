"""From a model's name to a predictor."""

from dataclasses import replace
from pathlib import Path

from sama.models.fast import fused
from sama.models.fast.graphed import graphed
from sama.models.graphs.store import Store, default_folder
from sama.predict.cache import FeatureCache
from sama.predict.closer_look import CloserPredictor
from sama.predict.devices import (
    OPENVINO,
    TORCH,
    compiled,
    resolve_device,
    resolve_dtype,
    resolve_runtime,
)
from sama.predict.predictor import SamaPredictor
from sama.weights.zoo import LoadedModel, load_model

Predictor = SamaPredictor | CloserPredictor


def load(
    model: str = "mini",
    *,
    device: str = "auto",
    dtype: str = "auto",
    checkpoint: Path | None = None,
    sama_weights: str | Path | None = None,
    cache_bytes: int = 512 * 2**20,
    compile: bool = False,
    runtime: str = "auto",
) -> Predictor:
    """Load a model and return a predictor for it.

    model: a name from `python -m sama weights`. device: auto, cpu, cuda or mps. dtype: auto, float32, bfloat16 or
    float16, of the products; features are kept in half precision in any case.
    checkpoint: the backbone's file, instead of the embedded or published one. sama_weights: SAMA's, a path or a hub id
    `owner/name[:file]`; without any, SAM answers and mattes are training-free. cache_bytes: bound of the feature cache.
    runtime: what runs the image encoder and what else is slow: openvino, on x86 processors alone, torch, or auto, which
    is OpenVINO for `mini` and `vit_b` there, unless products are float32. compile: have an image encoder compiled that
    is not by itself, by `torch.compile` or OpenVINO, which takes a minute or more at the first photo. Raises
    WeightsError, DeviceError.
    """
    place = resolve_device(device)
    loaded = load_model(model, checkpoint=checkpoint, sama_weights=sama_weights)
    loaded.model.to(place)
    products = resolve_dtype(dtype, place)
    quick, by = fused(loaded.model, products), resolve_runtime(runtime, place, products)
    large = compile or runtime == OPENVINO
    if by == OPENVINO and not graphed(quick, products, _store(loaded), large=large):
        by = TORCH
    if compile and by == TORCH:
        quick.backbone.encode = compiled(quick.backbone.encode, f"{model}'s image encoder")
    predictor = SamaPredictor(replace(loaded, runtime=by), dtype=products, cache=FeatureCache(cache_bytes))
    return CloserPredictor(predictor) if loaded.record.looks_closer else predictor


def _store(loaded: LoadedModel) -> Store:
    """Where the graphs of a model with its weights are kept."""
    return Store(default_folder(), f"{loaded.backbone_digest}+{loaded.sama_digest}")
