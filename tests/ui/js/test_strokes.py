"""Strokes as marks: what is kept of a drawn line, whose it is, and what undo and deleting leave of it."""

import numpy as np
import pytest

from sama.errors import PromptError
from sama.request.prompts import Prompts

A, B = [0, 0, 40, 40], [30, 0, 80, 40]


@pytest.fixture(scope="module")
def run(scripts):
    return scripts("prompter/marks.js", "prompter/strokes.js", "prompter/objects.js")


def test_a_drawn_line_is_kept_by_few_places_that_lie_near_all_of_it(run):
    t = np.linspace(0, 3, 300)
    line = np.stack([40 + 30 * np.cos(t), 50 + 20 * np.sin(2 * t)], 1)
    kept = np.array(run("simplified(a, 0.3)", line.tolist()))
    assert 8 < len(kept) < 60
    pieces = list(zip(kept[:-1], kept[1:], strict=True))
    away = [
        min(
            np.linalg.norm(
                p - a - (b - a) * np.clip(np.dot(p - a, b - a) / max(np.dot(b - a, b - a), 1e-9), 0, 1)
            )
            for a, b in pieces
        )
        for p in line
    ]
    assert max(away) < 0.4
    assert run("simplified([[1.04, 2]], 1)") == [[1, 2]]
    assert run("simplified([[0, 0], [5, 0.1], [10, 0]], 1)") == [[0, 0], [10, 0]]


def test_page_and_server_count_objects_of_strokes_alike(run):
    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(150):
        boxes = [A, B][: rng.integers(0, 3)]
        points = [[int(rng.integers(0, 100)), 30, int(rng.integers(0, 2))] for _ in range(rng.integers(0, 3))]
        strokes = [
            [int(rng.integers(0, 2)), 3, int(rng.integers(0, 100)), 20, 50, 50]
            for _ in range(rng.integers(1, 4))
        ]
        brushed = [None if rng.random() < 0.6 else int(rng.integers(0, 3)) for _ in strokes]
        prompts = Prompts.from_dict({"points": points, "boxes": boxes, "strokes": strokes})
        try:
            expected = len(prompts.groups((), brushed))
        except PromptError:
            continue
        marks = run(
            "wholeMarks(a)", {"points": points, "boxes": boxes, "strokes": strokes, "brushed": brushed}
        )
        assert run("countOf(a)", marks) == expected, marks
        compared += 1
    assert compared > 50


def test_a_stroke_is_the_selected_object_s_or_a_new_one(run):
    marks = run("wholeMarks({ points: [], boxes: [a, b] })", A, B)
    stroke = [1, 4, 35, 20]
    new = "reconciled(a, withStroke(a, b), { painter: painterOf(a, withStroke(a, b), c) })"
    mine = run(new, marks, stroke, {"owner": 1, "selected": 1, "other": 2})
    assert mine["brushed"] == [1] and len(mine["objects"]) == 2
    other = run(new, marks, stroke, {"owner": None, "selected": None, "other": 2})
    assert other["brushed"] == [2] and len(other["objects"]) == 3
    erased = run(new, marks, [0, 4, 35, 20], {"owner": None, "selected": None, "other": 2})
    assert erased["brushed"] == [None] and len(erased["objects"]) == 2
    assert other["order"] == ["box", "box", "stroke"]
    gone = run("withoutObject(a, 2, 8)", other)
    assert gone["strokes"] == [] and gone["order"] == ["box", "box"] and len(gone["objects"]) == 2
    left = run("withoutObject(a, 0, 8)", other)
    assert left["brushed"] == [1] and left["order"] == ["box", "stroke"]


def test_the_first_box_s_strokes_stay_its_own_when_another_is_drawn(run):
    marks = run("wholeMarks({ points: [], boxes: [a], strokes: [[1, 3, 35, 20]] })", A)
    after = run("reconciled(a, withBox(a, b))", marks, B)
    assert after["brushed"] == [0] and after["strokes"] == marks["strokes"]
    assert after["order"] == ["box", "stroke", "box"]
