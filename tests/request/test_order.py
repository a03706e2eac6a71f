"""Of a click and a box that contradict each other, the later one counts; without an order, the click."""

import pytest

from sama.errors import PromptError
from sama.request.listing import Listing
from sama.request.prompts import Prompts
from sama.request.request import Request

SIZE = 100, 80
BOX, OTHER = (10.0, 10.0, 50.0, 50.0), (60.0, 10.0, 95.0, 50.0)
INSIDE, OUTSIDE = (30.0, 30.0), (80.0, 70.0)
KEEPS, REMOVES = (*INSIDE, 1), (*INSIDE, 0)
KEEPS_OUTSIDE, REMOVES_OUTSIDE = (*OUTSIDE, 1), (*OUTSIDE, 0)


def objects(points, boxes, order):
    request = Request.of(Prompts(points, boxes, None, tuple(order.split())), SIZE)
    return [(each.points, each.boxes) for each in request.objects], request.notes


@pytest.mark.parametrize(
    ("click", "counts"),
    [(KEEPS, True), (REMOVES, False), (KEEPS_OUTSIDE, False), (REMOVES_OUTSIDE, True)],
)
def test_a_box_wins_over_the_click_before_it_that_contradicts_it(click, counts):
    found, notes = objects((click,), (BOX,), "point box")
    assert found == [((click,) if counts else (), (BOX,))]
    assert (not notes) if counts else ("1 click does not count" in notes[0] and notes[0].endswith("."))
    for order in ("box point", ""):
        assert objects((click,), (BOX,), order) == ([((click,), (BOX,))], ()), "a later click holds"


def test_a_later_click_at_the_same_place_counts_again():
    found, notes = objects((REMOVES, REMOVES), (BOX,), "point box point")
    assert found == [((REMOVES,), (BOX,))] and "1 click does" in notes[0]


def test_what_was_removed_from_one_object_may_be_another():
    """A click in two boxes, drawn before the second: it corrects the first."""
    inner = (25.0, 25.0, 35.0, 35.0)
    found, notes = objects((REMOVES,), (BOX, inner), "box point box")
    assert found == [((REMOVES,), (BOX,)), ((), (inner,))] and len(notes) == 1


def test_a_click_of_its_own_stays_when_a_further_object_is_boxed():
    found, notes = objects((KEEPS_OUTSIDE,), (BOX, OTHER), "box point box")
    assert found == [((), (BOX,)), ((), (OTHER,)), ((KEEPS_OUTSIDE,), ())] and not notes
    found, notes = objects((KEEPS_OUTSIDE,), (BOX, OTHER), "point box box")
    assert found == [((), (BOX,)), ((), (OTHER,))] and "1 click does" in notes[0]


def test_an_order_that_says_nothing_is_none():
    prompts = Prompts((KEEPS, REMOVES), (BOX,), None, ("box", "point", "point")).validate(SIZE)
    assert prompts == Prompts((KEEPS, REMOVES), (BOX,)) and "order" not in prompts.to_dict()


def test_files_keep_the_order():
    prompts = Prompts((KEEPS, REMOVES), (BOX,), None, ("point", "box", "point"))
    assert prompts.to_dict()["order"] == ["point", "box", "point"]
    assert Prompts.from_dict(prompts.to_dict()) == prompts != Prompts((KEEPS, REMOVES), (BOX,))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (("point",), "names 1 point.s. and 0 box"),
        (("point", "point", "box"), "names 2 point"),
        (("click", "box"), "a list of 'point' and 'box'"),
        ((["box"], None), "a list of 'point' and 'box'"),
        ("pb", "list"),
        (("point", "box") * 2000, "a list of"),
    ],
)
def test_an_order_of_other_prompts_is_refused(order, words):
    with pytest.raises(PromptError, match=words):
        Prompts((KEEPS,), (BOX,), None, order).validate(SIZE)
    with pytest.raises(PromptError, match=words):
        Prompts.from_dict({"points": [list(KEEPS)], "boxes": [list(BOX)], "order": order})


def test_whose_a_click_is_does_not_bring_it_back():
    clicks, order = (REMOVES, KEEPS_OUTSIDE), ("point", "point", "box", "box")
    prompts = Prompts(clicks, (BOX, OTHER), None, order)
    request = Request.of(prompts, SIZE, listing=Listing(owners=(0, None)))
    assert [each.points for each in request.objects] == [(), ()] and "2 clicks do" in request.notes[0]
    request = Request.of(prompts, SIZE, listing=Listing(owners=(1, 2)))
    assert [each.points for each in request.objects] == [(), (REMOVES,), (KEEPS_OUTSIDE,)]
    assert not request.notes, "in its own box it says nothing else, and an object of clicks has no box"
