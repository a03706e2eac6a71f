"""Who is measured on clips: SAMA as it follows, the same model frame by frame, and two classical ways."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from sama.errors import SamaError
from sama.methods.grabcut import grabcut
from sama.predict.close_up import Region, around
from sama.predict.devices import inference
from sama.predict.loading import Predictor
from sama.request.masks import given_logits
from sama.request.prompts import Prompts
from sama.video.flow import Motion, moved_box
from sama.video.follower import Follower
from sama.video.look import Box, Look, Seen, resized
from sama.video.settings import MEMORY, FollowSettings

DEFAULT = ("sam", "sama", "frame_by_frame", "grabcut", "flow")
ABLATIONS = ("with_memory", "undamped")
NAMES = (*DEFAULT, *ABLATIONS)
SURE = 8.0


@dataclass(frozen=True)
class Found:
    """In one frame: a mask (H, W) bool, a matte (H, W) in [0, 1] or the mask as one, and whether the object was said to
    be lost."""

    mask: np.ndarray
    alpha: np.ndarray
    lost: bool = False


class ClipContestant(ABC):
    """One way to find an object in a clip, with a state for one object."""

    names: tuple[str, ...]  # what it answers as

    @abstractmethod
    def step(
        self, index: int, rgb: np.ndarray, motion: Motion | None, prompts: Prompts | None
    ) -> dict[str, Found]:
        """What is found in the next frame, by name; prompts and no motion on the first."""


class Following(ClipContestant):
    """SAM's and SAMA's masks and SAMA's matte, followed."""

    def __init__(self, predictor: Predictor, settings: FollowSettings, names: tuple[str, ...]):
        self.names = names
        self._follower = Follower(predictor, settings)
        self.seconds: list[float] = []

    def step(
        self, index: int, rgb: np.ndarray, motion: Motion | None, prompts: Prompts | None
    ) -> dict[str, Found]:
        """See `ClipContestant.step`."""
        frame = self._follower.step(index, rgb, prompts)
        if not frame.prompted:
            self.seconds.append(frame.seconds)
        lost = frame.lost is not None
        sam = frame.sam > 0
        both = {
            "sam": Found(sam, sam.astype(np.float32), lost),
            "sama": Found(frame.mask > 0, frame.alpha, lost),
        }
        if set(self.names) <= set(both):
            return {name: both[name] for name in self.names}
        return {self.names[0]: both["sama"]}


class FrameByFrame(ClipContestant):
    """The same model with the same one view of each frame, asked with the first frame's box, which the flow moves."""

    names = ("frame_by_frame",)

    def __init__(self, predictor: Predictor, settings: FollowSettings):
        self._predictor = resized(predictor, settings.size)
        self._settings = settings
        self._box: Box | None = None

    def step(
        self, index: int, rgb: np.ndarray, motion: Motion | None, prompts: Prompts | None
    ) -> dict[str, Found]:
        """See `ClipContestant.step`."""
        self._box = box = _next_box(self._box, rgb, motion, prompts)
        height, width = rgb.shape[:2]
        region = around([box], (width, height), self._settings.cut)
        region = region or Region(0, 0, width, height, width, height)
        with inference(self._predictor.device, self._predictor.dtype):
            look = Look.at(self._predictor, rgb, region, self._settings.views)
            seen: Seen = look.refined(look.asked(box), self._settings.edges)
        return {"frame_by_frame": Found(look.placed(seen.sama) > 0, look.placed(seen.alpha, 0.0))}


class MovedGrabCut(ClipContestant):
    """GrabCut in the first frame's box, which the flow moves."""

    names = ("grabcut",)

    def __init__(self):
        self._box: Box | None = None

    def step(
        self, index: int, rgb: np.ndarray, motion: Motion | None, prompts: Prompts | None
    ) -> dict[str, Found]:
        """See `ClipContestant.step`."""
        self._box = _next_box(self._box, rgb, motion, prompts)
        mask = grabcut(rgb, self._box)
        return {"grabcut": Found(mask, mask.astype(np.float32))}


class MovedMask(ClipContestant):
    """The first frame's mask, moved by the flow from frame to frame."""

    names = ("flow",)

    def __init__(self, predictor: Predictor, settings: FollowSettings):
        self._predictor, self._settings = predictor, settings
        self._mask = np.empty((0, 0), np.float32)

    def step(
        self, index: int, rgb: np.ndarray, motion: Motion | None, prompts: Prompts | None
    ) -> dict[str, Found]:
        """See `ClipContestant.step`."""
        if motion is not None:
            self._mask = motion.moved(self._mask, -SURE)
        elif prompts is not None:
            found = prompts.mask
            if found is None:
                found = Follower(self._predictor, self._settings).step(index, rgb, prompts).mask
            self._mask = np.clip(given_logits(found), -SURE, SURE)
        mask = self._mask > 0
        return {"flow": Found(mask, mask.astype(np.float32))}


def contestants_of(
    names: tuple[str, ...], predictor: Predictor, settings: FollowSettings
) -> list[ClipContestant]:
    """Those that answer as `names`, fresh for an object. Raises SamaError for a name that there is not."""
    if unknown := [name for name in names if name not in NAMES]:
        raise SamaError(f"There is no way of following called {unknown[0]!r:.40}; choose {', '.join(NAMES)}.")
    found: list[ClipContestant] = []
    if own := tuple(name for name in ("sam", "sama") if name in names):
        found.append(Following(predictor, settings, own))
    others = {
        "frame_by_frame": lambda: FrameByFrame(predictor, settings),
        "grabcut": MovedGrabCut,
        "flow": lambda: MovedMask(predictor, settings),
        "with_memory": lambda: Following(predictor, replace(settings, matte_from=MEMORY), ("with_memory",)),
        "undamped": lambda: Following(predictor, replace(settings, damping=0), ("undamped",)),
    }
    return found + [make() for name, make in others.items() if name in names]


def seconds_of(contestants: list[ClipContestant]) -> list[float]:
    """How long SAMA took for each frame after the first."""
    return [
        s
        for each in contestants
        if isinstance(each, Following) and "sama" in each.names
        for s in each.seconds
    ]


def _next_box(box: Box | None, rgb: np.ndarray, motion: Motion | None, prompts: Prompts | None) -> Box:
    """The prompt's box on the first frame, and where the flow moves the last one on the others."""
    if motion is None or box is None:
        assert prompts is not None
        return prompts.boxed().boxes[0]
    return moved_box(box, motion, (rgb.shape[1], rgb.shape[0]))
