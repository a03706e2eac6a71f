"""Haze goes from all that a matte is made of, and not from where a given mask says that the object is."""

from dataclasses import replace

import numpy as np
import pytest

from sama.methods.finishing import finished
from sama.predict.answer import ALPHA, ALPHA_LOGITS, DETAIL, SAM, SAMA, TRIMAP, Answer, ObjectAnswer
from sama.request.prompts import Prompts
from sama.request.request import Request

SIZE = (320, 240)
OBJECT, HAZE = np.s_[80:160, 60:160], np.s_[20:60, 260:300]
BOX = Prompts(boxes=((60.0, 80.0, 160.0, 160.0),))


@pytest.fixture
def photo() -> np.ndarray:
    return np.full((*SIZE[::-1], 3), 90, np.uint8)


def answered(prompts: Prompts, *, sama: bool = True) -> Answer:
    """An object, and haze away from it, of which a trimap says that it is unknown."""
    alpha, told = np.zeros((2, *SIZE[::-1]), np.float32)
    alpha[OBJECT], alpha[HAZE] = 1, 0.4
    told[OBJECT], told[HAZE] = 1, 0.5
    logits = np.where(alpha > 0.5, 6, -6).astype(np.float32)
    layers = {SAM: logits, ALPHA: alpha, ALPHA_LOGITS: logits, TRIMAP: told, DETAIL: alpha.copy()}
    layers |= {SAMA: logits} if sama else {SAM: np.full_like(logits, -6)}
    one = ObjectAnswer(prompts, logits[None] > 0, np.ones(1, np.float32), 0, layers)
    return Answer("sama", (one,))


def test_haze_goes_from_matte_trimap_and_detail(photo):
    answer = answered(BOX)
    layers = finished(answer, Request.of(BOX, SIZE), photo).objects[0].layers
    for name in (ALPHA, TRIMAP, DETAIL):
        assert not layers[name][HAZE].any(), name
        assert (layers[name][OBJECT] == 1).all(), name
        assert answer.objects[0].layers[name][HAZE].all(), "nothing is changed in place"
    kept = Request.of(BOX, SIZE, keep_haze=True)
    assert finished(answer, kept, photo) is answer


def test_what_a_given_mask_marks_is_no_haze(photo):
    mask = np.zeros(SIZE[::-1], bool)
    mask[OBJECT] = mask[HAZE] = True
    answer = answered(replace(BOX, mask=mask))
    assert finished(answer, Request.of(answer.objects[0].prompts, SIZE), photo) is answer
    away = mask.copy()
    away[HAZE] = False
    answer = answered(Prompts(mask=away), sama=False)
    layers = finished(answer, Request.of(Prompts(mask=away), SIZE), photo).objects[0].layers
    assert (layers[ALPHA][OBJECT] == 1).all() and not layers[ALPHA][HAZE].any(), "not SAM is followed"
