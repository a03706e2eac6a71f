"""Follow one object from frame to frame: prompts where there are any, memory and flow where there are none.

The mask is followed with memory, the matte is decoded without: MAM2's memory-separated way (Matting Anything 2, ICLR
2026). What is kept between frames does not grow with the clip.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional as F

from sama.errors import PromptError, WeightsError
from sama.models.image_features import SamAnswer
from sama.predict.answer import NOTHING
from sama.predict.close_up import Region, around
from sama.predict.devices import inference
from sama.predict.loading import Predictor
from sama.request.prompts import Prompts, box_of
from sama.video.flow import Motion, grey_of
from sama.video.first_answer import answered
from sama.video.losing import Trace, why_lost
from sama.video.look import Box, Look, Seen, resized
from sama.video.memory import Memory, Remembered
from sama.video.settings import MEMORY, FollowSettings
from sama.video.steady import changed, steadied

SURE = 8.0  # logits of beliefs stay within


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


class Follower:
    """One object in one clip. `step` takes frames in their order; the first one needs prompts."""

    def __init__(self, predictor: Predictor, settings: FollowSettings | None = None):
        """predictor: of `sama.load`; it is forked, so its own photo stays. Raises WeightsError without SAMA's weights."""
        if not predictor.info.trained:
            raise WeightsError("Following an object needs SAMA's weights; give --sama-weights, or use mini.")
        self.settings = settings or FollowSettings()
        self.predictor = predictor.fork()
        self.whole = resized(getattr(predictor, "whole", predictor).fork(), self.settings.size)
        self.memory = Memory()
        self._last: _Last | None = None

    @property
    def started(self) -> bool:
        """Whether there was a frame with prompts."""
        return bool(self.memory.prompted)

    def back_to(self, index: int) -> None:
        """Go back to before frame number `index`, which is to be given next: what is remembered of it and of later ones
        is forgotten."""
        self.memory.forget_from(index)
        self._last = None

    def step(self, index: int, rgb: np.ndarray, prompts: Prompts | np.ndarray | None = None) -> FollowedFrame:
        """Find the object in frame number `index`, (H, W, 3) uint8.

        prompts: on this frame, or a mask (H, W) of it. Clicks without a box correct what is followed. Raises
        PromptError for prompts that will not do, and for a first frame without any.
        """
        started = time.perf_counter()
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
        guess = self._guess(grey, rgb.shape[:2]) if self._last is not None else None
        sam, mask, alpha, score = answered(self.predictor, rgb, prompts, guess)
        if not (mask > 0).any():
            raise PromptError(
                f"Nothing was found in frame {index}; draw a box around all of the object, or click on it."
            )
        region = self._region([box_of(mask)], rgb)
        with inference(self.whole.device, self.whole.dtype):
            look = Look.at(self.whole, rgb, region)
            self._remember(index, look, mask, prompted=True)
        self._last = _Last(grey, mask, alpha, region, Trace().after(mask, score))
        return FollowedFrame(index, rgb, sam, mask, alpha, score, None, True, region, 0.0)

    def _guess(self, grey: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """Where the object should be by the flow alone: logits (H, W)."""
        assert self._last is not None
        motion = Motion.between(self._last.grey, grey)
        return motion.moved(np.clip(self._last.mask, -SURE, SURE), -SURE)

    def _followed(self, index: int, rgb: np.ndarray, grey: np.ndarray) -> FollowedFrame:
        """Find the object by memory and flow."""
        last = self._last
        if last is None:  # after `back_to`
            raise PromptError(f"Frame {index} needs prompts: what is before it has been left.")
        motion = Motion.between(last.grey, grey)
        moved = motion.moved(np.clip(last.mask, -SURE, SURE), -SURE)
        there = not last.trace.missing and bool((moved > 0).any())
        region = self._region([box_of(moved)], rgb) if there else self._wider(last.region)
        with inference(self.whole.device, self.whole.dtype):
            look = Look.at(self.whole, rgb, region, self.settings.views)
            looks = self._looks(look)
            belief = self._belief(look, moved if there else None, looks)
            seen = self._decoded(look, belief)
            known = _mean_inside(looks, look.on_grid(look.placed(seen.sama)))
            sam, mask = look.placed(seen.sam), look.placed(seen.sama)
            alpha = look.placed(seen.alpha, 0.0)
            trace, lost = why_lost(last.trace, index, mask, moved if there else None, seen.score, known, motion)
            if lost is None:
                self._remember(index, look, mask, prompted=False)
        if lost is None:
            change = changed(last.grey, grey, motion)
            alpha = steadied(alpha, last.alpha, motion, change, self.settings.damping)
        carried = mask if (mask > 0).any() else moved
        self._last = _Last(grey, carried, alpha, region, trace)
        return FollowedFrame(index, rgb, sam, mask, alpha, seen.score, lost, False, region, 0.0)

    def _looks(self, look: Look) -> Tensor | None:
        """What the memory says of every cell of the cut: log odds (1, 1, g, g); None for a model without a prior."""
        context, how = look.context, self.settings
        if context is None:
            return None
        prior = look.model.backbone.sam.prompt_encoder.prior
        like = self.memory.likeness(context, prior.sharpness).float()
        like = F.interpolate(like, context.valid.shape[-2:], mode="bilinear")
        return how.likeness * like.clamp(-SURE / 2, SURE / 2) + how.colour * self.memory.colours(context)

    def _belief(self, look: Look, moved: np.ndarray | None, looks: Tensor | None) -> Tensor:
        """Logits (1, 1, g, g) of the cut before the decoder has run: the moved mask and what the memory says together;
        where the object was lost, the memory alone, in the one place that looks most like it."""
        if moved is None:
            assert looks is not None
            return _largest(looks)
        flow = look.on_grid(moved)
        belief = self.settings.flow * flow / SURE
        if looks is None:
            return belief
        return belief + looks - SURE * (1 - self._near(flow))

    def _near(self, flow: Tensor) -> Tensor:
        """1 where the object can be at all, near where it was moved to, else 0: (1, 1, g, g)."""
        inside = (flow > 0).float()
        longest = max(int(inside.amax(axis).sum()) for axis in (2, 3))
        reach = max(2, round(self.settings.reach * longest))
        return F.max_pool2d(inside, 2 * reach + 1, 1, reach)

    def _decoded(self, look: Look, belief: Tensor) -> Seen:
        """The followed mask, decoded with memory, and the matte, decoded from the frame's own features."""
        box = self._box(look, belief)
        share = torch.sigmoid(belief)
        known = torch.cat([share, 1 - share], 1) if look.context is not None else None
        answer = look.asked(box, belief.clamp(-SURE, SURE), known)
        answer = nearest(answer, belief)
        if self.settings.matte_from == MEMORY:
            return look.refined(answer, self.settings.edges)
        clean = look.asked(box).believing(answer.base)
        seen = look.refined(clean, self.settings.edges)
        return replace(seen, score=float(answer.scores[0, answer.chosen[0]]))

    def _box(self, look: Look, belief: Tensor) -> Box:
        """The box to ask with, in the frame's pixels: around what is believed, with a margin."""
        rows, columns = torch.nonzero(belief[0, 0] > 0, as_tuple=True)
        if not len(rows):
            return tuple(map(float, (look.region.left, look.region.top, look.region.right, look.region.bottom)))
        scale = max(look.region.size) / look.side
        x0, x1 = float(columns.min()) * scale, float(columns.max() + 1) * scale
        y0, y1 = float(rows.min()) * scale, float(rows.max() + 1) * scale
        across, down = self.settings.box * (x1 - x0), self.settings.box * (y1 - y0)
        left, top = look.region.left, look.region.top
        width, height = look.region.size
        return (
            left + max(x0 - across, 0),
            top + max(y0 - down, 0),
            left + min(x1 + across, width),
            top + min(y1 + down, height),
        )

    def _remember(self, index: int, look: Look, mask: np.ndarray, *, prompted: bool) -> None:
        share = torch.sigmoid(look.on_grid(np.clip(mask, -SURE, SURE)))
        context = look.context
        self.memory.add(
            Remembered.of(index, context, share) if context is not None else Remembered.nothing(index),
            prompted=prompted,
        )

    def _region(self, boxes: list[Box], rgb: np.ndarray) -> Region:
        height, width = rgb.shape[:2]
        region = around(boxes, (width, height), self.settings.cut)
        return region or Region(0, 0, width, height, width, height)

    def _wider(self, region: Region) -> Region:
        """Where to look for what has gone: around where it was last, twice as far."""
        width, height = region.width, region.height
        box = tuple(map(float, (region.left, region.top, region.right, region.bottom)))
        return around([box], (width, height), 2.0) or Region(0, 0, width, height, width, height)


def _mean_inside(looks: Tensor | None, mask: Tensor) -> float:
    """The mean of what the memory says (1, 1, g, g) where a mask of logits is; how well it knows what was found."""
    inside = mask > 0
    if looks is None or not bool(inside.any()):
        return 0.0
    return float(looks[inside].mean())


def _largest(looks: Tensor) -> Tensor:
    """The same log odds (1, 1, g, g), with nothing but the connected place that has the most for it."""
    places, count = labelled(looks[0, 0].cpu().numpy() > 0)
    if count < 2:
        return looks
    worth = np.bincount(places.ravel(), looks[0, 0].clamp(min=0).cpu().numpy().ravel())
    other = torch.from_numpy((places != worth[1:].argmax() + 1) & (places > 0)).to(looks.device)
    return torch.where(other, -looks, looks)


def labelled(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The connected places of a mask (h, w) bool, numbered from 1, and how many there are."""
    places = np.empty(mask.shape, np.int32)
    count = ndimage.label(mask, output=places)
    return places, int(count)  # pyright: ignore[reportArgumentType]  a number, as `output` is given


def nearest(answer: SamAnswer, belief: Tensor) -> SamAnswer:
    """The same answer with that of SAM's masks chosen which is most like the belief (1, 1, g, g), by IoU and score."""
    inside, masks = belief > 0, answer.logits > 0
    shared = (masks & inside).sum((2, 3)).float()
    either = (masks | inside).sum((2, 3)).clamp(min=1)
    worth = shared / either + 0.5 * answer.scores.float()
    return replace(answer, chosen=worth.argmax(1))
