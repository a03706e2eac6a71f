"""Marks on the frames of a clip, and its time, in the page's scripts."""

import pytest


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("film/reel.js")


def mark(frame: int, **fields) -> dict:
    return {"frame": frame, "points": [], "boxes": [], "order": [], **fields}


def test_marks_are_kept_by_frame_and_empty_ones_are_gone(run):
    late = mark(7, points=[[1, 2, 1]], order=["point"])
    early = run("withPoint(marksOn(a, 3), [5, 6, 0])", [late])
    assert early == mark(3, points=[[5, 6, 0]], order=["point"])
    both = run("withMarks(a, b)", [late], early)
    assert [each["frame"] for each in both] == [3, 7]
    assert run("withMarks(a, { frame: 3, order: [] })", both) == [late]


def test_a_frame_has_one_box(run):
    once = run("withBox(a, [1, 1, 5, 5])", mark(0, points=[[1, 2, 1]], order=["point"]))
    twice = run("withBox(a, [2, 2, 6, 6])", once)
    assert twice["boxes"] == [[2, 2, 6, 6]] and twice["order"] == ["point", "box"]
    assert run("boxOf([90, -3], [20, 30], { width: 64, height: 48 })") == [20, 0, 64, 30]


def test_time_is_told_in_minutes(run):
    assert run("[clockOf(187, 25), clockOf(0, 30), clockOf(1800, 29.97), clockOf(29, 30)]") == [
        "0:07.48",
        "0:00.00",
        "1:00.06",
        "0:00.97",
    ]


def test_numbers_become_stretches(run):
    assert run("stretches([5, 1, 2, 3, 9, 8])") == [[1, 3], [5, 5], [8, 9]]
    assert run("stretches([])") == []


def test_old_pictures_are_given_up_and_late_answers_forgotten(run):
    found = run(
        """(() => {
          const store = new FrameStore(3);
          for (const index of [0, 1, 2, 3]) store.put({ index, src: 's', cut: 'c' });
          const known = [0, 1, 2, 3].map(index => !!store.get(index));
          store.forget(2);
          return [known, store.get(1), store.get(3)];
        })()"""
    )
    assert found[0] == [False, True, True, True]
    assert found[1] == {"index": 1, "src": "s", "cut": "c"} and found[2] == {"index": 3, "src": "s"}
