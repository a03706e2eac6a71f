"""What the lab's scripts compute by themselves."""

import pytest

MEASURES = [{"name": "IoU", "digits": 2, "higher": True}, {"name": "MAE", "digits": 2, "higher": False}]


@pytest.fixture(scope="module")
def lab(scripts):
    return scripts("lab/table.js", "lab/curves.js", "lab/vote.js")


def test_the_best_of_a_column_is_what_reads_best(lab):
    rows = [{"values": [0.904, 0.2]}, {"values": [0.896, 0.1]}, {"why": "no"}, {"values": [0.7, 0.101]}]
    assert lab("bestOf(a, b)", rows, MEASURES) == [[0, 1], [1, 3]]
    assert lab("bestOf(a, b)", rows[:1], MEASURES) == [[], []], "one alone is not the best"


def test_votes_are_counted_by_pair_whoever_won(lab):
    votes = [["sama", "sam"], ["sam", "solid"], ["sam", "sama"], ["sama", "sam"]]
    labels = {"sam": "One", "sama": "Two", "solid": "<b>"}
    assert lab("tally(a, b)", votes, labels) == ["One 1 : 2 Two", "One 1 : 0 <b>"]


def test_curves_run_from_left_to_right_and_up(lab):
    assert lab("placeOf(1, 0, 10)") == [42, 160] and lab("placeOf(10, 1, 10)") == [326, 10]
    assert lab("placeOf(1, 0.5, 1)") == [42, 85] and lab("placeOf(1, 0.75, 1, 0.5)") == [42, 85]


def test_the_axis_begins_below_every_curve(lab):
    for worst, floor in ((0.95, 0.9), (0.85, 0.8), (0.5, 0.5), (0.49, 0)):
        assert lab("floorOf([{ious: [1, 1]}, {ious: [a, 0.99]}])", worst) == floor
    assert lab("floorOf([])") == 0


def test_a_level_that_was_not_reached_is_no_number_of_clicks(lab):
    curve = {"ious": [0.5, 0.86], "nocs": {"NoC@85": 2, "NoC@90": 10}}
    assert lab("[85, 90].map(level => reached(a, level, b))", curve, False) == ["NoC@85 2", "not yet 0.90"]
    assert lab("reached(a, 90, true)", curve) == "NoC@90 10 (not reached)"
