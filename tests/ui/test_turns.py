"""Of photos that are opened at once, the newest stays on the page."""

from sama.ui.handlers.turns import Turns

SHOW, LINE = {"visit": 1, "prompter": 2}, {"prompter": 3}


def steps(ended: list, *changes):
    try:
        yield from changes
    finally:
        ended.append(True)


def test_one_that_is_late_is_not_shown_and_stops():
    turns, ended = Turns(), []
    late = turns.kept("tab", steps(ended, LINE, SHOW, LINE))
    assert next(late) == LINE
    assert list(turns.kept("tab", steps([], SHOW, LINE))) == [SHOW, LINE]
    assert list(late) == [{}] and ended, "its photo is neither shown nor encoded"


def test_one_that_is_shown_says_nothing_more_once_a_newer_one_is():
    turns = Turns()
    first, second = (turns.kept("tab", steps([], SHOW, LINE, LINE)) for _ in range(2))
    assert [next(first), next(first), next(second)] == [SHOW, LINE, SHOW]
    assert list(first) == [{}] and list(second) == [LINE, LINE]


def test_a_refused_one_and_other_tabs_stop_nobody():
    turns = Turns()
    first = turns.kept("tab", steps([], SHOW, LINE))
    assert next(first) == SHOW
    assert list(turns.kept("tab", steps([], LINE))) == [LINE], "refused"
    assert list(turns.kept("other", steps([], SHOW))) == [SHOW]
    assert list(first) == [LINE]
