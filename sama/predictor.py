"""The numpy facade: a photo, then prompts; shaped like `segment_anything.SamPredictor`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sama.devices import compiled, inference, resolve_device, resolve_dtype
from sama.encoding import encode_photo
from sama.errors import PhotoError, PromptError, WeightsError
from sama.features import FeatureCache, moved, widened
from sama.framing import prompt_tensors, to_photo
from sama.imaging import image_digest
from sama.matting.closed_form import closed_form_alpha
from sama.matting.resample import resize, shrink_photo
from sama.matting.trimap import trimap_from_logits
from sama.model_info import model_info
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS, ImageFeatures, SamAnswer
from sama.models.views import Frame
from sama.models.zoo import LoadedModel, load_model
from sama.prediction import ModelInfo, Prediction, Progress
from sama.prompts import Prompts

PHOTO_PIXELS = 4_000_000  # of the copy kept for training-free mattes, which are solved at a tenth of that


def load(
    model: str = "mini",
    *,
    device: str = "auto",
    dtype: str = "auto",
    checkpoint: Path | None = None,
    sama_weights: str | Path | None = None,
    cache_bytes: int = 512 * 2**20,
    compile: bool = False,
) -> "SamaPredictor":
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
    loaded.model.hold_products_in(products)
    if compile:
        loaded.model.backbone.encode = compiled(loaded.model.backbone.encode, f"{model}'s image encoder")
    return SamaPredictor(loaded, dtype=products, cache=FeatureCache(cache_bytes))


class SamaPredictor:
    """One visitor's view of a model: cheap to make with `fork`, holds one photo's features at a time."""

    def __init__(self, loaded: LoadedModel, *, dtype: torch.dtype, cache: FeatureCache):
        self.loaded = loaded
        self.dtype = dtype
        self.cache = cache
        self._features: ImageFeatures | None = None  # in half precision
        self._prompts: Prompts | None = None  # the last ones, while the photo is being encoded
        self._pending: Iterator[Progress] | None = None
        self._frame: Frame | None = None
        self._photo: np.ndarray | None = None  # for training-free mattes, at most PHOTO_PIXELS

    def fork(self) -> "SamaPredictor":
        """Return a predictor without a photo that shares the model and the bounded cache."""
        return SamaPredictor(self.loaded, dtype=self.dtype, cache=self.cache)

    def __getstate__(self) -> dict:
        """What pickle takes along: the photo's features, but neither the model nor the cache; see `attach`."""
        return {
            "dtype": self.dtype,
            "_frame": self._frame,
            "_features": moved(self._features, "cpu"),
            "_photo": self._photo,
        }

    def __setstate__(self, state: dict) -> None:
        self.__dict__ |= {"loaded": None, "cache": None, "_pending": None, "_prompts": None, **state}

    def attach(self, other: "SamaPredictor") -> "SamaPredictor":
        """Take model and cache from another predictor after a trip through pickle, and return self.

        Does nothing where they are still there. Encoding that was under way is not taken up again.
        """
        if self.loaded is None:
            self.loaded, self.cache = other.loaded, other.cache
            self._features = moved(self._features, self.device)
        return self

    @property
    def model(self):
        """The `Sama` module."""
        return self.loaded.model

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    @property
    def trained(self) -> bool:
        """Whether there are weights for SAMA's modules; without them only SAM's part of the model is used."""
        return self.loaded.sama_digest is not None

    @property
    def info(self) -> ModelInfo:
        """What runs, and where."""
        return replace(model_info(self.loaded, self.device, self.dtype), cache_bytes=self.cache.max_bytes)

    def set_image(self, image: np.ndarray) -> Iterator[Progress]:
        """Take a photo, RGB uint8 (H, W, 3) of any size; yields a `Progress` after each view, five or `info.views`.

        Work is done as the result is iterated; `predict` does whatever is left. A photo whose features are cached
        yields nothing. Raises PhotoError for another shape or type.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise PhotoError("A photo is an RGB array of bytes (height, width, 3); convert it first.")
        self._frame = Frame(image.shape[1], image.shape[0], self.model.backbone.image_size)
        pixels = np.ascontiguousarray(image)
        self._photo, self._prompts = shrink_photo(pixels, PHOTO_PIXELS), None
        key = (image_digest(pixels), self.info.weights_digest, self.dtype)
        self._features = self.cache.get(key)
        self._pending = iter(()) if self._features is not None else self._encode(pixels, key)
        return self._pending

    def reset_image(self) -> None:
        """Forget the photo."""
        self._features = self._pending = self._frame = self._photo = self._prompts = None

    def predict(
        self,
        prompts: Prompts,
        *,
        candidate: int | None = None,
        output_size: tuple[int, int] | None = None,
        sama: bool = True,
        matte: str | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Prediction:
        """Answer prompts given in pixels of the photo.

        candidate: which of SAM's masks SAMA refines, by default SAM's best. output_size: (width, height) of the
        answer, by default the photo's. sama=False answers with SAM alone, for which the global view is enough.
        matte: `sama`, or `closed_form` for the training-free matte of SAM's mask, which takes seconds; by default
        `sama` where SAMA has weights and runs, `closed_form` where it has none, and no matte with sama=False.
        progress is called with the fraction of a training-free matte that is done.
        Raises PromptError; WeightsError for SAMA's matte without SAMA's weights.
        """
        if self._frame is None:
            raise PromptError("No photo is open; call set_image first.")
        if matte is None and sama:
            matte = self.info.matte_method
        sama = sama and self.trained
        _check_matte(matte, sama)
        photo = (self._frame.width, self._frame.height)
        self._prompts = prompts = prompts.validate(photo)
        while self._features is None or (sama and self._features.local is None):
            next(self._pending)
        seconds = {}
        side = 4 * self.model.backbone.grid[0]
        tensors = prompt_tensors(prompts.groups(), self._frame, side, self.device)
        width, height = output_size or photo

        started = time.perf_counter()
        with inference(self.device, self.dtype):
            features = widened(self._features)
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
                tasks = TASKS if matte == "sama" else ("segmentation",)
                logits = self.model.decode(features, answer, tasks)
                logits = {k: self._to_photo(v, (height, width)) for k, v in logits.items()}
                seconds["decode_sama"] = time.perf_counter() - started
            index = shown.index(int(chosen[0]))
            sam_masks = np.empty((len(shown), height, width), bool)
            for n, i in enumerate(shown):  # one after another: at 50 megapixels each has 200 MB of logits
                candidate_logits = self._to_photo(answer.logits[:, i : i + 1], (height, width))
                np.greater(candidate_logits, 0, out=sam_masks[n])
                if n == index:
                    sam_logits = candidate_logits
        alpha = _sigmoid(logits["matting"]) if matte == "sama" else None
        if matte == "closed_form":
            started = time.perf_counter()
            alpha = self._closed_form(answer, shown, (height, width), progress)
            seconds["closed_form"] = time.perf_counter() - started
        return Prediction(
            sam_masks=sam_masks,
            sam_scores=answer.scores[:, shown].float().mean(0).cpu().numpy(),
            chosen=index,
            sam_logits=sam_logits,
            sama_mask=logits["segmentation"] > 0 if sama else None,
            alpha=alpha,
            sama_logits=logits.get("segmentation"),
            seconds=seconds,
            matte_method=matte,
        )

    def _closed_form(
        self,
        answer: SamAnswer,
        shown: list[int],
        size: tuple[int, int],
        progress: Callable[[float], None] | None,
    ) -> np.ndarray:
        """Training-free matte of SAM's mask at `size` (height, width), in the detail of the photo kept for it."""
        if self._photo is None:  # left behind on a trip through pickle
            raise PromptError("A training-free matte needs the photo, which is gone; open it again.")
        photo = shrink_photo(self._photo, size[0] * size[1])
        shape = photo.shape[:2]
        candidates = np.stack([self._to_photo(answer.logits[:, i : i + 1], shape) > 0 for i in shown])
        trimap = trimap_from_logits(self._to_photo(answer.base, shape), candidates)
        return resize(closed_form_alpha(photo, trimap, progress=progress), size[::-1])

    def _to_photo(self, logits: Tensor, size: tuple[int, int]) -> np.ndarray:
        return to_photo(logits, self._frame, size)

    def _encode(self, pixels: np.ndarray, key: tuple) -> Iterator[Progress]:
        """Encode the views; features become available after the first and complete after the last."""
        steps = encode_photo(
            self.model, pixels, self.dtype, local=self.trained, prompts=lambda: self._prompts
        )
        for progress, features in steps:
            if features is not None:
                self._features = features
                if not self.trained or features.local is not None:
                    self.cache.put(key, features)
            yield progress


def _check_matte(matte: str | None, sama: bool) -> None:
    if matte not in (None, "sama", "closed_form"):
        raise PromptError(f"There is no matte called {matte!r}; choose sama or closed_form.")
    if matte == "sama" and not sama:
        raise WeightsError("SAMA's matte needs SAMA's weights; give --sama-weights, or choose closed_form.")


def _candidates(prompts: PromptTensors) -> list[int]:
    """Mask indices worth showing: SAM's three for one click, else the one for unambiguous prompts."""
    return [1, 2, 3] if len(prompts.labels) == 1 and bool(prompts.ambiguous[0]) else [0]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).sigmoid_().numpy()  # in place: nobody needs a matte's logits
