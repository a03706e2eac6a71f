"""A clip that somebody works on: what is redone after a correction, and what stays."""

import numpy as np
import pytest

from sama.errors import ClipError, PromptError
from sama.request.prompts import Prompts
from sama.video.clip import open_clip
from sama.video.reel import Reel
from sama.video.settings import FollowSettings
from tests.ui.pretended import PretendedFollower
from tests.video.films import film

BOX, OTHER = Prompts(boxes=((4, 4, 20, 30),)), Prompts(boxes=((10, 8, 30, 30),))
CLICK = Prompts(points=((12, 12, 1),))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return film(tmp_path_factory.mktemp("reel") / "clip.mp4", "-c:v", "mpeg4")


@pytest.fixture
def given():
    return []


@pytest.fixture
def reel(path, tmp_path):
    reel = Reel(open_clip(path), tmp_path)
    yield reel
    reel.leave()


def go(reel, given, marks, **how):
    """Follow; returns the numbers of the frames, and what the follower was given."""
    given.clear()
    steps = list(reel.follow(lambda how: PretendedFollower(given), marks, **how))
    return [frame.index for frame, _ in steps], list(given)


def test_it_goes_from_the_first_mark_to_the_end_and_keeps_the_maps(reel, given):
    frames, calls = go(reel, given, {2: BOX})
    assert frames == list(range(2, 12)) == sorted(reel.reports)
    assert calls[:3] == [("made",), (2, True), (3, False)]
    alpha, mask, sam = reel.maps(5)
    expected = np.zeros((48, 64), np.uint8)
    expected[4:30, 7:23] = 255
    assert np.array_equal(alpha, expected) and np.array_equal(mask, expected)
    assert np.array_equal(sam, expected)
    rows = reel.rows(10, range(0, 6))
    assert not rows[:2].any() and np.array_equal(rows[5], expected[10])


def test_a_correction_redoes_what_comes_after_it_alone(reel, given):
    go(reel, given, {0: BOX})
    before = {at: reel.maps(at)[0] for at in range(6)}
    frames, calls = go(reel, given, {0: BOX, 6: CLICK})
    assert frames == list(range(6, 12))
    assert calls[:2] == [("back", 6, 16 * 26), (6, True)], "it is told what was in the frame before"
    assert all(np.array_equal(reel.maps(at)[0], maps) for at, maps in before.items())
    frames, calls = go(reel, given, {0: BOX})
    assert frames == list(range(6, 12)) and calls[1] == (6, False), "and without it, the same again"
    assert go(reel, given, {0: BOX})[0] == []
    frames, calls = go(reel, given, {0: OTHER})
    assert frames == list(range(12)) and calls[0] == ("made",)
    go(reel, given, {3: OTHER})
    assert min(reel.reports) == 3, "nothing is left of a mark that was taken away"


def test_other_settings_begin_anew(reel, given):
    go(reel, given, {2: BOX}, end=5)
    frames, calls = go(reel, given, {2: BOX}, how=FollowSettings(damping=0.2))
    assert frames == list(range(2, 12)) and calls[0] == ("made",)
    assert go(reel, given, {2: BOX}, how=FollowSettings(damping=0.2))[0] == []


def test_what_is_done_stays_when_it_is_stopped_and_it_goes_on_there(reel, given):
    polite = iter([False] * 4 + [True])
    frames, _ = go(reel, given, {0: BOX}, stop=lambda: next(polite))
    assert frames == [0, 1, 2, 3] == sorted(reel.reports)
    frames, calls = go(reel, given, {0: BOX})
    assert frames == list(range(4, 12)) and calls[0] == (4, False), "without going back"


def test_marks_in_and_out_hold_the_work(reel, given):
    frames, _ = go(reel, given, {1: BOX, 4: BOX, 9: CLICK}, start=3, end=8)
    assert frames == [4, 5, 6, 7]
    assert go(reel, given, {1: BOX, 4: BOX, 9: CLICK}, start=3, end=10)[0] == [8, 9]
    with pytest.raises(PromptError, match="Nothing is marked between the marks in and out"):
        go(reel, given, {1: BOX}, start=3)


def test_progress_is_told_in_frames(reel, given):
    steps = reel.follow(lambda how: PretendedFollower(given), {2: BOX}, end=7)
    paces = [pace for _, pace in steps]
    assert [(pace.done, pace.total) for pace in paces] == [(n, 5) for n in range(1, 6)]


def test_leaving_ends_the_work_and_frees_the_disk(reel, given, tmp_path):
    steps = reel.follow(lambda how: PretendedFollower(given), {0: BOX})
    next(steps)
    next(steps)
    assert len(list(tmp_path.rglob("*.png"))) == 2
    reel.leave()
    assert list(steps) == [] and not list(tmp_path.iterdir()) and not reel.reports


def test_two_works_take_turns_and_a_stuck_one_is_named(reel, given, monkeypatch):
    monkeypatch.setattr("sama.video.reel._WAIT", 0.05)
    first = reel.follow(lambda how: PretendedFollower(given), {0: BOX})
    next(first)
    with pytest.raises(ClipError, match="is being worked on"):
        go(reel, [], {0: BOX})
    first.close()
    assert go(reel, given, {0: BOX})[0] == list(range(1, 12))
