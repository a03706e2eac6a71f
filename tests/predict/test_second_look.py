"""Clicks without a box on something small."""

import numpy as np
import pytest

from sama.models.fast import fused
from sama.photo.resize import fit_within
from sama.predict import closer_look
from sama.predict.answer import ALPHA, SAM, SAMA, ObjectAnswer
from sama.predict.second_look import GRID, ROOM, SMALL, clicks_alone, small_box
from sama.request.prompts import Prompts
from sama.request.strokes import Stroke
from tests.helpers import ask, asked, lively_sama, predictor_of

SIZE = (900, 600)
MODEL = fused(lively_sama(trimap=True))
CLICK, BOX = Prompts(points=((320, 215, 1),)), (300.0, 200.0, 340.0, 230.0)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)


@pytest.fixture
def predictor(photo):
    made = predictor_of(MODEL)
    list(made.set_image(photo))
    return made


def found(prompts: Prompts, *pieces: tuple[int, int, int, int], size: tuple[int, int] = SIZE) -> ObjectAnswer:
    """SAM's answer with the pieces x0, y0, x1, y1."""
    logits = np.full(size[::-1], -1, np.float32)
    for x0, y0, x1, y1 in pieces:
        logits[y0:y1, x0:x1] = 1
    return ObjectAnswer(prompts, logits[None] > 0, np.ones(1, np.float32), 0, {SAM: logits})


@pytest.mark.parametrize(
    ("prompts", "alone"),
    [
        (CLICK, True),
        (Prompts(((5, 5, 1), (9, 9, 0))), True),
        (Prompts(((5, 5, 0),)), False),
        (Prompts(((5, 5, 1),), (BOX,)), False),
        (Prompts(((5, 5, 1),), mask=np.ones(SIZE[::-1], bool)), False),
        (Prompts(((5, 5, 1),), strokes=(Stroke(1, 4.0, ((9.0, 9.0),)),)), False),
    ],
)
def test_it_is_for_clicks_on_the_object_and_nothing_else(prompts, alone):
    assert clicks_alone(prompts) is alone


def roomy(x0: float, y0: float, x1: float, y1: float):
    """The box with what is left around it."""
    across, down = ROOM * (x1 - x0), ROOM * (y1 - y0)
    return pytest.approx((x0 - across, y0 - down, x1 + across, y1 + down))


def test_the_box_is_around_the_piece_that_was_clicked():
    assert small_box(found(CLICK, (300, 200, 340, 230), (700, 400, 760, 440)), SIZE) == roomy(*BOX)
    both = Prompts(points=((320, 215, 1), (420, 215, 1), (800, 500, 0)))
    x0, y0, _, y1 = small_box(found(CLICK, (300, 200, 340, 230)), SIZE) or BOX
    assert small_box(found(both, (300, 200, 340, 230)), SIZE) == (x0, y0, 420, y1), "and around the clicks"
    assert small_box(found(CLICK, (700, 400, 760, 440)), SIZE) is None, "nothing where it was clicked"
    assert small_box(found(CLICK), SIZE) is None
    rim = small_box(found(Prompts(points=((900, 600, 1),)), (890, 590, 900, 600)), SIZE)
    assert rim == pytest.approx((889.6, 589.6, 900, 600)), "never beyond the photo"


def test_what_is_large_needs_no_second_look():
    most = int(SMALL * SIZE[0] / (1 + 2 * ROOM))
    assert small_box(found(CLICK, (300, 200, 300 + most, 230)), SIZE) is not None
    assert small_box(found(CLICK, (300, 200, 300 + most + 1, 230)), SIZE) is None
    far = Prompts(points=((320, 215, 1), (320 + round(SMALL * SIZE[0]), 215, 1)))
    assert small_box(found(far, (300, 200, 340, 230)), SIZE) is None, "clicks lie far apart"


def test_the_box_is_in_the_photo_s_pixels_whatever_the_answer_s_size():
    half = found(CLICK, (150, 100, 170, 115), size=(450, 300))
    assert small_box(half, SIZE) == roomy(*BOX)


def test_where_to_look_does_not_depend_on_the_size_of_the_answer(predictor, monkeypatch):
    sizes = []
    monkeypatch.setattr(closer_look, "small_box", lambda found, _: sizes.append(found.masks.shape[1:]) or BOX)
    small = ask(predictor, CLICK, output_size=(90, 60))
    large = ask(predictor, CLICK)
    assert sizes == [fit_within(*SIZE, GRID)[::-1]] * 2
    assert small.alpha.shape == (60, 90) and large.alpha.shape == SIZE[::-1]


def test_sama_looks_closer_and_sam_s_answer_stays(predictor, monkeypatch):
    monkeypatch.setattr(closer_look, "small_box", lambda *_: BOX)
    whole = ask(predictor, CLICK, closer=False)
    assert not predictor.parts
    closer = ask(predictor, CLICK)
    assert len(predictor.parts) == 1 and closer.objects[0].prompts == CLICK
    assert np.array_equal(closer.layer(SAM), whole.layer(SAM)) and len(closer.objects[0].masks) == 3
    assert np.array_equal(closer.objects[0].masks, whole.objects[0].masks)
    assert np.array_equal(closer.objects[0].scores, whole.objects[0].scores)
    boxed = ask(predictor, Prompts(CLICK.points, (BOX,)))
    for name in (SAMA, ALPHA):
        assert np.array_equal(closer.layer(name), boxed.layer(name))
        assert not np.array_equal(closer.layer(name), whole.layer(name))
    chosen = ask(predictor, CLICK, candidate=2)
    assert chosen.objects[0].chosen == 2
    assert np.array_equal(chosen.layer(SAM), ask(predictor, CLICK, candidate=2, closer=False).layer(SAM))


def test_only_where_sama_answers_and_something_small_was_found(predictor, monkeypatch):
    boxes = iter([None, BOX])
    monkeypatch.setattr(closer_look, "small_box", lambda *_: next(boxes))
    whole = ask(predictor, CLICK, closer=False)
    assert np.array_equal(ask(predictor, CLICK).alpha, whole.alpha) and not predictor.parts
    assert ask(predictor, CLICK, method="sam").alpha is None and not predictor.parts
    bare = predictor_of(MODEL, sama=None)
    list(bare.set_image(np.zeros((*SIZE[::-1], 3), np.uint8)))
    ask(bare, CLICK)
    assert not bare.parts
    assert not predictor.pending(asked(predictor, CLICK)), (
        "SAM has to say first whether there is something to encode"
    )


def test_each_object_is_answered_where_it_is_best_seen(predictor, monkeypatch):
    monkeypatch.setattr(closer_look, "small_box", lambda *_: BOX)
    alone = ask(predictor, CLICK)
    boxed = Prompts(boxes=((20, 20, 880, 580),))
    both = Prompts(CLICK.points, boxed.boxes)
    apart = ask(predictor, Prompts(boxes=(BOX, boxed.boxes[0])))
    assert len(apart.objects) == 2
    assert np.array_equal(ask(predictor, CLICK).alpha, alone.alpha)
    assert not np.array_equal(ask(predictor, both).alpha, alone.alpha), (
        "a box says itself where the object is"
    )
