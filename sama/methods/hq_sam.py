"""HQ-SAM (Ke et al. 2023, arXiv 2306.01567): SAM with a token and early features for finer masks."""

from typing import Any

from sama.methods.field import Place
from sama.methods.transformers_sam import PromptedMethod, PromptedModel, pretrained


def load(place: Place) -> PromptedModel:
    """The model with a processor for the size that its weights are for."""
    from transformers import SamHQModel, SamHQProcessor, SamImageProcessor

    model = pretrained(SamHQModel, place.files, place.device)
    side = model.config.vision_config.image_size
    frame = {"height": side, "width": side}
    images = SamImageProcessor(size={"longest_edge": side}, pad_size=frame)

    def seen(embeddings: Any) -> dict[str, Any]:
        return {"image_embeddings": embeddings[0], "intermediate_embeddings": embeddings[1]}

    return PromptedModel(model, SamHQProcessor(images), seen, sizes=True)


class HqSam(PromptedMethod):
    """Boxes and clicks as SAM takes them; its mask, which is also its matte."""

    name = "hq_sam"
    label = "HQ-SAM"
    panel = "HQ-SAM mask"
    title = "HQ-SAM mask"
    help = "HQ-SAM's mask, by the model of its authors; hard edges"
    note = "mask by HQ-SAM"
    mask = name
    slow = "HQ-SAM looks at the photo ..."
    licence = "Apache-2.0"
    load = load
