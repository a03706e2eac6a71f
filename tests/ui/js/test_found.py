"""What everything mode has found, in the page's scripts: what is pointed at, in which order, and as which object."""

import pytest

PHOTO = {"width": 100, "height": 80}


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("prompter/marks.js", "prompter/strokes.js", "prompter/objects.js", "prompter/found.js")


def item(number: int, box: list[float], share: float, cells: list[int] | None = None) -> dict:
    grid = {"width": 2, "height": 2, "cells": cells or [1, 1, 1, 1]}
    point = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    return {"id": number, "box": box, "point": point, "share": share, "grid": grid}


LARGE, SMALL, RIGHT = (
    item(1, [0, 0, 100, 80], 0.9),
    item(2, [0, 0, 50, 40], 0.2, [1, 0, 0, 0]),
    item(3, [50, 0, 100, 40], 0.2, [0, 1, 0, 0]),
)


def test_the_smallest_mask_under_the_pointer_counts(run):
    where = {"items": [LARGE, SMALL, RIGHT], "photo": PHOTO}
    at = lambda x, y: run("foundAt(a.items, a.photo, a.at)", {**where, "at": [x, y]})["id"]  # noqa: E731
    assert [at(10, 10), at(90, 10), at(90, 70), at(100, 80)] == [2, 3, 1, 1]
    assert run("foundAt(a.items, a.photo, a.at)", {**where, "items": [SMALL], "at": [90, 70]}) is None


def test_one_walks_through_them_as_one_reads_and_round_again(run):
    ordered = run("readingOrder(a.items, a.photo)", {"items": [LARGE, RIGHT, SMALL], "photo": PHOTO})
    assert [each["id"] for each in ordered] == [2, 3, 1]

    def step(start, steps):
        where = {"items": ordered, "id": start, "steps": steps}
        return run("nextFound(a.items, a.id, a.steps)", where)["id"]

    assert [step(None, 1), step(None, -1), step(2, 1), step(1, 1), step(2, -1)] == [2, 1, 3, 2, 1]


def test_a_mask_becomes_an_object_of_its_own_beside_clicks_and_boxes(run):
    empty = {"points": [], "boxes": []}
    one = run("withFound(wholeMarks(a.marks), a.item, 8)", {"marks": empty, "item": SMALL})
    assert one["boxes"] == [SMALL["box"]] and one["points"] == [[25, 20, 1]] and one["owners"] == [0]
    assert one["order"] == ["box", "point"] and len(one["objects"]) == 1
    two = run("withFound(a.marks, a.item, 8)", {"marks": one, "item": RIGHT})
    assert two["owners"] == [0, 1] and len({each["colour"] for each in two["objects"]}) == 2
    click = {
        "points": [[90, 70, 1]],
        "boxes": [],
    }  # an object of a click alone is numbered after those of boxes
    both = run("withFound(wholeMarks(a.marks), a.item, 8)", {"marks": click, "item": SMALL})
    assert both["owners"] == [1, 0] and len(both["objects"]) == 2
    assert run("countOf(a)", both) == 2


def test_all_are_the_largest_that_are_no_objects_yet(run):
    whole = item(4, [0, 0, 100, 80], 0.99)
    args = {
        "items": [whole, SMALL, RIGHT, LARGE],
        "marks": {"points": [], "boxes": [SMALL["box"]]},
        "most": 2,
    }
    chosen = run("allToAdd(a.items, wholeMarks(a.marks), a.most)", args)
    assert [each["id"] for each in chosen] == [1]


def test_scores_are_said_in_words(run):
    text = run("describeFound(a)", {"score": 0.9, "stable": 0.97, "share": 0.004})
    assert text == (
        "SAM is very sure (score 0.90), a clear outline (stability 0.97), less than 1 % of the photo"
    )
    assert "not so sure" in run("describeFound(a)", {"score": 0.4, "stable": 0.7, "share": 0.5})
