"""An answer that is empty, or nearly, is said, with what to do."""

import numpy as np
import pytest

from sama.methods.findings import finding_of
from sama.predict.answer import ALPHA, SAM, SAMA, Answer, ObjectAnswer
from sama.request.prompts import Prompts
from sama.request.request import Request

SIZE = WIDTH, HEIGHT = 120, 90
BOX, OTHER = (10.0, 10.0, 60.0, 60.0), (70.0, 20.0, 110.0, 80.0)
MASK = np.zeros((HEIGHT, WIDTH), bool)
MASK[20:40, 30:50] = True


def said(*objects, method="sama", **prompts):
    """The finding on an answer of (mask, matte) pairs, each a number of full pixels."""
    request = Request.of(Prompts(**prompts), SIZE)
    found = []
    for each, (mask, matte) in zip(request.objects, objects, strict=True):
        layers = {}
        for name, count in ((SAM, 500), (SAMA, mask), (ALPHA, matte)):
            plane = np.zeros(WIDTH * HEIGHT, np.float32)
            plane[:count] = 1
            layers[name] = (plane if name == ALPHA else 8 * plane - 4).reshape(HEIGHT, WIDTH)
        found.append(ObjectAnswer(each, layers[SAM][None] > 0, np.ones(1, np.float32), 0, layers))
    return finding_of(Answer(method, tuple(found)), request)


@pytest.mark.parametrize(
    ("objects", "prompts", "level", "words"),
    [
        ([(0, 0)], {"boxes": (BOX,)}, "nothing", "Nothing was found in the box; draw it around all"),
        ([(1, 2)], {"boxes": (BOX,)}, "little", "Hardly anything was found in the box"),
        ([(0, 0)], {"boxes": ((5, 5, 6.5, 40),)}, "nothing", "the box, which is 1.5 x 35 pixels"),
        ([(0, 0)], {"points": ((5, 5, 1),)}, "nothing", "Nothing was found at the clicks; add a box"),
        ([(0, 0)], {"mask": MASK}, "nothing", "Nothing was found where the mask prompt is; add a click"),
        ([(400, 400), (0, 0)], {"boxes": (BOX, OTHER)}, "nothing", "Nothing was found in box 2 of 2"),
        ([(400, 0)], {"boxes": (BOX,)}, "little", "The matte has nothing in the box, while the mask has"),
        ([(0, 400)], {"boxes": (BOX,)}, "little", "cut out by the matte."),
    ],
)
def test_what_is_missing_is_one_sentence(objects, prompts, level, words):
    finding = said(*objects, **prompts)
    assert finding.missed and finding.level == level
    assert words in finding.text and finding.text.endswith(".") and finding.text.count(". ") == 0


@pytest.mark.parametrize(
    "prompts", [{"boxes": (BOX,), "points": ((30, 30, 1),)}, {"points": ((5, 5, 1),)}, {"mask": MASK}]
)
def test_what_is_found_needs_no_word(prompts):
    finding = said((300, 300), **prompts)
    assert (finding.level, finding.text, finding.missed) == ("object", "", False)


def test_the_mask_of_a_method_that_has_its_own_counts():
    assert said((0, 300), method="sam", boxes=(BOX,)).level == "object", "SAM's mask is the answer"


def test_a_box_that_may_be_x_y_width_height_is_named():
    """The matte goes on beyond the box, and read the other way the box lies in the photo, too."""
    box = (10.0, 10.0, 60.0, 60.0)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[15:70, 15:68] = 1
    layers = {SAM: 8 * alpha - 4, SAMA: 8 * alpha - 4, ALPHA: alpha}
    request = Request.of(Prompts(boxes=(box,)), SIZE)
    one = ObjectAnswer(request.prompts, alpha[None] > 0, np.ones(1, np.float32), 0, layers)
    finding = finding_of(Answer("sama", (one,)), request)
    assert not finding.missed
    assert "to the right of and below the box" in finding.text
    assert finding.text.endswith("; if it was meant as x, y, width, height, it is 10,10,70,70.")
