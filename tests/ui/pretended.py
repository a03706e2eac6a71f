"""A follower without a model: what was marked moves one pixel to the right with every frame."""

import threading

import numpy as np

from sama.predict.close_up import Region
from sama.video.follower import FollowedFrame


class PretendedFollower:
    """The interface of `Follower`. given: the frames that any of them was given, and how often each was made; lost:
    frames on which it says so; gate: acquired before every frame, if there is one."""

    def __init__(self, given: list[tuple], lost: frozenset[int] = frozenset(), gate=None):
        self._given, self._lost, self._gate = given, lost, gate
        self._box, self._since = (0, 0, 1, 1), 0
        given.append(("made",))

    def back_to(self, index, before=None):
        self._given.append(("back", index, None if before is None else int((before[1] > 0).sum())))

    def step(self, index, rgb, prompts=None):
        if self._gate is not None:
            assert self._gate.acquire(timeout=60)
        self._given.append((index, prompts is not None))
        if prompts is not None and prompts.boxes:
            self._box, self._since = prompts.boxes[0], index
        height, width = rgb.shape[:2]
        x0, y0, x1, y1 = (round(v) for v in self._box)
        alpha, moved = np.zeros((height, width), np.float32), index - self._since
        alpha[y0:y1, x0 + moved : x1 + moved] = 1
        lost = f"Frame {index}: it may be lost; click on it here." if index in self._lost else None
        region = Region(0, 0, width, height, width, height)
        return FollowedFrame(
            index,
            rgb,
            20 * alpha - 10,
            20 * alpha - 10,
            alpha,
            0.9,
            lost,
            prompts is not None,
            region,
            0.01,
        )


class Gate(threading.Semaphore):
    """Lets as many frames through as are released."""

    def __init__(self):
        super().__init__(0)
