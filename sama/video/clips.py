"""Follow an object through a clip that is opened, from a mark in to a mark out: what command, page and scripts use."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sama.errors import PromptError
from sama.predict.loading import Predictor
from sama.video.follow import Marks, follow
from sama.video.follower import FollowedFrame, Follower
from sama.video.frames import Clip
from sama.video.settings import FollowSettings


@dataclass(frozen=True)
class Pace:
    """How far the work is: frames that are done, of how many, None where nobody knows; seconds since the start."""

    done: int
    total: int | None
    seconds: float

    @property
    def rate(self) -> float:
        """Frames a second so far."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that are left, where that can be told."""
        return None if self.total is None or not self.rate else (self.total - self.done) / self.rate

    @property
    def text(self) -> str:
        """For people: `frame 12 of 90, 3.4 frames a second, 23 s left`."""
        parts = [f"frame {self.done}" + (f" of {self.total}" if self.total else "")]
        if self.rate:
            parts.append(f"{self.rate:.1f} frames a second")
        if self.left is not None:
            parts.append(f"{self.left:.0f} s left")
        return ", ".join(parts)


def follow_clip(
    predictor: Predictor,
    clip: Clip,
    prompts: Marks,
    settings: FollowSettings | None = None,
    *,
    start: int = 0,
    end: int | None = None,
    follower: Follower | None = None,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Pace], None] | None = None,
) -> Iterator[FollowedFrame]:
    """Yield what is found in each frame of a clip from `start` on and before `end`, beginning with the first that has
    prompts; see `follow`.

    prompts: by the number of their frame in the clip. follower: see `follow`. stop: asked before every frame; what has
    been yielded until then is all. progress: told after every frame. Frames are decoded one at a time. Raises
    PromptError for prompts outside the marks, ClipError for marks outside the clip.
    """
    outside = [number for number in prompts if number < start or (end is not None and number >= end)]
    if outside:
        last = "the end" if end is None else f"frame {end - 1}"
        raise PromptError(
            f"There are prompts on frame {outside[0]}, outside the marks from {start} to {last}; move the marks."
        )
    total = clip.frames if end is None else end if clip.frames is None else min(end, clip.frames)
    begin = min(prompts, default=start)
    total = None if total is None else total - begin
    started = time.perf_counter()
    steps = follow(
        predictor, clip.between(begin, end), prompts, settings, first=begin, follower=follower, stop=stop
    )
    for done, found in enumerate(steps, 1):
        if progress is not None:
            progress(Pace(done, total, time.perf_counter() - started))
        yield found
