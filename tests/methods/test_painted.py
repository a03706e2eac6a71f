"""Strokes and masks that are painted: taken as they are, or refined; whatever is erased is background."""

import numpy as np
import pytest

from sama.methods import METHODS, answer
from sama.predict.answer import ALPHA, SAM, SAMA, TRIMAP
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.strokes import Stroke, with_strokes
from tests.helpers import disc, lively_sama, predictor_of

SIZE = (96, 64)
BRUSH = Stroke(1, 7.0, ((30.0, 20.0), (60.0, 24.0)))
ERASER = Stroke(0, 5.0, ((58.0, 22.0), (58.0, 50.0)))


@pytest.fixture(scope="module")
def predictor():
    photo = np.random.default_rng(3).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    made = predictor_of(lively_sama())
    for _ in made.set_image(photo):
        pass
    return made


@pytest.fixture(scope="module")
def bare():
    made = predictor_of(lively_sama(), sama=None)
    for _ in made.set_image(np.random.default_rng(3).integers(0, 256, (*SIZE[::-1], 3), np.uint8)):
        pass
    return made


def asked(predictor, prompts: Prompts, **how):
    return answer(predictor, Request.of(prompts, SIZE, **how))


def test_strokes_as_painted_are_the_answer(predictor, bare):
    prompts = Prompts(strokes=(BRUSH, ERASER))
    expected = with_strokes(None, prompts.strokes, SIZE)
    for each, layer in ((predictor, SAMA), (bare, ALPHA)):
        found = asked(each, prompts, method="painted")
        values = found.layer(layer)
        assert np.array_equal(values > (0.5 if layer == ALPHA else 0), expected)
        assert np.abs((found.alpha > 0.5) ^ expected).sum() == 0
        assert set(np.unique(found.alpha[expected & (found.alpha == 1)])) == {1}
        assert found.alpha[~expected].max() <= 0.5 and found.alpha[40, 58] == 0
        assert found.layer(TRIMAP) is None or set(np.unique(found.layer(TRIMAP))) <= {0, 0.5, 1}


def test_a_mask_as_painted_is_the_matte(predictor):
    mask = disc(64, 20)[:, :64].astype(np.float32)
    soft = np.zeros(SIZE[::-1], np.float32)
    soft[:, 16:80] = mask / mask.max() * 6 - 3
    soft[soft == 0] = -8
    found = asked(predictor, Prompts(mask=soft), method="painted")
    assert np.array_equal(found.layer(SAMA) > 0, soft > 0)
    assert np.allclose(found.alpha, np.clip(soft / 16 + 0.5, 0, 1), atol=1e-6), "far haze too: it was given"
    erased = asked(predictor, Prompts(mask=soft, strokes=(ERASER,)), method="painted")
    assert erased.alpha[40, 58] == 0 and erased.alpha[32, 40] == found.alpha[32, 40]
    hard = asked(predictor, Prompts(mask=soft > 0), method="painted")
    assert set(np.unique(hard.alpha)) == {0, 1}


def test_painting_on_an_answer_changes_only_what_is_painted(predictor):
    box = Prompts(boxes=((10, 5, 90, 60),))
    painted = Prompts(boxes=box.boxes, strokes=(BRUSH, ERASER))
    before = asked(predictor, box, keep_haze=True)
    after = asked(predictor, painted, method="painted", keep_haze=True)
    beside = ~(with_strokes(None, (BRUSH._replace(radius=9),), SIZE))
    beside &= ~(with_strokes(None, (ERASER._replace(label=1, radius=7),), SIZE))
    assert np.array_equal(before.alpha[beside], after.alpha[beside])
    assert np.array_equal(before.layer(SAM), after.layer(SAM)), "what it is compared with stays"
    assert after.alpha[21, 40] == 1 and after.alpha[40, 58] == 0
    assert before.alpha[21, 40] != 1 or before.alpha[40, 58] != 0, "the strokes said something"


@pytest.mark.parametrize("method", ["sama", "solid", "closed_form", "sam"])
@pytest.mark.parametrize(
    "others", [Prompts(), Prompts(boxes=((10, 5, 90, 60),)), Prompts(points=((45, 20, 1),))]
)
def test_what_is_erased_is_background_and_what_is_brushed_is_kept(predictor, method, others):
    prompts = Prompts(others.points, others.boxes, strokes=(BRUSH, ERASER))
    found = asked(predictor, prompts, method=method)
    erased = with_strokes(None, (ERASER._replace(label=1, radius=4.5),), SIZE)
    core = with_strokes(None, (BRUSH._replace(radius=2.5),), SIZE) & ~with_strokes(
        None, (ERASER._replace(label=1, radius=7),), SIZE
    )
    names = [name for name in (ALPHA, SAMA) if found.layer(name) is not None]
    assert names or method == "sam"
    for name in names:
        values = found.layer(name)
        assert values[erased].max() <= 0, name
        assert (values[core] > (0.99 if name == ALPHA else 0)).all(), name
    assert found.union.prompts.strokes == prompts.strokes


def test_the_model_sees_the_strokes_it_refines(predictor):
    box = Prompts(boxes=((10, 5, 90, 60),))
    plain, with_stroke = (
        asked(predictor, each) for each in (box, Prompts(boxes=box.boxes, strokes=(ERASER,)))
    )
    far = np.s_[:, :40]
    assert not np.array_equal(plain.layer(SAM)[far], with_stroke.layer(SAM)[far])
    chosen = [
        asked(predictor, Prompts(points=((45, 20, 1),), strokes=(ERASER,)), candidate=i).layer(SAM)
        for i in (0, 2)
    ]
    assert not np.array_equal(*chosen), "the candidate that was chosen is what is corrected"


def test_a_later_click_under_a_stroke_overrules_it_and_an_earlier_one_does_not(predictor):
    click, stroke = (45.0, 22.0, 0), BRUSH
    later = asked(
        predictor, Prompts((click,), ((10, 5, 90, 60),), strokes=(stroke,), order=("box", "stroke", "point"))
    )
    earlier = asked(predictor, Prompts((click,), ((10, 5, 90, 60),), strokes=(stroke,)))
    assert later.alpha[22, 45] < 0.1 and earlier.alpha[22, 45] > 0.9
    assert later.alpha[20, 32] > 0.9, "as far as its neighbourhood goes"


def test_a_given_mask_with_strokes_is_followed_as_corrected(predictor):
    mask = np.zeros(SIZE[::-1], bool)
    mask[10:50, 20:60] = True
    found = asked(predictor, Prompts(mask=mask, strokes=(ERASER,)), method="from_mask")
    assert found.alpha[40, 58] == 0
    corrected = asked(predictor, Prompts(mask=with_strokes(mask, (ERASER,), SIZE)), method="from_mask")
    away = np.s_[:, :50]
    assert np.abs(found.alpha[away] - corrected.alpha[away]).max() < 1e-3


def test_the_method_is_offered_by_the_table_not_by_the_matte_s_switch():
    assert METHODS["painted"].as_painted and not METHODS["painted"].switch
    assert [name for name, each in METHODS.items() if each.as_painted] == ["painted"]
