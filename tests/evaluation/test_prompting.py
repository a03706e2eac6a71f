"""Simulated boxes and clicks on shapes whose right answers are plain to see."""

from dataclasses import dataclass

import numpy as np
import pytest

from sama.evaluation.prompting import deepest_pixel, drawn_box, next_click, simulate, tight_box


@dataclass
class Answer:
    mask: np.ndarray


def block(top, left, bottom, right, shape=(40, 50)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def test_box_is_tight_and_never_flat():
    assert tight_box(block(3, 7, 10, 20)) == (7, 3, 20, 10)
    assert tight_box(block(0, 5, 40, 6)) == (5, 0, 6, 40)


def test_box_spans_all_pieces():
    assert tight_box(block(1, 2, 3, 4) | block(30, 40, 32, 45)) == (2, 1, 45, 32)


def test_deepest_pixel_is_the_centre():
    assert deepest_pixel(block(10, 20, 21, 31)) == (25, 15)


def test_the_rim_of_the_photo_is_outside():
    """A region cut by the left rim: without the rim, the deepest pixel would lie on it."""
    x, y = deepest_pixel(block(10, 0, 21, 11))
    assert (x, y) == (5, 15)


def test_click_corrects_the_largest_error():
    truth = block(5, 5, 25, 25)
    missing = truth & ~block(6, 6, 13, 13)
    assert next_click(missing, truth) == (9, 9, 1)
    extra = truth | block(25, 30, 36, 41)
    assert next_click(extra, truth) == (35, 30, 0)
    assert next_click(extra & ~block(6, 6, 13, 13), truth) == (35, 30, 0)
    assert next_click(truth, truth) is None


def test_regions_join_over_corners():
    """Nine pixels on a diagonal are one region and outweigh a block of eight."""
    truth = np.zeros((40, 50), bool)
    truth[np.arange(9), np.arange(9)] = True
    truth |= block(20, 20, 22, 24)
    x, y, label = next_click(np.zeros_like(truth), truth)
    assert label == 1
    assert x == y < 9


def test_clicked_pixels_are_not_clicked_again():
    truth = block(10, 10, 13, 13)
    nothing = np.zeros_like(truth)
    first = next_click(nothing, truth)
    assert first == (11, 11, 1)
    second = next_click(nothing, truth, (first,))
    assert second is not None
    assert second[:2] != first[:2]
    everywhere = tuple((float(x), float(y), 1) for y in range(10, 13) for x in range(10, 13))
    assert next_click(nothing, truth, everywhere) is None


def test_box_prompt():
    truth = block(3, 7, 10, 20)
    asked = []
    prompts, _ = simulate("box", truth, lambda p: asked.append(p) or Answer(truth))
    assert prompts.boxes == ((7, 3, 20, 10),)
    assert prompts.points == ()
    assert len(asked) == 1


def test_a_short_box_lacks_fifteen_percent_at_one_side():
    """20 px wide and 10 high: 3 or 1.5 px, at a side that the name decides."""
    mask = block(10, 20, 20, 40)
    short = {
        (23, 10, 40, 20): "left",
        (20, 11.5, 40, 20): "top",
        (20, 10, 37, 20): "right",
        (20, 10, 40, 18.5): "bottom",
    }
    found = [short[drawn_box("box_short", mask, f"photo_{i}#1")] for i in range(40)]
    assert set(found) == set(short.values()), "no side is left out"
    assert found == [short[drawn_box("box_short", mask, f"photo_{i}#1")] for i in range(40)]


def test_a_large_box_has_fifteen_percent_more_at_every_side_but_none_outside():
    assert drawn_box("box_large", block(10, 20, 20, 40)) == (17, 8.5, 43, 21.5)
    assert drawn_box("box_large", block(0, 2, 40, 48)) == (0, 0, 50, 40)
    prompts, _ = simulate("box_large", block(10, 20, 20, 40), lambda p: Answer(block(10, 20, 20, 40)))
    assert prompts.boxes == ((17, 8.5, 43, 21.5),)


def test_nobody_clicks_where_nobody_decided():
    truth, void = block(5, 5, 15, 15), block(20, 20, 40, 50)
    prompts, answer = simulate("point3", truth, lambda p: Answer(truth | void), known=~void)
    assert len(prompts.points) == 1
    assert answer.mask[30, 30], "the answer itself is left as it is"


@pytest.mark.parametrize(("kind", "clicks"), [("point1", 1), ("point3", 3), ("point5", 5)])
def test_clicks_follow_the_answers(kind, clicks):
    """A method that finds a 5 x 5 square around each positive click never gets all of the truth."""
    truth = block(2, 2, 38, 48)
    asked = []

    def method(prompts):
        asked.append(prompts)
        mask = np.zeros_like(truth)
        for x, y, label in prompts.points:
            assert label == 1
            assert truth[int(y), int(x)]
            assert not mask[int(y), int(x)], "clicked where the answer was right already"
            mask[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = True
        return Answer(mask)

    prompts, answer = simulate(kind, truth, method)
    assert len(prompts.points) == clicks == len(asked)
    assert answer.mask.sum() == 25 * clicks
    assert [len(p.points) for p in asked] == list(range(1, clicks + 1))


def test_a_right_answer_ends_the_clicking():
    truth = block(2, 2, 30, 40)
    prompts, answer = simulate("point5", truth, lambda p: Answer(truth))
    assert len(prompts.points) == 1
    assert answer.mask is truth


def test_a_greedy_answer_is_clicked_negatively():
    truth = block(10, 10, 20, 20)
    prompts, _ = simulate("point3", truth, lambda p: Answer(np.ones_like(truth)))
    assert [label for *_, label in prompts.points] == [1, 0, 0]
