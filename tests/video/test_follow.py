"""Following: prompts on any frame, one frame at a time, stopping, and the embedded model on a small clip."""

import numpy as np
import pytest

import sama
from sama.errors import PromptError, SamaError
from sama.predict.close_up import Region
from sama.request.prompts import Prompts
from sama.video import follow as follow_module
from sama.video.clips import Pace, follow_clip
from sama.video.composed import compose_clip
from sama.video.first_answer import corrected
from sama.video.follow import follow
from sama.video.follower import FollowedFrame, Follower
from sama.video.settings import MEMORY, FollowSettings

BOX = Prompts(boxes=((2, 2, 6, 6),))
FRAMES = [np.full((8, 10, 3), i, np.uint8) for i in range(6)]


class Pretended:
    """In the place of a `Follower`: notes what it is given."""

    given: list[tuple[int, int, bool]] = []

    def __init__(self, predictor, settings):
        self.started = False
        Pretended.given = []

    def step(self, index, rgb, prompts=None):
        self.started = True
        Pretended.given.append((index, int(rgb[0, 0, 0]), prompts is not None))
        nothing = np.zeros(rgb.shape[:2], np.float32)
        region = Region(0, 0, 10, 8, 10, 8)
        return FollowedFrame(
            index, rgb, nothing, nothing, nothing, 1.0, None, prompts is not None, region, 0.0
        )


@pytest.fixture
def pretended(monkeypatch):
    monkeypatch.setattr(follow_module, "Follower", Pretended)


class PretendedClip:
    """In the place of a clip that is opened."""

    frames = len(FRAMES)

    def between(self, start=0, end=None):
        yield from FRAMES[start:end]


def test_frames_before_the_first_prompt_are_passed_over(pretended):
    found = list(follow(None, FRAMES, {2: BOX, 4: BOX}))
    assert [frame.index for frame in found] == [2, 3, 4, 5]
    assert Pretended.given == [(2, 2, True), (3, 3, False), (4, 4, True), (5, 5, False)]


def test_frames_are_taken_one_at_a_time(pretended):
    taken = []

    def frames():
        for i, frame in enumerate(FRAMES):
            taken.append(i)
            yield frame

    steps = follow(None, frames(), {0: BOX})
    next(steps)
    assert taken == [0]
    next(steps)
    assert taken == [0, 1]


def test_stopping_keeps_what_is_done(pretended):
    found = []
    for frame in follow(None, FRAMES, {0: BOX}, stop=lambda: len(found) == 3):
        found.append(frame.index)
    assert found == [0, 1, 2]


def test_prompts_that_no_frame_has_are_refused(pretended):
    with pytest.raises(PromptError, match="no such frame from 0 to 5"):
        list(follow(None, FRAMES, {0: BOX, 9: BOX}))
    with pytest.raises(PromptError, match="Nothing is marked"):
        list(follow(None, FRAMES, {}))


def test_a_part_of_a_clip_is_followed_and_told(pretended):
    told: list[Pace] = []
    marks = {3: BOX}
    found = list(follow_clip(None, PretendedClip(), marks, start=1, end=5, progress=told.append))
    assert [frame.index for frame in found] == [3, 4]
    assert [(pace.done, pace.total) for pace in told] == [(1, 2), (2, 2)]
    assert told[-1].left == 0
    assert told[0].text.startswith("frame 1 of 2")
    with pytest.raises(PromptError, match="outside the marks from 1 to frame 2"):
        next(follow_clip(None, PretendedClip(), marks, start=1, end=3))


def test_settings_are_checked():
    for wrong in ({"views": 2}, {"matte_from": "both"}, {"damping": 1.0}, {"cut": 0.5}):
        with pytest.raises(SamaError):
            FollowSettings(**wrong)


def test_a_click_corrects_what_is_followed():
    guess = np.full((40, 50), -8, np.float32)
    guess[10:20, 10:20] = 8
    prompts = corrected(Prompts(points=((30.0, 25.0, 1), (12.0, 12.0, 0))), guess)
    assert prompts.boxes == ((10.0, 10.0, 31.0, 26.0),)
    assert prompts.mask is not None
    assert np.array_equal(prompts.mask > 0, guess > 0)


@pytest.fixture(scope="module")
def predictor():
    return sama.load("mini", device="cpu")


@pytest.fixture(scope="module")
def clip() -> list[tuple[np.ndarray, np.ndarray]]:
    """Six frames of a red ball in front of a green and blue gradient."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    ball = np.zeros((80, 80, 4), np.uint8)
    ball[..., 0], ball[..., 1] = 200, (90 + 60 * y).astype(np.uint8)
    ball[..., 3] = (255 * np.clip(12 * (0.95 - np.hypot(x, y)), 0, 1)).astype(np.uint8)
    rng = np.random.default_rng(1)
    background = rng.integers(60, 200, (24, 32, 3)).astype(np.uint8).repeat(10, 0).repeat(10, 1)
    background[..., 0] //= 3
    return list(compose_clip([ball], background, 3, frames=5, size=(160, 96)))


def box_of(alpha: np.ndarray) -> Prompts:
    rows, columns = np.flatnonzero((alpha > 0.5).any(1)), np.flatnonzero((alpha > 0.5).any(0))
    return Prompts(boxes=((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1),))


def iou(mask: np.ndarray, alpha: np.ndarray) -> float:
    return np.count_nonzero((mask > 0) & (alpha > 0.5)) / np.count_nonzero((mask > 0) | (alpha > 0.5))


def test_the_embedded_model_follows_a_ball(predictor, clip):
    found = list(follow(predictor, [rgb for rgb, _ in clip], {0: box_of(clip[0][1])}))
    assert [frame.index for frame in found] == list(range(5))
    assert [frame.prompted for frame in found] == [True, False, False, False, False]
    for frame, (_, alpha) in zip(found, clip, strict=True):
        assert frame.lost is None
        assert iou(frame.mask, alpha) > 0.85
        assert np.abs(frame.alpha - alpha).mean() < 0.02
        assert frame.alpha.shape == frame.mask.shape == frame.sam.shape == (96, 160)
        assert 0 <= frame.alpha.min() <= frame.alpha.max() <= 1
    assert found[1].report["box"] is not None


def test_the_matte_may_come_from_memory_and_the_mask_is_the_prompt(predictor, clip):
    follower = Follower(predictor, FollowSettings(matte_from=MEMORY))
    with pytest.raises(PromptError, match="first frame"):
        follower.step(0, clip[0][0])
    first = follower.step(0, clip[0][0], clip[0][1] > 0.5)
    assert iou(first.mask, clip[0][1]) > 0.85
    assert iou(follower.step(1, clip[1][0]).mask, clip[1][1]) > 0.85


def test_an_object_that_has_gone_is_said_to_be_lost_and_comes_back_without_a_doubt(
    predictor, clip, monkeypatch
):
    background = np.full_like(clip[0][0], 120)
    follower = Follower(predictor)
    follower.step(0, clip[0][0], box_of(clip[0][1]))
    gone = follower.step(1, background)
    assert gone.lost is not None
    assert gone.lost.startswith("Frame 1: ")
    with monkeypatch.context() as doubting:
        doubting.setattr("sama.video.follower.why_lost", lambda *_: "it is suddenly larger")
        doubtful = follower.step(2, clip[1][0])
    assert doubtful.lost is not None and not doubtful.alpha.any() and not (doubtful.mask > 0).any()
    again = follower.step(3, clip[1][0])
    assert again.lost is None
    assert iou(again.mask, clip[1][1]) > 0.8
