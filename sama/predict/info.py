"""What a loaded model says about itself: which weights run where, under which licence, and what is missing."""

import torch

from sama.predict.answer import ModelInfo
from sama.weights.zoo import LoadedModel


def model_info(loaded: LoadedModel, device: torch.device, dtype: torch.dtype) -> ModelInfo:
    """Describe a model that runs on `device` with matrix products in `dtype`."""
    record, model = loaded.record, loaded.model
    digest, licence, notes = loaded.backbone_digest[:12], record.licence, ()
    if loaded.sama_digest is not None:
        digest += f"+{loaded.sama_digest[:12]}"
        if theirs := loaded.metadata.get("licence"):
            licence += f"; SAMA weights: {theirs}"
    else:
        notes = (
            f"There are no SAMA weights for {record.name}: masks are SAM's alone, and mattes are training-free "
            "(closed-form matting), not SAMA's.",
        )
    return ModelInfo(
        name=record.name,
        title=record.title,
        backbone=model.config.backbone,
        weights_digest=digest,
        licence=licence,
        device=str(device),
        dtype=str(dtype).removeprefix("torch."),
        input_size=model.backbone.image_size,
        alpha_size=model.alpha_size,
        trained=loaded.sama_digest is not None,
        notes=notes,
        limits=record.limits,
        runtime=loaded.runtime,
    )
