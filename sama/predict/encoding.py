"""From a photo to what the model remembers of it, view by view."""

import time
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor

from sama.models.backbones.base import EncodedView
from sama.models.image_features import ImageFeatures
from sama.models.sama import Sama
from sama.models.views import (
    Frame,
    global_view,
    local_views,
    make_frame,
    normalise,
    padded_views,
    touched_views,
)
from sama.predict.answer import Progress
from sama.predict.cache import halved
from sama.predict.devices import inference, views_at_once
from sama.request.prompts import Prompts

Step = tuple[Progress, ImageFeatures | None]


def encode_photo(
    model: Sama,
    pixels: np.ndarray,
    dtype: torch.dtype,
    *,
    local: bool,
    prompts: Callable[[], Prompts | None],
) -> Iterator[Step]:
    """Encode a photo (H, W, 3) uint8 on the model's device with products in `dtype`.

    Yields the progress after each view, with features in half precision after the global view, when SAM can answer, and
    with the last local view, when SAMA can; None in between. local=False ends after the global view. The local views
    that `prompts()` touches, asked for before each, come first; those that hold padding only are not encoded, and are
    counted with the last. A model without MVLE looks at none of them.
    """
    started = time.perf_counter()
    device, size = next(model.parameters()).device, model.backbone.image_size
    geometry = Frame(pixels.shape[1], pixels.shape[0], 2 * size)
    with inference(device, dtype):
        frame = _frame(model, pixels, geometry, device)
        features = model.encode_global(_channels_last(global_view(frame)))
    yield Progress("global", 1, 1, time.perf_counter() - started), halved(features)
    if not local:
        return
    views = local_views(frame)[0]  # (4, 3, S, S)
    encoded: list[EncodedView | None] = [None] * 4
    waiting = [m for m, padding in enumerate(padded_views(geometry)) if not padding and model.config.mvle]
    told, complete = 0, False
    while not complete:
        batch = _urgent(waiting, prompts(), geometry)[: views_at_once(device)]
        waiting = [m for m in waiting if m not in batch]
        with inference(device, dtype):
            if batch:
                together = model.backbone.encode(_channels_last(views[batch]))
                for i, m in enumerate(batch):
                    encoded[m] = together.only(i)
            if complete := not waiting:
                features = halved(model.prepare(model.encode_local(features, encoded, frame)))
        done = 4 if complete else sum(view is not None for view in encoded)
        for count in range(told + 1, done + 1):
            progress = Progress("local", count, 4, time.perf_counter() - started)
            yield progress, features if complete else None
        told = done


def _frame(model: Sama, pixels: np.ndarray, geometry: Frame, device: torch.device) -> Tensor:
    """The photo in its normalised frame, (1, 3, 2S, 2S)."""
    image, sam = torch.from_numpy(pixels).permute(2, 0, 1), model.backbone.sam
    if device.type == "cuda":  # resizes faster than the processor, even with the photo's way there
        image = image.to(device)
    frame = make_frame(image, geometry.size)[None].to(device)
    mean, std = cast(Tensor, sam.pixel_mean), cast(Tensor, sam.pixel_std)
    return normalise(frame, mean, std, geometry.extent())


def _urgent(waiting: list[int], prompts: Prompts | None, geometry: Frame) -> list[int]:
    """Local views still to be encoded, those that the prompts touch first."""
    if prompts is None:
        return waiting
    rectangles = [*prompts.boxes, *((x, y, x, y) for x, y, _ in prompts.points)]
    corners = geometry.to_frame(torch.tensor(rectangles, dtype=torch.float32).reshape(-1, 2, 2))
    touched = touched_views(corners.flatten(1), geometry.size)
    return sorted(waiting, key=lambda m: not touched[m])


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
