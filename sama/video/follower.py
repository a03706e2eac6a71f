"""Follow one object from frame to frame: prompts where there are any, memory and flow where there are none.

The mask is followed with memory, the matte is decoded without: MAM2's memory-separated way (Matting Anything 2, ICLR
2026). What is kept between frames does not grow with the clip.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from sama.errors import PhotoError, PromptError, WeightsError
from sama.predict.answer import NOTHING
from sama.predict.close_up import Region, around
from sama.predict.devices import inference
from sama.predict.loading import Predictor
from sama.request.prompts import Prompts, box_of
from sama.video.belief import SURE
from sama.video.first_answer import answered
from sama.video.flow import Motion, grey_of
from sama.video.look import Box, Look, resized
from sama.video.losing import FAMILIAR, Trace, sentence, why_lost
from sama.video.memory import Memory, Remembered
from sama.video.settings import NONE, FollowSettings
from sama.video.steady import changed, steadied
from sama.video.trying import tried
from sama.weights.readouts import load_readout


@dataclass(frozen=True, eq=False)
class FollowedFrame:
    """What was found in one frame, maps of its size (H, W) float32.

    index: of the frame; rgb: the frame (H, W, 3) uint8; sam, mask: logits of SAM's and of SAMA's mask, positive inside;
    alpha: the matte in [0, 1]; score: SAM's estimate of its mask's IoU; lost: None, or one sentence that says why the
    object is thought lost and asks for a click; prompted: whether there were prompts on it; region: what was looked at;
    seconds: how long it took.
    """

    index: int
    rgb: np.ndarray
    sam: np.ndarray
    mask: np.ndarray
    alpha: np.ndarray
    score: float
    lost: str | None
    prompted: bool
    region: Region
    seconds: float

    @property
    def report(self) -> dict:
        """What became of it, in plain values: no maps."""
        inside = self.mask > 0
        return {
            "frame": self.index,
            "prompted": self.prompted,
            "lost": self.lost,
            "score": round(self.score, 4),
            "box": list(box_of(self.mask)) if inside.any() else None,
            "pixels": int(np.count_nonzero(inside)),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, eq=False)
class _Last:
    """The frame before: its small grey picture, what was found in it, and where it was looked."""

    grey: np.ndarray
    mask: np.ndarray
    alpha: np.ndarray
    region: Region
    trace: Trace
    gone: bool = False


@dataclass(frozen=True, eq=False)
class _Placed:
    """A try in the whole frame: maps (H, W) as in `FollowedFrame`."""

    look: Look
    sam: np.ndarray
    mask: np.ndarray
    alpha: np.ndarray
    score: float
    known: float


class Follower:
    """One object in one clip. `step` takes frames in their order; the first one needs prompts."""

    def __init__(self, predictor: Predictor, settings: FollowSettings | None = None):
        """predictor: of `sama.load`; it is forked, so its photo stays. Raises WeightsError without SAMA's weights, and
        for a read-out that does not belong to the model."""
        if not predictor.info.trained:
            raise WeightsError("Following an object needs SAMA's weights; give --sama-weights, or use mini.")
        self.settings = settings or FollowSettings()
        self.predictor = predictor.fork()
        self.whole = resized(predictor, self.settings.size)
        which = self.settings.readout
        self.readout = None if which == NONE else load_readout(Path(which), self.whole.loaded)
        self.memory = Memory()
        self._last: _Last | None = None

    @property
    def _compares(self) -> bool:
        """Whether the model can say what looks like what is remembered."""
        return hasattr(self.whole.model.backbone.sam.prompt_encoder, "prior")

    @property
    def started(self) -> bool:
        """Whether there was a frame with prompts."""
        return bool(self.memory.prompted)

    def back_to(self, index: int, before: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None) -> None:
        """Go back to before frame number `index`, which is to be given next: what is remembered of it and of later ones
        is forgotten.

        before: the frame before it (H, W, 3) uint8, the logits of its mask and its matte, (H, W) float32 each; without
        it, frame `index` needs prompts.
        """
        self.memory.forget_from(index)
        self._last = None
        if before is not None:
            rgb, mask, alpha = before
            seen = bool((mask > 0).any())
            region = self._region([box_of(mask) if seen else (0, 0, rgb.shape[1], rgb.shape[0])], rgb)
            self._last = _Last(grey_of(rgb), mask, alpha, region, Trace().after(mask), gone=not seen)

    def step(self, index: int, rgb: np.ndarray, prompts: Prompts | np.ndarray | None = None) -> FollowedFrame:
        """Find the object in frame number `index`, (H, W, 3) uint8.

        prompts: on this frame, or a mask (H, W) of it. Clicks without a box correct what is followed. Raises
        PromptError for prompts that will not do, and for a first frame without any.
        """
        started = time.perf_counter()
        if self._last is not None and self._last.mask.shape != rgb.shape[:2]:
            raise PhotoError(f"Frame {index} has another size than the one before; make all frames equal.")
        grey = grey_of(rgb)
        if isinstance(prompts, np.ndarray):
            prompts = Prompts(mask=prompts)
        if prompts is not None:
            found = self._prompted(index, rgb, grey, prompts)
        elif self.started:
            found = self._followed(index, rgb, grey)
        else:
            raise PromptError("Nothing is marked yet; mark the object on the first frame to be followed.")
        return replace(found, seconds=time.perf_counter() - started)

    def _prompted(self, index: int, rgb: np.ndarray, grey: np.ndarray, prompts: Prompts) -> FollowedFrame:
        """Answer prompts as a photo's, and remember what was found."""
        guess = None if self._last is None else self._moved(Motion.between(self._last.grey, grey), self._last)
        sam, mask, alpha, score = answered(self.predictor, rgb, prompts, guess)
        if not (mask > 0).any():
            raise PromptError(
                f"Nothing was found in frame {index}; draw a box around all of the object, or click on it."
            )
        region = self._region([box_of(mask)], rgb)
        with inference(self.whole.device, self.whole.dtype):
            look = Look.at(self.whole, rgb, region)
            self._remember(index, look, mask, prompted=True)
        self._last = _Last(grey, mask, alpha, region, Trace().after(mask))
        return FollowedFrame(index, rgb, sam, mask, alpha, score, None, True, region, 0.0)

    @staticmethod
    def _moved(motion: Motion, last: _Last) -> np.ndarray:
        """Where the object should be by the flow alone: logits (H, W)."""
        return motion.moved(np.clip(last.mask, -SURE, SURE), -SURE)

    def _followed(self, index: int, rgb: np.ndarray, grey: np.ndarray) -> FollowedFrame:
        """Find the object by memory and flow, and where that fails by memory alone."""
        last = self._last
        if last is None:  # after `back_to`
            raise PromptError(f"Frame {index} needs prompts: what is before it has been left.")
        motion = Motion.between(last.grey, grey)
        moved = self._moved(motion, last)
        if not self._compares and not (moved > 0).any():
            moved = last.mask  # there is nothing but the place where it was last
        with inference(self.whole.device, self.whole.dtype):
            found, reason = None, None
            if not last.gone and (moved > 0).any():
                found = self._try(rgb, self._region([box_of(moved)], rgb), moved)
                reason = why_lost(last.trace, found.mask, moved, found.score, found.known, motion)
            if found is None or (reason and self._compares):
                again = self._try(rgb, self._wider(last.region), None)
                why = why_lost(last.trace, again.mask, None, again.score, again.known, motion)
                if found is None or why is None:
                    found, reason = again, why
            if reason is None:
                self._remember(index, found.look, found.mask, prompted=False)
        sam, mask, alpha = found.sam, found.mask, found.alpha
        # What was found is something else; what has gone comes back without a doubt, or not yet.
        gone = reason is not None and self._compares and (last.gone or found.known < FAMILIAR)
        if gone:
            sam, mask, alpha = np.full_like(sam, NOTHING), np.full_like(mask, NOTHING), np.zeros_like(alpha)
        elif not last.gone:
            change = changed(last.grey, grey, motion)
            alpha = steadied(alpha, last.alpha, motion, change, self.settings.damping)
        trace = last.trace if reason else last.trace.after(mask)
        kept = mask if gone or (mask > 0).any() else last.mask
        self._last = _Last(grey, kept, alpha, found.look.region, trace, gone)
        lost = reason and sentence(index, reason)
        return FollowedFrame(index, rgb, sam, mask, alpha, found.score, lost, False, found.look.region, 0.0)

    def _try(self, rgb: np.ndarray, region: Region, moved: np.ndarray | None) -> "_Placed":
        look = Look.at(self.whole, rgb, region, self.settings.views)
        found = tried(look, self.memory, self.settings, moved, self.readout)
        sam, mask = look.placed(found.seen.sam), look.placed(found.seen.sama)
        return _Placed(look, sam, mask, look.placed(found.seen.alpha, 0.0), found.seen.score, found.known)

    def _remember(self, index: int, look: Look, mask: np.ndarray, *, prompted: bool) -> None:
        share = torch.sigmoid(look.on_grid(np.clip(mask, -SURE, SURE)))
        context, cells = look.context, None
        if self.readout is not None:
            cells = self.readout.remember(look.features.embedding, share, look.valid)
        self.memory.add(Remembered.of(index, context, share, cells), prompted=prompted)

    def _region(self, boxes: list[Box], rgb: np.ndarray) -> Region:
        height, width = rgb.shape[:2]
        region = around(boxes, (width, height), self.settings.cut)
        return region or Region(0, 0, width, height, width, height)

    def _wider(self, region: Region) -> Region:
        """Where to look for what has gone: around where it was last, twice as far."""
        width, height = region.width, region.height
        box = float(region.left), float(region.top), float(region.right), float(region.bottom)
        return around([box], (width, height), 2.0) or Region(0, 0, width, height, width, height)
