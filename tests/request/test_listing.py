"""The list of objects: whose clicks are whose, names and order, and what a damaged list is told."""

from dataclasses import replace

import pytest

from sama.errors import PromptError
from sama.methods import METHODS
from sama.request.listing import MAX_NAME, Listing, clean_name
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.settings import Settings

A, B = (0.0, 0.0, 40.0, 40.0), (30.0, 0.0, 80.0, 40.0)
SHARED, LOOSE, REMOVES = (35.0, 20.0, 1), (90.0, 60.0, 1), (5.0, 5.0, 0)
SIZE = (100, 70)


def objects(prompts: Prompts, *owners) -> list[Prompts]:
    return list(Request.of(prompts, SIZE, listing=Listing(owners=owners)).objects)


def test_a_click_in_two_boxes_belongs_to_both_unless_somebody_says_whose_it_is():
    prompts = Prompts((SHARED, REMOVES), (A, B))
    assert [each.points for each in objects(prompts)] == [(SHARED, REMOVES), (SHARED, REMOVES)]
    assert [each.points for each in objects(prompts, 1, None)] == [(REMOVES,), (SHARED, REMOVES)]
    assert [each.points for each in objects(prompts, 1, 0)] == [(REMOVES,), (SHARED,)]


def test_clicks_alone_may_be_several_objects():
    prompts = Prompts(((10, 10, 1), (60, 60, 1), (20, 20, 0)))
    assert objects(prompts) == [prompts]
    assert [each.points for each in objects(prompts, None, 1, None)] == [
        ((10, 10, 1), (20, 20, 0)),
        ((60, 60, 1), (20, 20, 0)),
    ]
    beside = objects(Prompts((LOOSE, SHARED), (A,)), 1, None)
    assert [(len(each.boxes), each.points) for each in beside] == [(1, (SHARED,)), (0, (LOOSE,))]


def test_candidates_are_of_each_object():
    prompts = Prompts(((10, 10, 1), (60, 60, 1)))
    request = Request.of(prompts, SIZE, listing=Listing(owners=(0, 1), candidates=(None, 2)))
    assert [request.candidate_of(number) for number in (0, 1)] == [None, 2]
    assert (
        replace(request, candidate=1).candidate_of(0) == 1
        and replace(request, candidate=1).candidate_of(1) == 2
    )
    with pytest.raises(PromptError, match="SAM has 1 candidate"):
        Request.of(Prompts(boxes=(A, B)), SIZE, listing=Listing(candidates=(None, 2)))


@pytest.mark.parametrize(
    ("listing", "sentence"),
    [
        (Listing(names=("a", "b", "c")), "names object 3 and there are 2"),
        (Listing(order=(0, 5)), "names object 6 and there are 2"),
        (Listing(owners=(0, 1)), "owners of 2 clicks and there are 1"),
        (Listing(owners=(4,)), "Object 3 has neither a box nor a click that keeps"),
    ],
)
def test_a_list_of_other_objects_is_refused(listing, sentence):
    with pytest.raises(PromptError, match=sentence):
        Request.of(Prompts((SHARED,), (A, B)), SIZE, listing=listing)


def test_order_and_hidden():
    listing = Listing(order=(2, 0), hidden=frozenset({0}))
    assert listing.ordered(4) == (2, 0, 1, 3) and listing.seen(4) == (2, 1, 3)
    assert Listing().ordered(3) == (0, 1, 2)


def test_settings_keep_the_list():
    listing = Listing(("cat", ""), (1, 0), frozenset({1}), (None, 2), (1, None), together=False)
    written = Settings.from_dict({"objects": listing.to_dict()}, methods=METHODS).to_dict()
    assert Settings.from_dict(written, methods=METHODS).listing == listing
    assert "objects" not in Settings.from_dict({}, methods=METHODS).to_dict()
    assert Listing.from_dict({"together": True, "later": 1}).together


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"names": "cat"},
        {"names": [1]},
        {"order": [0, 0]},
        {"order": [-1]},
        {"hidden": [True]},
        {"owners": [0.5]},
        {"candidates": ["0"]},
        {"together": 1},
        {"order": [10**9]},
    ],
)
def test_a_damaged_list_is_one_sentence(data):
    with pytest.raises(PromptError, match="damaged.*; save the session again"):
        Listing.from_dict(data)


def test_names_are_one_line_that_can_be_printed():
    assert clean_name("  a\tb\n\u202ec ") == "a b c" and len(clean_name("n" * 500)) == MAX_NAME


def test_what_is_asked_again_is_known_by_all_but_names_order_and_hidden():
    prompts = Prompts((SHARED,), (A, B))
    request = Request.of(prompts, SIZE)
    named = Request.of(prompts, SIZE, listing=Listing(("x",), (1, 0), frozenset({0})))
    assert named.asks_like(request) and request.asks_like(named)
    for other in (
        Request.of(prompts, SIZE, listing=Listing(owners=(0,))),
        Request.of(prompts, SIZE, listing=Listing(together=True)),
        Request.of(prompts, SIZE, keep_haze=True),
        Request.of(Prompts((SHARED,), (A,)), SIZE),
    ):
        assert not other.asks_like(request)
