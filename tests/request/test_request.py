"""A request is checked when it is made, and never changes."""

from dataclasses import FrozenInstanceError, replace

import pytest

from sama.errors import PromptError
from sama.request.prompts import Prompts
from sama.request.request import Request

SIZE = (100, 80)
CLICK, BOX = Prompts(points=((20, 30, 1),)), Prompts(boxes=((50, 60, 10, 20),))


def test_prompts_are_cleaned_once_at_the_door():
    request = Request.of(BOX, SIZE)
    assert request.prompts.boxes == ((10.0, 20.0, 50.0, 60.0),), "corners in order"
    assert request.output_size == SIZE and request.shape == (80, 100)
    assert Request.of(BOX, SIZE, output_size=(10, 8)).shape == (8, 10)
    with pytest.raises(PromptError, match="outside the photo of 100 x 80"):
        Request.of(Prompts(points=((120, 30, 1),)), SIZE)
    with pytest.raises(PromptError, match="Nothing is marked"):
        Request.of(Prompts(), SIZE)


@pytest.mark.parametrize(
    ("prompts", "count"),
    [
        (CLICK, 3),
        (Prompts(points=(*CLICK.points, (30, 30, 1))), 1),
        (Prompts(points=(*CLICK.points, (30, 30, 0))), 1),
        (BOX, 1),
        (Prompts(CLICK.points, BOX.boxes), 1),
    ],
)
def test_a_candidate_is_one_that_sam_offers(prompts, count):
    assert prompts.candidates == count
    assert Request.of(prompts, SIZE, candidate=count - 1).candidate == count - 1
    for wrong in (count, -1):
        with pytest.raises(PromptError, match=f"{count} candidate"):
            Request.of(prompts, SIZE, candidate=wrong)


def test_every_box_is_an_object_and_clicks_belong_to_the_one_that_holds_them():
    boxes = ((0, 0, 40, 40), (50, 0, 90, 40))
    points = ((10, 10, 1), (60, 10, 1), (45, 70, 1), (5, 5, 0))
    first, second, loose = Request.of(Prompts(points, boxes), SIZE).objects
    assert (first.boxes, second.boxes, loose.boxes) == ((boxes[0],), (boxes[1],), ())
    assert [p[:2] for p in first.points] == [(10, 10), (5, 5)], "what removes belongs to all"
    assert [p[:2] for p in second.points] == [(60, 10), (5, 5)]
    assert [p[:2] for p in loose.points] == [(45, 70), (5, 5)]


def test_a_request_never_changes():
    request = Request.of(BOX, SIZE)
    with pytest.raises(FrozenInstanceError):
        request.method = "sam"
    assert replace(request, method="sam").method == "sam" and request.method is None
