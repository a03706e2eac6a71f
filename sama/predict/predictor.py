"""The numpy facade: a photo, then prompts; shaped like `segment_anything.SamPredictor`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch

from sama.errors import PhotoError, PromptError, WeightsError
from sama.methods.closed_form import training_free_alpha
from sama.methods.solid import solid_matte
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS, ImageFeatures
from sama.photo.opening import image_digest
from sama.predict.cache import FeatureCache, moved, widened
from sama.predict.devices import inference
from sama.predict.encoding import encode_photo
from sama.predict.framing import prompt_tensors, to_photo
from sama.predict.info import model_info
from sama.predict.open_photo import OpenPhoto
from sama.predict.prediction import MATTES, SAMA_MATTES, ModelInfo, Prediction, Progress
from sama.request.prompts import Prompts
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

    def fork(self) -> "SamaPredictor":
        """Return a predictor without a photo that shares the model and the bounded cache."""
        return SamaPredictor(self.loaded, dtype=self.dtype, cache=self.cache)

    def __getstate__(self) -> dict:
        """What pickle takes along: the photo's features, but neither the model nor the cache; see `attach`."""
        return {"dtype": self.dtype, "_features": moved(self._features, "cpu"), "_open": self._open}

    def __setstate__(self, state: dict) -> None:
        self.__dict__ |= {"loaded": None, "cache": None, "_pending": None, "_prompts": None, **state}

    def attach(self, other: "SamaPredictor") -> "SamaPredictor":
        """Take model and cache from another predictor after a trip through pickle, and return self.

        Does nothing where they are still there. Encoding that was under way is not taken up again.
        """
        if self.loaded is None:
            self.loaded, self.cache = other.loaded, other.cache
            self._features = moved(self._features, self.device)
            if self._open is not None and (closer := self._open.closer) is not None:
                parts = closer.parts.items()
                closer.parts = {key: part for key, part in parts if part.attach(other)._encoded}
        return self

    @property
    def _encoded(self) -> bool:
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

    def set_image(self, image: np.ndarray) -> Iterator[Progress]:
        """Take a photo, RGB uint8 (H, W, 3) of any size; yields a `Progress` after each view, five or `info.views`.

        Work is done as the result is iterated; `predict` does whatever is left. A photo whose features are cached
        yields nothing. Raises PhotoError for another shape or type.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise PhotoError("A photo is an RGB array of bytes (height, width, 3); convert it first.")
        pixels, self._prompts = np.ascontiguousarray(image), None
        self._open = OpenPhoto.of(pixels, self.model.backbone.image_size, self.loaded.record)
        key = (image_digest(pixels), self.info.weights_digest, self.dtype)
        self._features = self.cache.get(key)
        self._pending = iter(()) if self._features is not None else self._encode(pixels, key)
        return self._pending

    def reset_image(self) -> None:
        """Forget the photo."""
        self._features = self._pending = self._open = self._prompts = None

    def looks_closer(self, prompts: Prompts) -> bool:
        """Whether `predict` would first encode a part of the photo that it has not looked at last.

        False without a photo. Raises PromptError.
        """
        if self._open is None or self._open.closer is None:
            return False
        return self._open.closer.pending(prompts.validate(self._open.size).groups())

    def predict(
        self,
        prompts: Prompts,
        *,
        candidate: int | None = None,
        output_size: tuple[int, int] | None = None,
        sama: bool = True,
        matte: str | None = None,
        closer: bool = True,
        edges: bool = True,
        progress: Callable[[float], None] | None = None,
    ) -> Prediction:
        """Answer prompts given in pixels of the photo.

        candidate: which of SAM's masks SAMA refines, by default SAM's best. output_size: (width, height) of the
        answer, by default the photo's. sama=False answers with SAM alone, for which the global view is enough.
        matte: `sama`; `solid` for SAMA's matte of an object that lets nothing through, see `sama.methods.solid`; or
        `closed_form` for the training-free matte of SAM's mask, which takes seconds; by default `sama` where SAMA has
        weights and runs, `closed_form` where it has none, and no matte with sama=False.
        closer=False answers on the whole photo even where boxes are small; else models whose record says so look at the
        part around them, see `sama.predict.close_up`. edges=False gives what SAMA's heads give; else the maps of models
        whose record says so follow the photo's edges, see `sama.predict.edges`. progress is called with the fraction
        of a training-free matte that is done.
        Raises PromptError; WeightsError for SAMA's matte without SAMA's weights.
        """
        if (photo := self._open) is None:
            raise PromptError("No photo is open; call set_image first.")
        if matte is None and sama:
            matte = self.info.matte_method
        sama = sama and self.trained
        _check_matte(matte, sama)
        self._prompts = prompts = prompts.validate(photo.size)
        if closer and photo.closer is not None and any(map(photo.closer.region, prompts.groups())):
            options = {"sama": sama, "matte": matte, "edges": edges, "progress": progress}
            return self._look_closer(prompts.groups(), candidate, output_size or photo.size, **options)
        while self._features is None or (sama and self._features.local is None):
            next(self._pending)
        seconds = {}
        side = 4 * self.model.backbone.grid[0]
        tensors = prompt_tensors(prompts.groups(), photo.frame, side, self.device)
        width, height = output_size or photo.size

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
                tasks = TASKS if matte in SAMA_MATTES else ("segmentation",)
                logits = self.model.decode(features, answer, tasks)
                logits = {k: photo.finished(k, v, (height, width), edges) for k, v in logits.items()}
                seconds["decode_sama"] = time.perf_counter() - started
            index = shown.index(int(chosen[0]))
            sam_masks = np.empty((len(shown), height, width), bool)
            for n, i in enumerate(shown):  # one after another: at 50 megapixels each has 200 MB of logits
                candidate_logits = to_photo(answer.logits[:, i : i + 1], photo.frame, (height, width))
                np.greater(candidate_logits, 0, out=sam_masks[n])
                if n == index:
                    sam_logits = candidate_logits
        alpha = _sigmoid(logits["matting"]) if matte in SAMA_MATTES else None
        if matte == "solid":
            alpha = solid_matte(alpha, logits["segmentation"])
        if matte == "closed_form":
            started = time.perf_counter()
            alpha = training_free_alpha(photo.copy, photo.frame, answer, shown, (height, width), progress)
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

    def _look_closer(
        self, groups: list[Prompts], candidate: int | None, size: tuple[int, int], **options
    ) -> Prediction:
        """`predict` for prompts of which some need a closer look."""
        candidates = iter([candidate])  # several objects have one together, as the first has

        def ask(part: "SamaPredictor | None", prompts: Prompts, output_size: tuple[int, int]) -> Prediction:
            chosen = next(candidates, None)
            wanted = {"output_size": output_size, "candidate": chosen, "closer": False}
            return (part or self).predict(prompts, **wanted, **options)

        return self._open.closer.answer(groups, size, self.fork, ask)

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
    if matte not in (None, *MATTES):
        raise PromptError(f"There is no matte called {matte!r}; choose {', '.join(MATTES)}.")
    if matte in SAMA_MATTES and not sama:
        raise WeightsError("SAMA's matte needs SAMA's weights; give --sama-weights, or choose closed_form.")


def _candidates(prompts: PromptTensors) -> list[int]:
    """Mask indices worth showing: SAM's three for one click, else the one for unambiguous prompts."""
    return [1, 2, 3] if len(prompts.labels) == 1 and bool(prompts.ambiguous[0]) else [0]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).sigmoid_().numpy()  # in place: nobody needs a matte's logits
