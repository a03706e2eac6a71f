"""Matte Anything (Yao et al. 2023, arXiv 2306.04121): SAM's mask, a band around its edge as trimap, and ViTMatte.

The authors' demo erodes and dilates SAM's mask by a square of ten pixels. Their detector of transparent objects is left
out: it wants words.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from sama.methods.base import MATTE, MODEL, ModelMethod, Predictor, Report
from sama.methods.field import Field, Place
from sama.methods.transformers_sam import pretrained
from sama.predict.answer import ALPHA, TRIMAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from sama.predict.answer import Answer
    from sama.predict.seen import Seen
    from sama.request.request import Request

BAND = 10  # pixels: the side of the square that erodes and dilates the mask
MOST_PIXELS = 1024 * 1024  # that ViTMatte looks at; its attention takes their square


class VitMatte:
    """The network with its library's processor."""

    def __init__(self, net: Any, processor: Any):
        self.net, self.processor = net, processor

    def matte(self, photo: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """The matte (h, w) float32 in [0, 1] of a photo (h, w, 3) uint8 and a trimap (h, w) of 0, 0.5 and 1, which is
        kept where it knows."""
        import torch

        height, width = trimap.shape
        grey = (trimap * 255).round().astype(np.uint8)
        grey[trimap == 0.5] = 128
        inputs = self.processor(images=photo, trimaps=grey, return_tensors="pt")
        device = next(self.net.parameters()).device
        with torch.inference_mode():
            alphas = self.net(inputs["pixel_values"].to(device)).alphas  # (1, 1, h padded, w padded)
        alpha = alphas[0, 0, :height, :width].float().clamp(0, 1).cpu().numpy()
        return np.where(trimap == 0.5, alpha, trimap).astype(np.float32)


def band_around(mask: np.ndarray) -> np.ndarray:
    """A trimap (h, w) float64 of 0, 0.5 and 1: unknown between a mask (h, w) bool eroded and dilated by BAND."""
    square = np.ones((BAND, BAND), bool)
    inner = ndimage.binary_erosion(mask, square, border_value=1)
    outer = ndimage.binary_dilation(mask, square)
    return np.where(inner, 1.0, np.where(outer, 0.5, 0.0))


def load(place: Place) -> VitMatte:
    """ViTMatte with its processor."""
    from transformers import VitMatteForImageMatting, VitMatteImageProcessor

    return VitMatte(pretrained(VitMatteForImageMatting, place.files, place.device), VitMatteImageProcessor())


class MatteAnything(Field, ModelMethod):
    """The matte of the mask that the model's SAM gives."""

    name = "matte_anything"
    label = "Matte Anything"
    panel = "Matte Anything"
    title = "Matte Anything"
    help = "Matte Anything: a band around SAM's mask, resolved by ViTMatte"
    note = "matte by Matte Anything, ViTMatte on SAM's mask"
    returns = frozenset({MATTE})
    needs = frozenset({MODEL})
    slow = "ViTMatte resolves the edge of SAM's mask ..."
    tasks = ("segmentation",)  # for SAMA's mask beside it
    licence = "Apache-2.0; trained on data for research only"
    load = load

    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> "Callable[[Request, Report | None], Answer]":
        """See `Method.open`."""
        return ModelMethod.open(self.on_device_of(predictor), photo, predictor)  # pyright: ignore[reportArgumentType]

    def finish(self, seen: "Seen") -> None:
        """See `ModelMethod.finish`."""
        from sama.photo.resize import resize, shrink_photo

        height, width = seen.shape
        with seen.timed("vitmatte"):
            photo = shrink_photo(seen.photo.copy, min(height * width, MOST_PIXELS))
            trimap = band_around(seen.sam_at(photo.shape[:2]) > 0)
            alpha = self.model().matte(photo, trimap)
            seen.layers[ALPHA] = resize(alpha, (width, height)).clip(0, 1)
            told = np.round(resize(trimap.astype(np.float32), (width, height)) * 2) / 2
            seen.layers[TRIMAP] = told.astype(np.float32)
