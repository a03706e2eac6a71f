"""The numpy facade: a photo, then prompts; shaped like `segment_anything.SamPredictor`."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sama.devices import inference, resolve_device, resolve_dtype
from sama.errors import PhotoError, PromptError
from sama.features import FeatureCache
from sama.imaging import image_digest
from sama.models.prompt_tensors import (
    BOTTOM_RIGHT,
    PADDING,
    TOP_LEFT,
    PromptTensors,
)
from sama.models.sama import ImageFeatures
from sama.models.views import Frame, global_view, local_views, make_frame, normalise
from sama.models.zoo import LoadedModel, load_model
from sama.prediction import ModelInfo, Prediction, Progress
from sama.prompts import Prompts

MASK_PROMPT_LOGIT = 8.0


def load(
    model: str = "mini",
    *,
    device: str = "auto",
    dtype: str = "auto",
    checkpoint: Path | None = None,
    sama_weights: Path | None = None,
    cache_bytes: int = 512 * 2**20,
) -> "SamaPredictor":
    """Load a model and return a predictor for it.

    model: a name from `python -m sama weights`. device: auto, cpu, cuda or mps. dtype: auto, float32 or bfloat16.
    checkpoint, sama_weights: files to use instead of the embedded ones. cache_bytes: bound of the feature cache.
    Raises WeightsError, DeviceError.
    """
    place = resolve_device(device)
    loaded = load_model(model, checkpoint=checkpoint, sama_weights=sama_weights)
    loaded.model.to(place)
    return SamaPredictor(loaded, dtype=resolve_dtype(dtype, place), cache=FeatureCache(cache_bytes))


class SamaPredictor:
    """One visitor's view of a model: cheap to make with `fork`, holds one photo's features at a time."""

    def __init__(self, loaded: LoadedModel, *, dtype: torch.dtype, cache: FeatureCache):
        self.loaded = loaded
        self.dtype = dtype
        self.cache = cache
        self._features: ImageFeatures | None = None
        self._pending: Iterator[Progress] | None = None
        self._frame: Frame | None = None

    def fork(self) -> "SamaPredictor":
        """Return a predictor without a photo that shares the model and the bounded cache."""
        return SamaPredictor(self.loaded, dtype=self.dtype, cache=self.cache)

    @property
    def model(self):
        """The `Sama` module."""
        return self.loaded.model

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def info(self) -> ModelInfo:
        """What runs, and where."""
        loaded, record = self.loaded, self.loaded.record
        digest = loaded.backbone_digest[:12]
        trained = loaded.sama_digest is not None
        if trained:
            digest += f"+{loaded.sama_digest[:12]}"
        notes = () if trained else ("SAMA's modules are untrained and return SAM's answer.",)
        return ModelInfo(
            name=record.name,
            title=record.title,
            backbone=self.model.config.backbone,
            weights_digest=digest,
            licence=record.licence,
            device=str(self.device),
            dtype=str(self.dtype).removeprefix("torch."),
            input_size=self.model.backbone.image_size,
            alpha_size=self.model.alpha_size,
            trained=trained,
            notes=notes,
        )

    def set_image(self, image: np.ndarray) -> Iterator[Progress]:
        """Take a photo, RGB uint8 (H, W, 3) of any size; yields a `Progress` after each of its five views.

        Work is done as the result is iterated; `predict` does whatever is left. A photo whose features are cached
        yields nothing. Raises PhotoError for another shape or type.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise PhotoError("A photo is an RGB array of bytes (height, width, 3); convert it first.")
        self._frame = Frame(image.shape[1], image.shape[0], self.model.backbone.image_size)
        pixels = np.ascontiguousarray(image)
        key = (image_digest(pixels), self.info.weights_digest, self.dtype)
        self._features = self.cache.get(key)
        self._pending = iter(()) if self._features is not None else self._encode(pixels, key)
        return self._pending

    def reset_image(self) -> None:
        """Forget the photo."""
        self._features = self._pending = self._frame = None

    def predict(
        self,
        prompts: Prompts,
        *,
        candidate: int | None = None,
        output_size: tuple[int, int] | None = None,
        sama: bool = True,
    ) -> Prediction:
        """Answer prompts given in pixels of the photo.

        candidate: which of SAM's masks SAMA refines, by default SAM's best. output_size: (width, height) of the
        answer, by default the photo's. sama=False answers with SAM alone, for which the global view is enough.
        Raises PromptError.
        """
        if self._frame is None:
            raise PromptError("No photo is open; call set_image first.")
        while self._features is None or (sama and self._features.local is None):
            next(self._pending)
        features, seconds = self._features, {}
        photo = (self._frame.width, self._frame.height)
        prompts = prompts.validate(photo)
        tensors = self._tensors(prompts.groups())
        width, height = output_size or photo

        started = time.perf_counter()
        with inference(self.device, self.dtype):
            answer = self.model.decode_sam(features, tensors)
            shown = _candidates(tensors)
            chosen = answer.chosen
            if candidate is not None:
                if not 0 <= candidate < len(shown):
                    raise PromptError(
                        f"SAM has {len(shown)} candidate(s) here; choose one from 0 to {len(shown) - 1}."
                    )
                chosen = torch.full_like(chosen, shown[candidate])
                answer = replace(answer, chosen=chosen)
            seconds["decode_sam"] = time.perf_counter() - started
            logits = {}
            if sama:
                started = time.perf_counter()
                logits = self.model.decode(features, answer)
                logits = {k: self._to_photo(v, (height, width)) for k, v in logits.items()}
                seconds["decode_sama"] = time.perf_counter() - started
            sam = [self._to_photo(answer.logits[:, i : i + 1], (height, width)) for i in shown]
        alpha = _sigmoid(logits["matting"]) if sama else None
        index = shown.index(int(chosen[0]))
        return Prediction(
            sam_masks=np.stack([x > 0 for x in sam]),
            sam_scores=answer.scores[:, shown].float().mean(0).cpu().numpy(),
            chosen=index,
            sam_logits=sam[index],
            sama_mask=logits["segmentation"] > 0 if sama else None,
            alpha=alpha,
            sama_logits=logits.get("segmentation"),
            seconds=seconds,
        )

    def _encode(self, pixels: np.ndarray, key: tuple) -> Iterator[Progress]:
        """Encode one view after another; features become available after the first and complete after the last."""
        started = time.perf_counter()
        sam, size = self.model.backbone.sam, self.model.backbone.image_size
        with inference(self.device, self.dtype):
            image = torch.from_numpy(pixels).permute(2, 0, 1).to(self.device)
            extent = Frame(pixels.shape[1], pixels.shape[0], 2 * size).extent()
            frame = make_frame(image, 2 * size)[None]
            frame = normalise(frame, sam.pixel_mean, sam.pixel_std, extent)
            features = self.model.encode_global(_channels_last(global_view(frame)))
        self._features = features
        yield Progress("global", 1, 1, time.perf_counter() - started)
        local = []
        for i, view in enumerate(local_views(frame).unbind(1)):
            with inference(self.device, self.dtype):
                local.append(self.model.backbone.encode(_channels_last(view)))
                if i == 3:
                    features = self.model.encode_local(features, local, frame)
                    self._features = features
                    self.cache.put(key, features)
            yield Progress("local", i + 1, 4, time.perf_counter() - started)

    def _tensors(self, groups: list[Prompts]) -> PromptTensors:
        """Groups as one batch in pixels of the global view, padded to the same number of tokens."""
        coords, labels = [], []
        for group in groups:
            xy = [corner for b in group.boxes for corner in ((b[0], b[1]), (b[2], b[3]))]
            xy += [(x, y) for x, y, _ in group.points]
            label = [TOP_LEFT, BOTTOM_RIGHT] * len(group.boxes) + [p[2] for p in group.points]
            if not group.boxes:  # SAM marks the missing box with a padding token
                xy.append((0, 0))
                label.append(PADDING)
            coords.append(torch.tensor(xy, dtype=torch.float32).reshape(-1, 2))
            labels.append(torch.tensor(label))
        most = max(len(x) for x in labels)
        coords = torch.stack([F.pad(c, (0, 0, 0, most - len(c))) for c in coords])
        labels = torch.stack([F.pad(x, (0, most - len(x)), value=PADDING) for x in labels])
        coords = self._frame.to_frame(coords).to(self.device)
        tensors = PromptTensors(coords, labels.to(self.device))
        mask = groups[0].mask
        return tensors if mask is None else tensors.with_masks(self._mask_prompt(mask))

    def _mask_prompt(self, mask: np.ndarray) -> Tensor:
        """Photo-sized mask or logits to (1, 1, S/4, S/4) logits."""
        logits = np.where(mask, MASK_PROMPT_LOGIT, -MASK_PROMPT_LOGIT) if mask.dtype == bool else mask
        side = 4 * self.model.backbone.grid[0]
        height, width = self._frame.extent(side)
        logits = torch.from_numpy(np.ascontiguousarray(logits, np.float32))[None, None]
        small = F.interpolate(logits, (height, width), mode="bilinear", antialias=True)
        pad = (0, side - width, 0, side - height)
        return F.pad(small, pad, value=-MASK_PROMPT_LOGIT).to(self.device)

    def _to_photo(self, logits: Tensor, size: tuple[int, int]) -> np.ndarray:
        """Union over prompts of (N, 1, s, s) logits, without the padding, at `size` (height, width)."""
        height, width = self._frame.extent(logits.shape[-1])
        union = logits.float().amax(0, keepdim=True)[..., :height, :width]
        # Antialiasing matters when a small photo was enlarged for the model; it changes nothing upwards.
        return F.interpolate(union, size, mode="bilinear", antialias=True)[0, 0].cpu().numpy()


def _candidates(prompts: PromptTensors) -> list[int]:
    """Mask indices worth showing: SAM's three for one click, else the one for unambiguous prompts."""
    return [1, 2, 3] if len(prompts.labels) == 1 and bool(prompts.ambiguous[0]) else [0]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).sigmoid().numpy()


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
