"""Looking into one answer: the views that the encoder saw, what the adapters trusted, and where the time went."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from sama import methods
from sama.methods.base import Predictor
from sama.models.views import Frame, global_view, local_views, make_frame
from sama.photo.resize import fit_within
from sama.predict.answer import ALPHA, TRIMAP, Answer
from sama.predict.closer_look import CloserPredictor
from sama.predict.framing import resized
from sama.predict.predictor import SamaPredictor
from sama.request.listing import Listing
from sama.request.request import Request

VIEWS = ("Global view", "Local view 1", "Local view 2", "Local view 3", "Local view 4")
_CROSS = (255, 235, 90)  # the colour of the seams


@dataclass(frozen=True, eq=False)
class Map:
    """values: (h, w) float32 in [0, 1], or a picture (h, w, 3) uint8; of the whole photo, or of a view."""

    name: str
    title: str
    values: np.ndarray


@dataclass
class Inspection:
    """maps: in the order in which they arise; seconds: by step; notes: what is not there, and why; box: the part of the
    photo (x0, y0, x1, y1) that was looked at, None for all of it."""

    maps: list[Map] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    box: tuple[int, int, int, int] | None = None

    def named(self, name: str) -> np.ndarray | None:
        """The values of a map; None where there is none."""
        return next((each.values for each in self.maps if each.name == name), None)


def inspect(
    predictor: Predictor, request: Request, report: Callable[[float], None] | None = None
) -> Inspection:
    """Answer the first object of a request by SAMA, once along the photo's edges and once as the heads give it, and
    keep what happens on the way. report: see `methods.answer`. Raises SamaError."""
    request = replace(
        request,
        prompts=request.objects[0],
        method=methods.default_method(predictor.info),
        candidate=request.candidate_of(0),
        keep_logits=False,
        listing=Listing(),
    )
    found, caught = Inspection(), _Caught()
    started = time.perf_counter()
    with caught.listening(predictor):
        answer = methods.answer(predictor, replace(request, edges=True), report)
    found.seconds |= {
        **answer.seconds,
        "all else": time.perf_counter() - started - sum(answer.seconds.values()),
    }
    looked, frame = _looked(predictor, request, found)
    if looked is not None:
        found.maps += _views(looked, predictor.info.input_size)
    for number, confidence in enumerate(caught.confidence, 1):
        found.maps.append(
            Map(f"confidence_{number}", f"Confidence of Local-Adapter {number}", _on_photo(confidence, frame))
        )
    if not caught.confidence:
        found.notes.append("Without SAMA's weights there are no Local-Adapters.")
    if caught.prior is not None:
        found.maps.append(Map("prior", "What the prompt says before SAM", _on_photo(caught.prior, frame)))
    else:
        found.notes.append("This model has no prompt prior.")
    _add_layers(found, answer, "matte", "Matte along the photo's edges")
    plain = methods.answer(predictor, replace(request, edges=False), report)
    _add_layers(found, plain, "matte_as_given", "Matte as the head gives it")
    return found


def _add_layers(found: Inspection, answer: Answer, name: str, title: str) -> None:
    layers = answer.union.layers
    if TRIMAP in layers and found.named("trimap") is None:
        found.maps.append(Map("trimap", "Trimap", layers[TRIMAP]))
    elif name == "matte":
        found.notes.append("This matte has no trimap.")
    found.maps.append(Map(name, title, layers[ALPHA]))


def _looked(
    predictor: Predictor, request: Request, found: Inspection
) -> tuple[np.ndarray | None, Frame | None]:
    """The picture (h, w, 3) uint8 that was encoded, and where it lies in the frame; says in `found` which part it
    is."""
    if isinstance(predictor, CloserPredictor):
        region = predictor.region_for(request.prompts) if request.closer else None
        if region is not None:
            x, y = request.photo_size[0] / region.width, request.photo_size[1] / region.height
            left, top = round(region.left * x), round(region.top * y)
            found.box = left, top, round(region.right * x), round(region.bottom * y)
            part = predictor.parts[region]
            return part.photo, part.opened.frame
        predictor = predictor.whole
    frame = predictor.opened.frame if isinstance(predictor, SamaPredictor) else None
    return predictor.photo, frame


def _views(photo: np.ndarray, side: int) -> list[Map]:
    """The global view with the seams on it, and the four local ones, (side, side, 3) uint8 each."""
    frame = make_frame(torch.from_numpy(photo.copy()).permute(2, 0, 1), 2 * side)[None]
    views = [global_view(frame)[0], *local_views(frame)[0]]
    pictures = [view.permute(1, 2, 0).round().clamp(0, 255).byte().numpy().copy() for view in views]
    thick = max(1, side // 256)
    middle = slice(side // 2 - thick, side // 2 + thick)
    pictures[0][middle], pictures[0][:, middle] = _CROSS, _CROSS
    names = ["view_global", *(f"view_local_{i}" for i in range(1, 5))]
    return [Map(*each) for each in zip(names, VIEWS, pictures, strict=True)]


def _on_photo(values: Tensor, frame: Frame | None) -> np.ndarray:
    """A map (h, w) of the frame in [0, 1], as the part (H, W) of it that is the photo, 512 pixels long."""
    maps = values[None, None]
    if frame is not None:
        height, width = frame.extent(values.shape[-1])
        maps = maps[..., :height, :width]
    height, width = maps.shape[-2:]
    scale = 512 / max(height, width)
    return resized(maps, (max(1, round(height * scale)), max(1, round(width * scale))))[0, 0].numpy()


class _Caught:
    """What modules of a model said while this thread ran them; other threads may run the same model."""

    def __init__(self):
        self.confidence: list[Tensor] = []  # (h, w) in [0, 1], of each adapter
        self.prior: Tensor | None = None  # (4h, 4w) in [0, 1]
        self._thread = threading.get_ident()

    @contextmanager
    def listening(self, predictor: Predictor):
        """Listen to a predictor's model; another thread's words are not noted."""
        whole = predictor.whole if isinstance(predictor, CloserPredictor) else predictor
        with ExitStack() as stack:
            if isinstance(whole, SamaPredictor):
                model = whole.model
                for adapter in model.adapters:
                    stack.callback(adapter.register_forward_hook(self._adapted(model.backbone.grid)).remove)
                prior = getattr(model.backbone.sam.prompt_encoder, "prior", None)
                if isinstance(prior, nn.Module):
                    stack.callback(prior.register_forward_hook(self._said).remove)
            yield

    def _adapted(self, grid: tuple[int, int]) -> Callable[..., None]:
        def hook(module: nn.Module, given: Any, made: Any) -> None:
            if threading.get_ident() == self._thread:
                self.confidence.append(made.confidence[0, :, 0].float().cpu().reshape(grid))

        return hook

    def _said(self, module: nn.Module, given: Any, made: Any) -> None:
        if threading.get_ident() == self._thread and self.prior is None:
            self.prior = made.fine[0, 0].float().sigmoid().cpu()


def shown(each: Map, side: int | None = None) -> np.ndarray:
    """A map as a picture, uint8, (h, w) or (h, w, 3), of at most `side` pixels."""
    values = each.values if each.values.dtype == np.uint8 else np.rint(255 * each.values).astype(np.uint8)
    size = fit_within(values.shape[1], values.shape[0], side or max(values.shape))
    return np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, Image.Resampling.BILINEAR))
