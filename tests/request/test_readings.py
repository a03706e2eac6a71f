"""Boxes in other people's numbers are recognised and named."""

import numpy as np
import pytest

from sama.errors import PromptError
from sama.request.prompts import Prompts
from sama.request.readings import as_corners
from sama.request.request import Request

SIZE = (360, 240)


@pytest.mark.parametrize(
    ("prompts", "pixels"),
    [
        (Prompts(boxes=((0.2, 0.2, 0.7, 0.9),)), "72,48,252,216"),
        (Prompts(boxes=((0.7, 0.9, 0.2, 0.2),)), "72,48,252,216"),
        (Prompts(boxes=((0, 0, 1, 1),)), "0,0,360,240"),
        (Prompts(boxes=((-0.05, 0.5, 1.02, 1),)), "-18,120,367.2,240"),
        (Prompts(boxes=((10, 10, 90, 90), (0.5, 0.5, 0.75, 1))), "180,120,270,240"),
        (Prompts(boxes=np.array([[0.5, 0.5, 0.75, 1]])), "180,120,270,240"),
        (Prompts(((0.5, 0.25, 1),)), "180,60"),
        (Prompts(((0.5, 0.25, 1), (0, 0, 0))), "180,60"),
    ],
)
def test_parts_of_one_are_refused_with_the_pixels_they_would_be(prompts, pixels):
    with pytest.raises(PromptError, match="in parts of 1") as caught:
        Request.of(prompts, SIZE)
    assert f"write {pixels} on this one of 360 x 240 pixels." in str(caught.value)
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize(
    ("prompts", "size"),
    [
        (Prompts(boxes=((0, 0, 1, 1),)), (1, 1)),  # all of a photo
        (Prompts(boxes=((0, 0, 1, 2),)), SIZE),
        (Prompts(((1, 1, 1),)), SIZE),  # a pixel's corner
        (Prompts(((0.5, 0.5, 1), (40, 30, 1))), SIZE),
        (Prompts(((0.5, 0.5, 0),), ((0, 0, 40, 30),)), SIZE),
    ],
)
def test_small_prompts_in_pixels_are_taken(prompts, size):
    assert Request.of(prompts, size).notes == ()


@pytest.mark.parametrize(
    ("box", "taken", "note"),
    [
        ((310, 200, 90, 40), (90, 40, 310, 200), "taken as the corners 90,40,310,200."),
        ((200, 30, 100, 150), (100, 30, 200, 150), "if it is x, y, width, height, write 200,30,300,180."),
        ((30, 150, 200, 60), (30, 60, 200, 150), "if it is x, y, width, height, write 30,150,230,210."),
    ],
)
def test_corners_from_the_far_end_are_said(box, taken, note):
    request = Request.of(Prompts(boxes=(box,)), SIZE)
    assert request.prompts.boxes == (taken,)
    (said,) = request.notes
    assert said.startswith(f"The box {','.join(map(str, box))} was taken") and note in said


def test_each_odd_box_has_its_note():
    boxes = ((310, 200, 90, 40), (10, 10, 90, 40), (200, 30, 100, 150))
    assert len(Request.of(Prompts(boxes=boxes), SIZE).notes) == 2


@pytest.mark.parametrize(
    ("box", "corners"),
    [
        ((90, 40, 220, 180), "90,40,310,220"),
        ((200, 40, 220, 180), ""),
        ((10.5, 0, 20, 7.25), "10.5,0,30.5,7.25"),
    ],
)
def test_as_corners(box, corners):
    assert as_corners(box, SIZE) == corners
