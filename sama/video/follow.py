"""Follow an object through frames, from prompts on any of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from sama.errors import PromptError
from sama.predict.loading import Predictor
from sama.request.prompts import Prompts
from sama.video.follower import FollowedFrame, Follower
from sama.video.settings import FollowSettings

Marks = Mapping[int, Prompts | np.ndarray]


def follow(
    predictor: Predictor,
    frames: Iterable,
    prompts: Marks,
    settings: FollowSettings | None = None,
    *,
    first: int = 0,
    follower: Follower | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[FollowedFrame]:
    """Yield what is found in each frame, from the first one with prompts on.

    frames: arrays (H, W, 3) uint8 in their order, or what has `index` and `rgb`, such as the frames of a clip; they are
    taken one at a time and not kept. prompts: by the number of the frame they are on, `Prompts` or a mask (H, W); the
    first frame has number `first`. follower: one that has followed before, see `Follower.back_to`; it goes on with its
    own settings. stop: asked before every frame; when it says True, what has been yielded is all.
    Raises PromptError for prompts that will not do, also those on frames that never came.
    """
    if not prompts:
        raise PromptError("Nothing is marked; draw a box around the object, or click on it, on one frame.")
    waiting, follower = dict(prompts), follower or Follower(predictor, settings)
    last = first - 1
    for number, frame in enumerate(frames, first):
        if stop is not None and stop():
            return
        last, rgb = getattr(frame, "index", number), getattr(frame, "rgb", frame)
        marks = waiting.pop(last, None)
        if marks is None and not follower.started:
            continue
        yield follower.step(last, rgb, marks)
    if waiting:
        missed = min(waiting)
        raise PromptError(f"There are prompts on frame {missed}, and no such frame from {first} to {last}.")
