"""A frame of a clip in which an object is followed."""

from collections.abc import Iterator
from itertools import count, cycle

import numpy as np

from sama.bench import scenes
from sama.bench.lab import Lab
from sama.bench.rows import Row
from sama.bench.timing import Side, interleave
from sama.request.prompts import Prompts

NOTE = (
    "video_frame: one frame of 640 x 360 pixels after the one with a box, by the embedded model: mask, matte, memory "
    "and flow; decoding and writing are not in it."
)
SIZE, THING, STEP = (640, 360), 200, 3  # pixels
KEPT = 12  # frames that are made beforehand


def frame(lab: Lab, name: str) -> Iterator[Row]:
    """The row of a frame."""
    from sama.video.follower import Follower

    ours, numbers = lab.load("mini"), count(1)
    follower = Follower(ours)
    left, top, right, bottom = _place(0)
    follower.step(0, _picture(0), Prompts(boxes=((left, top, right, bottom),)))

    made = [_picture(number) for number in range(KEPT)]
    pictures = cycle([*made[1:], *made[-2::-1]])  # to and fro

    def run() -> None:
        follower.step(next(numbers), next(pictures))

    times = interleave({name: Side(run)}, repeats=lab.repeats, device=lab.place, progress=lab.progress)
    yield times[name].row(name, None, ours.info)


def _place(number: int) -> tuple[int, int, int, int]:
    """Where the thing is: it goes to and fro."""
    steps = (SIZE[0] - THING) // STEP
    at = STEP * abs((number + steps) % (2 * steps) - steps)
    top = (SIZE[1] - THING) // 2
    return at, top, at + THING, top + THING


def _picture(number: int) -> np.ndarray:
    """Frame (360, 640, 3) uint8: a hairy thing over patches of colour."""
    rgb = scenes.photo(*SIZE)
    left, top, right, bottom = _place(number)
    alpha = scenes.matte(THING, THING)[..., None]
    part = rgb[top:bottom, left:right]
    part[:] = np.rint(alpha * np.array([250, 120, 20], np.float32) + (1 - alpha) * part)
    return rgb
