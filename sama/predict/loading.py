"""From a model's name to a predictor."""

from pathlib import Path

from sama.models.fast import fused
from sama.predict.cache import FeatureCache
from sama.predict.closer_look import CloserPredictor
from sama.predict.devices import compiled, resolve_device, resolve_dtype
from sama.predict.predictor import SamaPredictor
from sama.weights.zoo import load_model

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
) -> Predictor:
    """Load a model and return a predictor for it.

    model: a name from `python -m sama weights`. device: auto, cpu, cuda or mps. dtype: auto, float32, bfloat16 or
    float16, of the products; features are kept in half precision in any case.
    checkpoint: the backbone's file, instead of the embedded or published one. sama_weights: SAMA's, a path or a hub id
    `owner/name[:file]`; without any, SAM answers and mattes are training-free. cache_bytes: bound of the feature cache.
    compile: have `torch.compile` speed up the image encoder, which takes a minute or more at the first photo.
    Raises WeightsError, DeviceError.
    """
    place = resolve_device(device)
    loaded = load_model(model, checkpoint=checkpoint, sama_weights=sama_weights)
    loaded.model.to(place)
    products = resolve_dtype(dtype, place)
    fused(loaded.model, products)
    if compile:
        loaded.model.backbone.encode = compiled(loaded.model.backbone.encode, f"{model}'s image encoder")
    predictor = SamaPredictor(loaded, dtype=products, cache=FeatureCache(cache_bytes))
    return CloserPredictor(predictor) if loaded.record.looks_closer else predictor
