"""SAM 2.1 (Ravi et al. 2024, arXiv 2408.00714) on one photo."""

from typing import Any

from sama.methods.field import Place
from sama.methods.transformers_sam import PromptedMethod, PromptedModel, pretrained


def load(place: Place) -> PromptedModel:
    """The model with a processor for the size that its weights are for: photos are squeezed into a square."""
    from transformers import Sam2ImageProcessor, Sam2Model, Sam2Processor

    model = pretrained(Sam2Model, place.files, place.device)
    side = model.config.prompt_encoder_config.image_size
    images = Sam2ImageProcessor(size={"height": side, "width": side})

    def seen(embeddings: Any) -> dict[str, Any]:
        return {"image_embeddings": embeddings}

    return PromptedModel(model, Sam2Processor(images), seen, sizes=False)


class Sam2(PromptedMethod):
    """Boxes and clicks as SAM takes them; its mask, which is also its matte."""

    name = "sam2"
    label = "SAM 2.1"
    panel = "SAM 2.1 mask"
    title = "SAM 2.1 mask"
    help = "SAM 2.1's mask, by Meta's model; hard edges"
    note = "mask by SAM 2.1"
    mask = name
    slow = "SAM 2.1 looks at the photo ..."
    licence = "Apache-2.0"
    load = load
