"""Points and boxes on a photo of 100 x 50 pixels, and what was done to them."""

import pytest

PHOTO = {"width": 100, "height": 50}
MARKS = {"points": [[20, 20, 1], [23, 24, 0]], "boxes": [[10, 10, 40, 30], [10, 10, 60, 45]]}


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("prompter/marks.js", "prompter/history.js")


@pytest.mark.parametrize(
    ("spot", "kept", "on_photo"),
    [
        ([12.345, 6.78], [12.3, 6.8], True),
        ([-3, 60], [0, 50], False),
        ([100, 50], [100, 50], True),
        ([100.01, 50], [100, 50], False),
    ],
)
def test_a_spot_is_kept_on_the_photo_to_a_tenth(run, spot, kept, on_photo):
    assert run("[within(a, b), inside(a, b)]", PHOTO, spot) == [kept, on_photo]


def test_a_box_of_two_corners_in_any_order(run):
    assert run("boxOf(a, [80, 40], [20.04, 70])", PHOTO) == [20, 40, 80, 50]
    assert run("boxOf(a, [20, 70], [80, 40])", PHOTO) == [20, 40, 80, 50]
    assert run("[[1, 1, 2, 2], [1, 1, 1, 2], [1, 1, 2, 1]].map(hasArea)") == [True, False, False]


@pytest.mark.parametrize(
    ("spot", "reach", "found"),
    [
        ([20, 20], 5, {"kind": "point", "index": 1}),  # both points are as near as that: the newer one
        ([20, 20], 4.9, {"kind": "point", "index": 0}),
        ([11, 11], 2, {"kind": "box", "index": 1, "fixed": [60, 45]}),
        ([40, 9], 2, {"kind": "box", "index": 0, "fixed": [10, 30]}),
        ([80, 20], 5, None),
    ],
)
def test_the_newest_mark_within_reach_is_under_the_pointer(run, spot, reach, found):
    assert run("handleAt(a, b, c)", spot, MARKS, reach) == found


def test_a_moved_point_keeps_its_sign(run):
    order = ["box", "point", "box", "point"]
    moved = run("moved(a, { kind: 'point', index: 1 }, [200, 3.33], b)", PHOTO, MARKS | {"order": order})
    assert moved == {"points": [[20, 20, 1], [100, 3.3, 0]], "boxes": MARKS["boxes"], "order": order}


def test_a_moved_corner_may_cross_the_one_that_stays(run):
    moved = run("moved(a, { kind: 'box', index: 0, fixed: [40, 30] }, [50, 5], b)", PHOTO, MARKS)
    assert moved["points"] == MARKS["points"] and moved["boxes"] == [[40, 5, 50, 30], [10, 10, 60, 45]]


def test_a_removed_mark_leaves_the_others(run):
    assert run("removed({ kind: 'point', index: 0 }, a)", MARKS) == {
        "points": [[23, 24, 0]],
        "boxes": MARKS["boxes"],
        "order": ["box", "box", "point"],
    }
    assert run("removed({ kind: 'box', index: 1 }, a)", MARKS) == {
        "points": MARKS["points"],
        "boxes": [[10, 10, 40, 30]],
        "order": ["box", "point", "point"],
    }


def test_the_order_of_drawing_is_kept(run):
    drawn = run(
        "withPoint(withBox(withPoint({ points: [], boxes: [] }, a), b), c)",
        [1, 2, 1],
        [0, 0, 9, 9],
        [3, 4, 0],
    )
    assert drawn == {
        "points": [[1, 2, 1], [3, 4, 0]],
        "boxes": [[0, 0, 9, 9]],
        "order": ["point", "box", "point"],
    }
    removed = run("removed({ kind: 'point', index: 1 }, a)", drawn)
    assert removed == {"points": [[1, 2, 1]], "boxes": [[0, 0, 9, 9]], "order": ["point", "box"]}
    assert run("removed({ kind: 'box', index: 0 }, a).order", drawn) == ["point", "point"]
    # Boxes first where nobody knows, as in an old file.
    assert run("withPoint(a, [1, 1, 1]).order", MARKS) == ["box", "box", "point", "point", "point"]


HISTORY = """(steps => {
  let now = 'A', shut = false;
  const history = History({ marks: () => now, put: next => { now = next; }, locked: () => shut });
  return steps(history, () => now, value => { shut = value; });
})"""


@pytest.mark.parametrize(
    ("steps", "now", "undoable", "redoable"),
    [
        ("", "A", False, False),
        ("commit('B') commit('C')", "C", True, False),
        ("commit('B') commit('C') undo()", "B", True, True),
        ("commit('B') commit('C') undo() undo() undo()", "A", False, True),
        ("commit('B') commit('C') undo() undo() redo()", "B", True, True),
        ("commit('B') undo() commit('C') redo()", "C", True, False),
        ("note('before') undo()", "before", False, True),
        ("commit('B') undo() forget() redo()", "A", False, False),
    ],
)
def test_history(run, steps, now, undoable, redoable):
    calls = "; ".join(f"h.{step}" for step in steps.split())
    result = run(f"{HISTORY}((h, now) => {{ {calls}; return [now(), h.undoable, h.redoable]; }})")
    assert result == [now, undoable, redoable]


def test_history_stands_still_while_marks_belong_to_another_photo(run):
    steps = "h.commit('B'); lock(true); h.undo(); const before = now(); lock(false); h.undo();"
    assert run(f"{HISTORY}((h, now, lock) => {{ {steps} return [before, now()]; }})") == ["B", "A"]
