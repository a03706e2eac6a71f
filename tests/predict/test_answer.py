"""An answer of several objects, and what is derived of it."""

import numpy as np
import pytest

from sama.predict.answer import ALPHA, SAM, Answer, ObjectAnswer, merged_seconds
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
