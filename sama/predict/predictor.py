"""A photo, then requests: SAM and SAMA on the whole of one photo; shaped like `segment_anything.SamPredictor`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch

from sama.errors import PhotoError, PromptError
from sama.models.sama import ImageFeatures
from sama.photo.opening import image_digest
from sama.predict.answer import SAM, SAMA, Answer, ModelInfo, ObjectAnswer, Progress, merged_seconds
from sama.predict.cache import FeatureCache, moved, widened
from sama.predict.devices import inference, threads_beside
from sama.predict.encoding import encode_photo
from sama.predict.filling import filling
from sama.predict.framing import candidate_masks, prompt_tensors, shown_masks
from sama.predict.info import model_info
from sama.predict.mending import followed
from sama.predict.open_photo import OpenPhoto
from sama.predict.painting import first_asked, marked, repainted
from sama.predict.said import Said
from sama.predict.seen import Finisher, Seen
from sama.predict.short_box import lengthened
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.weights.zoo import LoadedModel


class SamaPredictor:
    """One visitor's view of a model: cheap to make with `fork`, holds one photo's features at a time."""

    def __init__(self, loaded: LoadedModel, *, dtype: torch.dtype, cache: FeatureCache):
        self.loaded = loaded
        self.dtype = dtype
        self.cache = cache
        self._features: ImageFeatures | None = None  # in half precision
        self._prompts: Prompts | None = None  # the last ones, while the photo is being encoded
        self._pending: Iterator[Progress] | None = None
        self._open: OpenPhoto | None = None
        self._said = Said()

    def fork(self) -> "SamaPredictor":
        """Return a predictor without a photo that shares the model and the bounded cache."""
        return SamaPredictor(self.loaded, dtype=self.dtype, cache=self.cache)

    def twin(self) -> "SamaPredictor":
        """Return another predictor with the same photo, which is encoded; neither waits for what the other does."""
        other = self.fork()
        other._features, other._open = self._features, self._open
        return other

    def __getstate__(self) -> dict:
        """What pickle takes along: the photo's features, but neither the model nor the cache; see `attach`."""
        return {"dtype": self.dtype, "_features": moved(self._features, "cpu"), "_open": self._open}

    def __setstate__(self, state: dict) -> None:
        self.__dict__ |= {
            "loaded": None,
            "cache": None,
            "_pending": None,
            "_prompts": None,
            "_said": Said(),
            **state,
        }

    def attach(self, other: "SamaPredictor") -> "SamaPredictor":
        """Take model and cache from another predictor after a trip through pickle, and return self.

        Does nothing where they are still there. Encoding that was under way is not taken up again.
        """
        if self.loaded is None:
            self.loaded, self.cache = other.loaded, other.cache
            self._features = moved(self._features, self.device)
        return self

    @property
    def encoded(self) -> bool:
        """Whether all views are."""
        return self._features is not None and (not self.trained or self._features.local is not None)

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

    @property
    def opened(self) -> OpenPhoto:
        """The open photo; raises PromptError where there is none."""
        if self._open is None:
            raise PromptError("No photo is open; call set_image first.")
        return self._open

    @property
    def photo(self) -> np.ndarray | None:
        """The open photo, (H, W, 3) uint8; a smaller copy where it is large, None where there is none."""
        return None if self._open is None else self._open.copy

    @property
    def photo_size(self) -> tuple[int, int] | None:
        """(width, height) of the open photo."""
        return None if self._open is None else self._open.size

    def set_image(self, image: np.ndarray) -> Iterator[Progress]:
        """Take a photo, RGB uint8 (H, W, 3) of any size; yields a `Progress` after each view, five or `info.views`.

        Work is done as the result is iterated; `answer` does whatever is left. A photo whose features are cached
        yields nothing. Raises PhotoError for another shape or type.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise PhotoError("A photo is an RGB array of bytes (height, width, 3); convert it first.")
        pixels, self._prompts, self._said = np.ascontiguousarray(image), None, Said()
        self._open = OpenPhoto.of(pixels, self.model.backbone.image_size, self.loaded.record)
        key = (image_digest(pixels), self.info.weights_digest, self.dtype)
        self._features = self.cache.get(key)
        self._pending = iter(()) if self._features is not None else self._encode(pixels, key)
        return self._pending

    def reset_image(self) -> None:
        """Forget the photo."""
        self._features = self._pending = self._open = self._prompts = None
        self._said = Said()

    def pending(self, request: Request) -> bool:
        """Whether `answer` would first encode a part of the photo; never, see `CloserPredictor`."""
        return False

    def answer(
        self, request: Request, method: Finisher, progress: Callable[[float], None] | None = None
    ) -> Answer:
        """Answer a request on the open photo; `sama.answer` is the way in.

        SAM alone needs the global view only; progress is called with the fraction of a slow matte that is done. Raises
        PromptError without a photo.
        """
        self.opened.check(request)
        self._prompts = request.prompts
        answers, seconds = [], []
        self._said.begin()
        with threads_beside(self.device):
            for i, prompts in enumerate(request.objects):
                answer, took = self._answer_one(prompts, request, method, progress, request.candidate_of(i))
                answers.append(answer)
                seconds.append(took)
        return Answer(method.name, tuple(answers), merged_seconds(seconds))

    def _answer_one(
        self,
        prompts: Prompts,
        request: Request,
        method: Finisher,
        progress: Callable[[float], None] | None,
        candidate: int | None,
    ) -> tuple[ObjectAnswer, dict[str, float]]:
        photo, tasks = self.opened, method.tasks if self.trained else ()
        encoded, frame = self._wait(local=bool(tasks)), photo.frame
        side, width = 4 * self.model.backbone.grid[0], self.model.backbone.image_size
        given = prompts.painted_mask(photo.size) if tasks and method.follows_mask else None
        asked = first_asked(prompts, given, photo.size)
        tensors = prompt_tensors([asked], frame, side, self.device)
        shown, seconds = shown_masks(tensors), {}
        started = time.perf_counter()
        with inference(self.device, self.dtype):
            features = widened(encoded)
            answer = self._said.of(asked, lambda: self.model.decode_sam(features, tensors), alone=not tasks)
            if candidate is not None:
                answer = replace(answer, chosen=torch.full_like(answer.chosen, shown[candidate]))
            corrected = prompts.strokes if given is None and not method.as_painted else ()
            if corrected and not prompts.only_strokes:
                answer = answer if candidate is not None else filling(answer, tensors, width)
                answer, tensors = repainted(self.model, features, answer, prompts, frame)
                shown, candidate = [0], None
            seconds["decode_sam"], logits, found = time.perf_counter() - started, {}, {}
            if tasks:
                started = time.perf_counter()
                if given is not None:
                    found = followed(self.model, features, answer, tensors, given, prompts.strokes, frame)
                else:
                    believed = answer
                    if candidate is None:
                        believed = lengthened(self.model, features, filling(answer, tensors, width), tensors)
                    if corrected:
                        believed = believed.believing(marked(believed.base, corrected, frame))
                    found = self.model.decode(features, believed, tasks)
                logits = {k: photo.finished(k, found[k], request.shape, request.edges) for k in tasks}
                seconds["decode_sama"] = time.perf_counter() - started
        index = shown.index(int(answer.chosen[0]))
        masks, layer = candidate_masks(answer.logits, shown, index, frame, request.shape)
        layers = {SAM: layer} | ({SAMA: logits["segmentation"]} if "segmentation" in logits else {})
        seen = Seen(
            photo,
            prompts,
            answer,
            shown,
            request.shape,
            layers,
            logits.get("matting"),
            request.keep_logits,
            progress,
            {name: found[name] for name in ("trimap", "detail") if name in found},
            seconds,
        )
        method.finish(seen)
        scores = answer.scores[:, shown].float().mean(0).cpu().numpy()
        return ObjectAnswer(prompts, masks, scores, index, layers), seconds

    def features(self) -> ImageFeatures:
        """What the model remembers of the open photo; the global view is encoded where it is not yet."""
        return widened(self._wait(local=False))

    def _wait(self, *, local: bool) -> ImageFeatures:
        """Encode what is not encoded yet: the global view, or all of them."""
        while self._features is None or (local and self._features.local is None):
            next(self._pending or iter(()))
        return self._features

    def _encode(self, pixels: np.ndarray, key: tuple) -> Iterator[Progress]:
        """Encode the views; features become available after the first and complete after the last."""
        steps = encode_photo(
            self.model, pixels, self.dtype, local=self.trained, prompts=lambda: self._prompts
        )
        for progress, features in steps:
            if features is not None:
                self._features = features
                if self.encoded:
                    self.cache.put(key, features)
            yield progress
