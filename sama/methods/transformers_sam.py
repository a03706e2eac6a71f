"""SAM's descendants as the package transformers has them: one photo, then prompts.

The library's own processors say how photos are resized, padded and normalised and what coordinates mean, so that an
answer here is the answer of its documentation's examples.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sama.methods.field import Asked, FieldPhotoMethod, LastPhoto


class PromptedModel:
    """A model with `get_image_embeddings` and a processor for it.

    seen: turns what the image encoder returns into keyword arguments of the model; sizes: whether masks are put back
    with the size that the photo was shrunk to beside its own.
    """

    def __init__(self, model: Any, processor: Any, seen: Callable[[Any], dict[str, Any]], *, sizes: bool):
        self.net, self.processor, self._seen, self._sizes = model, processor, seen, sizes
        self._last = LastPhoto(self._encode)

    def answer(self, photo: np.ndarray, asked: Asked) -> np.ndarray:
        """Logits (h, w) float32, positive inside, for one object of a photo (h, w, 3) uint8; of several candidates, for
        a lone click, the one with the best score."""
        import torch

        seen, sizes = self._last.of(photo)
        with torch.inference_mode():
            out = self.net(**seen, **self.prompts(sizes, asked), multimask_output=asked.ambiguous)
        best = int(out.iou_scores[0, 0].argmax())
        masks = out.pred_masks[:, :, best : best + 1].float().cpu()  # (1, 1, 1, s, s)
        shapes = [sizes["original_sizes"]] + ([sizes["reshaped_input_sizes"]] if self._sizes else [])
        return self.processor.post_process_masks(masks, *shapes, binarize=False)[0][0, 0].numpy()

    def prompts(self, sizes: dict[str, Any], asked: Asked) -> dict[str, Any]:
        """Prompts as the model takes them, by the processor; sizes: as `_encode` noted them."""
        given: dict[str, Any] = {}
        if asked.points:
            given |= {"input_points": [[asked.points]], "input_labels": [[asked.labels]]}
        if asked.box is not None:
            given |= {"input_boxes": [[asked.box]]}
        height, width = (int(v) for v in sizes["original_sizes"][0])
        blank = np.zeros((height, width, 3), np.uint8)  # the processor takes prompts with a photo only
        inputs = self.processor(images=blank, return_tensors="pt", **given)
        device = next(self.net.parameters()).device
        found = {name: inputs[name].to(device) for name in given}
        return {name: x.float() if x.is_floating_point() else x for name, x in found.items()}

    def _encode(self, photo: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
        import torch

        inputs = self.processor(images=photo, return_tensors="pt")
        device = next(self.net.parameters()).device
        with torch.inference_mode():
            seen = self._seen(self.net.get_image_embeddings(inputs["pixel_values"].to(device)))
        names = ("original_sizes", "reshaped_input_sizes")
        return seen, {name: inputs[name] for name in names if name in inputs}


class PromptedMethod(FieldPhotoMethod):
    """A method whose model is a `PromptedModel`; its mask is also its matte."""

    def found(self, photo: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray | None]:
        """See `FieldPhotoMethod.found`."""
        return self.model().answer(photo, asked), None


def pretrained(kind: Any, files: tuple[Path, ...], device: str) -> Any:
    """A model of a class of transformers from the folder that holds its files, in eval mode; nothing is fetched."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = kind.from_pretrained(files[0].parent, local_files_only=True, use_safetensors=True)
    return model.to(device).eval()
