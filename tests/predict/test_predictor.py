"""The numpy facade on a small random model: sizes, caching, progress, prompts."""

import numpy as np
import pytest
import torch

from sama.errors import DeviceError, PhotoError, PromptError
from sama.methods import answer
from sama.models.fast import fused
from sama.predict.cache import FeatureCache
from sama.predict.loading import load
from sama.predict.predictor import SamaPredictor
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.weights.zoo import RECORDS, LoadedModel
from tests.helpers import ask, small_sama

BOX = Prompts(boxes=((20, 10, 120, 70),))
CLICK = Prompts(points=((60, 40, 1),))


@pytest.fixture
def predictor() -> SamaPredictor:
    loaded = LoadedModel(fused(small_sama()), RECORDS["mini"], "0" * 64, "1" * 64, {})
    return SamaPredictor(loaded, dtype=torch.float32, cache=FeatureCache())


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (90, 150, 3), dtype=np.uint8)


@pytest.fixture
def calls(predictor, monkeypatch) -> list[tuple]:
    """Shapes the image encoder was called with."""
    seen = []
    encode = predictor.model.backbone.encode
    monkeypatch.setattr(
        predictor.model.backbone, "encode", lambda x: seen.append(tuple(x.shape)) or encode(x)
    )
    return seen


def test_encodes_each_view_once_for_many_clicks(predictor, photo, calls):
    told = [(p.stage, p.done, p.total) for p in predictor.set_image(photo)]
    assert told == [("global", 1, 1), *[("local", i, 4) for i in range(1, 5)]]
    for x in range(20, 60, 10):
        ask(predictor, Prompts(points=((x, 30, 1),)))
    assert calls == [(1, 3, 128, 128)] * 5


def test_sam_answers_after_the_global_view_and_predict_finishes_the_rest(predictor, photo, calls):
    progress = predictor.set_image(photo)
    next(progress)
    early = ask(predictor, BOX, method="sam")
    assert len(calls) == 1
    assert early.alpha is None
    late = ask(predictor, BOX)
    assert len(calls) == 5
    assert np.array_equal(early.mask("sam"), late.mask("sam"))
    assert list(progress) == []


def test_the_same_photo_is_not_encoded_again_by_another_visitor(predictor, photo, calls):
    list(predictor.set_image(photo))
    other = predictor.fork()
    assert list(other.set_image(photo.copy())) == []
    assert len(calls) == 5
    with pytest.raises(PromptError, match="set_image"):
        ask(predictor.fork(), BOX)
    with pytest.raises(PromptError, match="150 x 90"):
        answer(predictor, Request.of(BOX, (151, 90)))


def test_visitors_do_not_share_photos(predictor, photo):
    other = predictor.fork()
    list(predictor.set_image(photo))
    list(other.set_image(photo[:40]))
    assert ask(predictor, BOX).alpha.shape == (90, 150)
    assert ask(other, Prompts(boxes=((20, 10, 120, 35),))).alpha.shape == (40, 150)


@pytest.mark.parametrize("size", [(90, 150), (300, 200), (7, 500), (1, 1), (128, 128)])
def test_answers_have_the_photos_size(predictor, size):
    height, width = size
    photo = np.full((height, width, 3), 99, np.uint8)
    list(predictor.set_image(photo))
    answer = ask(predictor, Prompts(boxes=((0, 0, width, height),)))
    assert answer.union.masks.shape == (1, height, width)
    assert answer.mask("sama").shape == answer.alpha.shape == answer.layer("sam").shape == size
    assert answer.alpha.dtype == np.float32
    assert 0 <= answer.alpha.min() <= answer.alpha.max() <= 1
    small = ask(predictor, Prompts(boxes=((0, 0, width, height),)), output_size=(13, 11))
    assert small.alpha.shape == (11, 13)


def test_one_click_has_three_candidates_and_sama_refines_the_chosen_one(predictor, photo):
    list(predictor.set_image(photo))
    best = ask(predictor, CLICK, edges=False)
    assert len(best.union.masks) == len(best.union.scores) == 3
    assert best.union.chosen == best.union.scores.argmax()
    other = ask(predictor, CLICK, candidate=(best.union.chosen + 1) % 3, edges=False)
    assert other.union.chosen != best.union.chosen
    # SAMA's heads start as SAM's answer, so they follow the choice.
    assert np.abs(other.layer("sam") - other.layer("sama")).mean() < 0.2 * np.abs(other.layer("sam")).mean()
    assert not np.allclose(best.layer("sama"), other.layer("sama"))
    with pytest.raises(PromptError, match="0 to 2"):
        ask(predictor, CLICK, candidate=3)


def test_several_boxes_are_answered_together_as_the_union(predictor, photo):
    list(predictor.set_image(photo))
    boxes = ((5, 5, 60, 80), (80, 20, 140, 70))
    both = ask(predictor, Prompts(boxes=boxes))
    each = [ask(predictor, Prompts(boxes=(box,))) for box in boxes]
    assert len(both.objects) == 2
    for name in ("sam", "sama", "alpha"):
        assert np.array_equal(both.layer(name), np.maximum(*(answer.layer(name) for answer in each)))
        for found, alone in zip(both.objects, each, strict=True):
            assert np.array_equal(found.layers[name], alone.layer(name)), "whatever else is asked for"


def test_a_mask_prompt_changes_the_answer(predictor, photo):
    list(predictor.set_image(photo))
    mask = np.zeros((90, 150), bool)
    mask[20:50, 30:90] = True
    alone = ask(predictor, BOX)
    with_mask = ask(predictor, Prompts(boxes=BOX.boxes, mask=mask))
    as_logits = ask(predictor, Prompts(boxes=BOX.boxes, mask=np.where(mask, 8, -8).astype(np.float32)))
    assert not np.allclose(alone.layer("sam"), with_mask.layer("sam"))
    assert np.allclose(with_mask.layer("sam"), as_logits.layer("sam"), atol=1e-4)


def test_refuses_what_is_not_an_rgb_photo(predictor, photo):
    for wrong in (photo.astype(np.float32), photo[..., 0], photo[..., :2], photo[:0]):
        with pytest.raises(PhotoError):
            predictor.set_image(wrong)


def test_cache_is_bounded_in_bytes():
    cache = FeatureCache(max_bytes=3000)
    for i in range(5):
        cache.put((i,), torch.zeros(250))  # 1000 bytes
    assert cache.bytes == 3000
    assert cache.get((1,)) is None
    assert cache.get((2,)) is not None
    cache.put((9,), torch.zeros(250))
    assert cache.get((2,)) is not None, "the least recently used goes first"
    assert cache.get((3,)) is None
    cache.put((10,), torch.zeros(1000))
    assert cache.get((10,)) is None
    assert cache.bytes <= 3000


def test_a_device_that_is_absent_is_an_error_not_a_fallback():
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(DeviceError, match="cuda"):
        load("mini", device="cuda")
    with pytest.raises(DeviceError, match="tpu"):
        load("mini", device="tpu")


@pytest.fixture
def decoded(predictor, monkeypatch) -> list:
    """A name for every time that SAM's decoder is asked."""
    seen, decode = [], predictor.model.decode_sam
    monkeypatch.setattr(predictor.model, "decode_sam", lambda *given: seen.append("sam") or decode(*given))
    return seen


def test_sama_begins_with_what_sam_has_just_said_of_the_same_prompts(predictor, photo, decoded):
    list(predictor.set_image(photo))
    whole = ask(predictor, CLICK)
    assert len(decoded) == 1
    for candidate in (None, 0):
        decoded.clear()
        early = ask(predictor, CLICK, method="sam", candidate=candidate)
        late = ask(predictor, CLICK, candidate=candidate)
        assert len(decoded) == 1 and np.array_equal(early.mask("sam"), late.mask("sam"))
    ask(predictor, CLICK, method="sam")
    late = ask(predictor, CLICK)
    assert all(np.array_equal(late.layer(n), whole.layer(n)) for n in ("sam", "sama", "alpha"))


def test_what_sam_said_of_other_prompts_or_another_photo_does_not_count(predictor, photo, decoded):
    list(predictor.set_image(photo))
    ask(predictor, CLICK, method="sam")
    ask(predictor, BOX)
    assert len(decoded) == 2
    ask(predictor, CLICK, method="sam")
    list(predictor.set_image(255 - photo))
    ask(predictor, CLICK)
    assert len(decoded) == 4
    asked_mask = Prompts(boxes=BOX.boxes, mask=np.arange(150) < np.full((90, 1), 70))
    ask(predictor, asked_mask, method="sam")
    ask(predictor, Prompts(boxes=BOX.boxes, mask=~asked_mask.mask))
    assert len(decoded) == 6
