"""An answer of several objects, and what is derived of it."""

import numpy as np
import pytest

from sama.predict.answer import ALPHA, SAM, Answer, ObjectAnswer, merged_seconds
from sama.request.listing import Listing
from sama.request.prompts import Prompts
from tests.helpers import ask, predictor_of, small_sama

LEFT, RIGHT = (5.0, 5.0, 60.0, 80.0), (80.0, 20.0, 140.0, 70.0)
REMOVED = (1.0, 1.0, 0)


def found(box, value: float, score: float) -> ObjectAnswer:
    layers = {SAM: np.full((4, 6), value, np.float32), ALPHA: np.full((4, 6), abs(value) / 10, np.float32)}
    layers[SAM][0, 0] = -value
    return ObjectAnswer(
        Prompts((REMOVED,), (box,)), layers[SAM][None] > 0, np.array([score], np.float32), 0, layers
    )


def test_the_union_is_the_highest_of_every_layer():
    answer = Answer("sama", (found(LEFT, 3, 0.9), found(RIGHT, -5, 0.5)))
    assert answer.layer(SAM)[0, 0] == 5 and (answer.layer(SAM).ravel()[1:] == 3).all()
    assert answer.alpha == pytest.approx(np.full((4, 6), 0.5))
    assert answer.union.masks.shape == (1, 4, 6) and answer.mask(SAM).all()
    assert answer.union.scores == pytest.approx([0.7])
    assert answer.union.prompts == Prompts((REMOVED,), (LEFT, RIGHT)), "what removes is said once"
    assert answer.mask("nothing") is None and answer.layer("nothing") is None


def test_one_object_is_its_own_union():
    one = found(LEFT, 3, 0.9)
    assert Answer("sama", (one,)).union is one


def test_steps_that_happen_for_each_object_add_up():
    assert merged_seconds([{"a": 1.0, "b": 2.0}, {"a": 0.5}]) == {"a": 1.5, "b": 2.0}


def test_an_object_does_not_change_with_its_neighbour():
    predictor = predictor_of(small_sama(), "vit_b")
    list(predictor.set_image(np.random.default_rng(0).integers(0, 256, (90, 150, 3), dtype=np.uint8)))
    before = ask(predictor, Prompts(boxes=(LEFT, RIGHT)))
    moved = ask(predictor, Prompts(boxes=(LEFT, (70.0, 10.0, 120.0, 60.0))))
    clicked = ask(predictor, Prompts(((100.0, 40.0, 1),), (LEFT, RIGHT)))
    for name, layer in before.objects[0].layers.items():
        assert np.array_equal(moved.objects[0].layers[name], layer)
        assert np.array_equal(clicked.objects[0].layers[name], layer)
    assert not np.array_equal(moved.objects[1].layers[SAM], before.objects[1].layers[SAM])


def test_hidden_objects_are_not_in_the_union_and_order_is_that_of_the_list():
    both = Answer("sama", (found(LEFT, 3, 0.9), found(RIGHT, -5, 0.5)))
    listed = both.as_listed(Listing(("cat", "dog"), (1, 0), frozenset({0})))
    assert listed.seen == (1,) and listed.union is both.objects[1]
    assert both.as_listed(Listing(order=(1, 0))).seen == (1, 0)
    assert both.only(1).objects == (both.objects[1],) and listed.only(1).listing.names == ("dog",)
    nothing = both.as_listed(Listing(hidden=frozenset({0, 1}))).union
    assert not nothing.mask(SAM).any() and nothing.layers[ALPHA].max() == 0 and len(nothing.scores) == 0


def test_the_stack_is_front_to_back():
    both = Answer("sama", (found(LEFT, 3, 0.9), found(RIGHT, -5, 0.5)))
    (front, back) = both.stack
    assert front == pytest.approx(np.full((4, 6), 0.3)) and back == pytest.approx(np.full((4, 6), 0.5 * 0.7))
    assert both.as_listed(Listing(order=(1, 0))).stack[0] == pytest.approx(np.full((4, 6), 0.5))


def test_together_is_one_object_with_all_boxes():
    both = Answer("sama", (found(LEFT, 3, 0.9), found(RIGHT, -5, 0.5)))
    one = both.as_listed(Listing(("pair",), together=True))
    assert len(one.objects) == 1 and one.listing.names == ("pair",) and not one.listing.together
    assert one.objects[0].prompts.boxes == (LEFT, RIGHT)
    assert np.array_equal(one.objects[0].layers[SAM], both.union.layers[SAM])


def test_moving_one_box_leaves_the_bits_of_the_other_where_both_are_looked_at_closely():
    predictor = predictor_of(small_sama())
    list(predictor.set_image(np.random.default_rng(0).integers(0, 256, (300, 500, 3), dtype=np.uint8)))
    left, overlapping = (20.0, 30.0, 110.0, 120.0), (80.0, 60.0, 170.0, 140.0)
    before = ask(predictor, Prompts(boxes=(left, overlapping)))
    moved = ask(predictor, Prompts(boxes=(left, (90.0, 70.0, 180.0, 160.0))))
    assert len(predictor.parts) == 2
    for name, layer in before.objects[0].layers.items():
        assert np.array_equal(moved.objects[0].layers[name], layer), name
    assert not np.array_equal(moved.objects[1].layers[SAM], before.objects[1].layers[SAM])
