"""Which object each mark belongs to, as the server counts them, and what of the list stays when marks change."""

import itertools

import numpy as np
import pytest

from sama.errors import PromptError
from sama.request.prompts import Prompts

A, B = [0, 0, 40, 40], [30, 0, 80, 40]
IN_A, SHARED, LOOSE, REMOVES = [10, 10, 1], [35, 20, 1], [90, 60, 1], [5, 5, 0]


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("prompter/marks.js", "prompter/strokes.js", "prompter/objects.js")


def whole(run, points, boxes, owners=None, **more):
    return run("wholeMarks(a)", {"points": points, "boxes": boxes, "owners": owners or [], **more})


def names(marks) -> list[str]:
    return [each["name"] for each in marks["objects"]]


def listed(run, points, boxes, called, owners=None):
    objects = [
        {"name": name, "colour": i, "hidden": False, "candidate": None} for i, name in enumerate(called)
    ]
    return whole(run, points, boxes, owners, objects=objects, front=list(range(len(called))))


def test_page_and_server_count_alike(run):
    rng = np.random.default_rng(0)
    compared = 0
    for _ in range(150):
        boxes = [A, B][: rng.integers(0, 3)]
        points = [
            [int(rng.integers(0, 100)), int(rng.integers(0, 60)), int(rng.integers(0, 2))] for _ in range(3)
        ]
        owners = [None if rng.random() < 0.6 else int(rng.integers(0, 3)) for _ in points]
        order = rng.permutation(["point"] * 3 + ["box"] * len(boxes)).tolist()
        prompts = Prompts(tuple(map(tuple, points)), tuple(map(tuple, boxes)), None, tuple(order))
        try:
            expected = len(prompts.groups(owners))
        except PromptError:
            continue  # an object without a click that keeps: the page makes none
        marks = whole(run, points, boxes, owners, order=order)
        assert run("countOf(a)", marks) == expected, marks
        compared += 1
    assert compared > 60


def test_a_second_box_takes_over_no_click_of_the_first(run):
    before = listed(run, [IN_A, SHARED, REMOVES], [A], ["cat"])
    after = run("reconciled(a, { points: a.points, boxes: [...a.boxes, b] })", before, B)
    assert after["owners"] == [0, 0, None] and names(after) == ["cat", ""]
    assert [each["colour"] for each in after["objects"]] == [0, 1] and after["front"] == [0, 1]


def test_a_moved_box_keeps_its_name_and_its_clicks(run):
    before = listed(run, [IN_A], [A, B], ["cat", "dog"])
    after = run("reconciled(a, { points: a.points, boxes: [[200, 0, 240, 40], a.boxes[1]] })", before)
    assert names(after) == ["cat", "dog"] and after["owners"] == [0]


def test_a_click_belongs_to_the_selected_object_and_a_new_one_to_a_new_object(run):
    before = listed(run, [], [A, B], ["cat", "dog"])
    add = "reconciled(a, { points: [...a.points, b], boxes: a.boxes }, { owner: c })"
    assert run(add, before, SHARED, 1)["owners"] == [1]
    assert run(add, before, SHARED, None)["owners"] == [None]
    fresh = run(add, before, IN_A, 2)
    assert fresh["owners"] == [2] and names(fresh) == ["cat", "dog", ""]
    two = run(add, listed(run, [IN_A], [], ["cat"]), LOOSE, 1)
    assert two["owners"] == [0, 1] or two["owners"] == [None, 1]
    assert names(two) == ["cat", ""]
    assert [each["colour"] for each in two["objects"]] == [0, 1]


def test_a_box_around_clicks_alone_is_the_same_object(run):
    before = listed(run, [IN_A], [], ["cat"])
    after = run("reconciled(a, { points: a.points, boxes: [b] })", before, A)
    assert names(after) == ["cat"] and after["owners"] == [None] and run("countOf(a)", after) == 1
    back = run("reconciled(a, { points: a.points, boxes: [] })", after)
    assert names(back) == ["cat"]


@pytest.mark.parametrize(
    ("gone", "left", "owners"),
    [(0, ["dog", "bird"], [1]), (1, ["cat", "bird"], [0, 1]), (2, ["cat", "dog"], [0])],
)
def test_a_deleted_object_takes_its_own_clicks_along(run, gone, left, owners):
    before = listed(run, [IN_A, LOOSE], [A, B], ["cat", "dog", "bird"])
    after = run("withoutObject(a, b, 8)", before, gone)
    assert names(after) == left
    assert after["owners"] == owners
    assert run("countOf(a)", after) == 2 if gone == 2 else True
    colours = [each["colour"] for each in after["objects"]]
    assert len(set(colours)) == len(colours)


def test_the_last_object_leaves_nothing(run):
    before = listed(run, [REMOVES], [A], ["cat"])
    assert run("withoutObject(a, 0, 8)", before) == {"points": [], "boxes": [], "strokes": [], "mask": None}


def test_an_object_of_clicks_without_its_last_click_is_gone(run):
    before = listed(run, [LOOSE, [95, 60, 1]], [A, B], ["cat", "dog", "one", "two"], [2, 3])
    after = run("reconciled(a, { points: [a.points[1]], boxes: a.boxes })", before)
    assert names(after) == ["cat", "dog", "two"] and after["owners"] == [2]


def test_the_order_of_a_list(run):
    assert run("reordered([0, 1, 2], 2, -1)") == [0, 2, 1]
    assert run("reordered([0, 1, 2], 0, 2)") == [1, 2, 0]
    assert run("reordered([0, 1, 2], 0, -1)") == [0, 1, 2]
    before = {**listed(run, [], [A, B], ["cat", "dog"]), "front": [1, 0]}
    after = run("reconciled(a, { points: [], boxes: [...a.boxes, [0, 45, 20, 60]] })", before)
    assert after["front"] == [1, 0, 2]


def test_no_object_gets_anothers_colour(run):
    objects = [{"colour": c} for c in (0, 2, 1)]
    assert run("freeColour(a, 8)", objects) == 3
    taken = [{"colour": c} for c in range(8)]
    assert run("freeColour(a, 8)", taken) == 0
    for several in itertools.pairwise((1, 2, 3)):
        assert run("freeColour(a, 3)", [{"colour": c % 3} for c in several]) in (0, 1, 2)


def test_an_order_of_drawing_goes_along(run):
    drawn = listed(run, [LOOSE, IN_A], [A, B], ["cat", "dog"])
    drawn["order"] = ["point", "box", "point", "box"]
    assert run("countOf(a)", drawn) == 2, "a click before the first box, in none, is of no object"
    after = run("withoutObject(a, 1, 8)", drawn)
    assert after["order"] == ["point", "box", "point"] and names(after) == ["cat"]
    added = run("reconciled(a, withBox(a, b))", drawn, [0, 45, 20, 60])
    assert added["order"] == [*drawn["order"], "box"] and added["owners"] == [None, 0]


def test_a_candidate_holds_for_its_click_alone(run):
    before = listed(run, [IN_A, LOOSE], [], ["cat", "dog"], [0, 1])
    for each in before["objects"]:
        each["candidate"] = 2
    after = run("reconciled(a, withPoint(a, b), { owner: 1 })", before, [80, 60, 1])
    assert [each["candidate"] for each in after["objects"]] == [2, None]
    after = run("reconciled(a, withPoint(a, b), { owner: null })", before, REMOVES)
    assert [each["candidate"] for each in after["objects"]] == [None, None]
    moved = run("reconciled(a, { ...a, points: [b, a.points[1]] })", before, [12, 10, 1])
    assert [each["candidate"] for each in moved["objects"]] == [None, 2]
