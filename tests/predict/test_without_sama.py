"""A backbone without SAMA weights: SAM's mask, a training-free matte, and nothing that pretends to be SAMA's."""

import numpy as np
import pytest

from sama.errors import PromptError, WeightsError
from sama.methods import default_method
from sama.predict.open_photo import PHOTO_PIXELS
from sama.predict.predictor import SamaPredictor
from sama.request.prompts import Prompts
from tests.helpers import ask, predictor_of, small_sama

BOX = Prompts(boxes=((30, 20, 110, 80),))
CLICK = Prompts(points=((70, 50, 1),))
MODEL = small_sama()


def predictor_with(sama_digest: str | None, metadata: dict | None = None) -> SamaPredictor:
    return predictor_of(MODEL, "vit_b", sama=sama_digest, metadata=metadata)


@pytest.fixture
def photo() -> np.ndarray:
    """A red disc with a soft edge on noisy green, 140 x 100."""
    y, x = np.mgrid[:100, :140]
    alpha = np.clip((34 - np.hypot(x - 70, y - 50)) / 4, 0, 1)[..., None]
    noise = np.random.default_rng(0).integers(0, 25, (100, 140, 3))
    return (alpha * (200, 40, 60) + (1 - alpha) * (40, 150, 70) + noise).astype(np.uint8)


@pytest.fixture
def bare(photo) -> SamaPredictor:
    """Without SAMA weights, the photo opened."""
    predictor = predictor_with(None)
    list(predictor.set_image(photo))
    return predictor


def test_only_the_global_view_is_encoded(photo):
    predictor = predictor_with(None)
    told = [(p.stage, p.done, p.total) for p in predictor.set_image(photo)]
    assert told == [("global", 1, 1)]
    assert predictor.info.views == 1
    assert list(predictor.set_image(photo)) == [], "and cached"
    assert predictor_with("1" * 64).info.views == 5


def test_sama_is_absent_and_the_matte_is_named(bare):
    answer = ask(bare, BOX)
    assert answer.mask("sama") is None
    assert answer.layer("sama") is None
    assert answer.method == default_method(bare.info) == "closed_form"
    assert answer.alpha.shape == (100, 140)
    assert answer.alpha.dtype == np.float32
    assert set(answer.seconds) == {"decode_sam", "closed_form"}
    assert not bare.info.trained
    assert "no SAMA weights for vit_b" in bare.info.notes[0]
    assert "training-free" in bare.info.notes[0]


def test_sama_cannot_be_asked_for(bare):
    with pytest.raises(WeightsError, match="--sama-weights"):
        ask(bare, BOX, method="sama")
    with pytest.raises(PromptError, match="closed_form"):
        ask(bare, BOX, method="magic")
    alone = ask(bare, BOX, method="sam")
    assert alone.alpha is None
    assert alone.method == "sam"


def test_the_training_free_matte_follows_the_mask_and_the_photo(bare, monkeypatch):
    """With SAM's mask given, alpha is 1 in its core, 0 far away, and soft where the photo is."""
    y, x = np.mgrid[:100, :140]
    distance = np.hypot(x - 70, y - 50)
    for module in ("predict.open_photo", "predict.seen"):
        monkeypatch.setattr(f"sama.{module}.to_photo", lambda _, __, size: resized(32 - distance, size))
    told = []
    alpha = ask(bare, BOX, progress=told.append).alpha
    assert (alpha[distance < 20] > 0.98).all()
    assert (alpha[distance > 45] == 0).all()
    truth = np.clip((34 - distance) / 4, 0, 1)
    assert np.abs(alpha - truth).mean() < 0.01
    assert told[-1] == 1
    small = ask(bare, BOX, output_size=(70, 50)).alpha
    assert small.shape == (50, 70)
    assert np.abs(small - truth.reshape(50, 2, 70, 2).mean((1, 3))).mean() < 0.02


def resized(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    rows = np.linspace(0, values.shape[0] - 1, size[0]).round().astype(int)
    columns = np.linspace(0, values.shape[1] - 1, size[1]).round().astype(int)
    return values[rows][:, columns].astype(np.float32)


@pytest.mark.parametrize("prompts", [BOX, CLICK], ids=["box", "click"])
def test_it_is_a_third_method_beside_a_trained_sama(photo, prompts):
    predictor = predictor_with("1" * 64, {"licence": "CC BY 4.0"})
    list(predictor.set_image(photo))
    sama, free = ask(predictor, prompts), ask(predictor, prompts, method="closed_form")
    assert (sama.method, free.method) == ("sama", "closed_form")
    np.testing.assert_array_equal(sama.mask("sama"), free.mask("sama"))
    np.testing.assert_array_equal(sama.mask("sam"), free.mask("sam"))
    assert not np.allclose(sama.alpha, free.alpha)
    untrained = predictor_with(None)
    list(untrained.set_image(photo))
    again = ask(untrained, prompts, method="closed_form")
    np.testing.assert_array_equal(again.alpha, free.alpha)
    assert again.mask("sama") is None
    assert predictor.info.notes == ()
    assert "CC BY 4.0" in predictor.info.licence


def test_a_large_photo_is_answered_at_its_size_from_a_bounded_copy():
    photo = np.zeros((1700, 2600, 3), np.uint8)
    predictor = predictor_with(None)
    list(predictor.set_image(photo))
    assert predictor._open.copy.shape[0] * predictor._open.copy.shape[1] <= PHOTO_PIXELS
    answer = ask(predictor, Prompts(boxes=((300, 200, 2000, 1500),)))
    assert answer.alpha.shape == answer.mask("sam").shape == (1700, 2600)
    predictor.reset_image()
    assert predictor._open is None
