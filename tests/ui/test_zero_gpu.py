"""What a ZeroGPU Space demands of the model call: everything crosses a process boundary, pickled and without CUDA."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spaces
import torch

from sama.errors import PromptError
from sama.models.fast import fused
from sama.predict import companion
from sama.predict.answer import TRIMAP, Answer, Progress
from sama.predict.cache import FeatureCache
from sama.predict.closer_look import CloserPredictor
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.ui.model_call import on_gpu, run_model
from tests.helpers import asked, lively_sama, predictor_of, small_sama

ROOT = Path(__file__).parents[2]
BOX = Prompts(boxes=((20, 10, 90, 70),))


class Boundary:
    """A stand-in for `spaces.GPU`: arguments and results go through pickle, their sizes are noted."""

    def __init__(self):
        self.sent, self.received, self.durations = [], [], []

    def __call__(self, *, duration):
        def decorate(function):
            def call(*args, **options):
                self.durations.append(duration(*args, **options))
                cargo = pickle.dumps((args, options))
                self.sent.append(len(cargo))
                args, options = pickle.loads(cargo)
                for result in function(*args, **options):
                    cargo = pickle.dumps(result)
                    self.received.append(len(cargo))
                    yield pickle.loads(cargo)

            return call

        return decorate


@pytest.fixture(scope="module")
def shared() -> CloserPredictor:
    predictor = predictor_of(fused(small_sama()))
    predictor.whole.cache = FeatureCache(0)
    return predictor


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (90, 150, 3), dtype=np.uint8)


def test_answers_are_the_same_across_the_boundary(shared, photo):
    boundary = Boundary()
    call = on_gpu(shared, boundary)
    steps = list(call(shared.fork(), photo))
    assert [s.text for s in steps if isinstance(s, Progress)] == [
        "global view",
        *(f"local view {i} of 4" for i in range(1, 5)),
    ]
    predictor = steps[-1]
    assert predictor.model is shared.model and predictor.whole.cache is shared.whole.cache
    *_, answer, predictor = call(predictor, request=asked(predictor, BOX, output_size=(75, 45)))
    same = run(shared, photo)
    *_, expected, same = run_model(same, request=asked(same, BOX, output_size=(75, 45)))
    assert isinstance(answer, Answer) and answer.alpha.shape == (45, 75)
    assert np.abs(answer.alpha - expected.alpha).max() < 2e-3  # features travel in half precision
    assert (answer.mask("sama") != expected.mask("sama")).mean() < 1e-3
    assert boundary.durations == [30, 10]


def run(shared, photo) -> CloserPredictor:
    *_, predictor = run_model(shared.fork(), photo)
    return predictor


def test_sam_answers_while_the_local_views_are_encoded(shared, photo):
    call = on_gpu(shared, Boundary())
    steps = call(shared.fork(), photo)
    early = next(steps)  # the predictor comes before the news of the global view
    assert next(steps).stage == "global"
    *_, answer, _ = call(early, request=asked(early, BOX, method="sam"))
    assert answer.alpha is None and answer.mask("sam").shape == (90, 150)
    steps.close()


def test_little_travels_and_neither_model_nor_cache(shared, photo):
    predictor = run(shared, photo)
    cargo = pickle.dumps(predictor)
    weights = sum(p.numel() * p.element_size() for p in shared.model.parameters())
    held = sum(t.numel() * 4 for t in tensors(predictor.whole._features))
    assert len(cargo) < 0.6 * held + photo.nbytes + 20_000 and held > 100_000
    assert len(pickle.dumps(shared)) < 2000 < weights
    again = pickle.loads(cargo)
    assert again.whole.loaded is None and again.whole.cache is None
    assert all(t.device.type == "cpu" for t in tensors(again.whole._features))
    assert again.attach(shared).whole._features.local.dtype == torch.float16, (
        "as it is kept before the journey"
    )


def test_a_training_free_matte_is_solved_across_the_boundary(shared, photo):
    call = on_gpu(shared, Boundary())
    *_, predictor = call(shared.fork(), photo)
    *_, answer, _ = call(predictor, request=asked(predictor, BOX, method="closed_form"))
    assert answer.method == "closed_form" and answer.alpha.shape == (90, 150)


def tensors(value) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    parts = vars(value).values() if hasattr(value, "__dataclass_fields__") else parts
    return [t for part in parts for t in tensors(part)]


def test_a_mistake_keeps_its_sentence(shared, photo):
    call = on_gpu(shared, Boundary())
    *_, predictor = call(shared.fork(), photo)
    with pytest.raises(PromptError, match="is about a photo of 151 x 90 pixels"):
        list(call(predictor, request=Request.of(BOX, (151, 90))))
    with pytest.raises(PromptError, match="no method called 'magic'"):
        list(call(predictor, request=asked(predictor, BOX, method="magic")))


def test_outside_a_space_nothing_is_copied(shared, photo):
    predictor = shared.fork()
    steps = list(on_gpu(shared, spaces.GPU)(predictor, photo))
    assert steps[-1] is predictor and predictor.whole.loaded is shared.whole.loaded


def test_the_embedded_model_s_matte_on_a_large_sam_crosses_the_boundary(photo, monkeypatch):
    """Its own features stay behind: what comes back is the answer, and the SAM's predictor as it was."""
    mini = predictor_of(fused(lively_sama(trimap=True)))
    monkeypatch.setattr(companion, "_load", lambda device, dtype: mini)
    large = predictor_of(fused(small_sama()), "vit_b", sama=None)
    boundary = Boundary()
    call = on_gpu(large, boundary)
    *_, predictor = call(large.fork(), photo)
    encoded, before = boundary.received[-1], len(boundary.received)
    *_, answer, predictor = call(predictor, request=asked(predictor, BOX, method="mini_on_sam"))
    assert answer.method == "mini_on_sam" and "encode mini" in answer.seconds
    assert boundary.received[-1] <= encoded + 2000 and len(boundary.received) == before + 2
    same = run(large, photo)
    *_, expected, _ = run_model(same, request=asked(same, BOX, method="mini_on_sam"))
    assert np.abs(answer.alpha - expected.alpha).max() < 2e-3
    assert np.array_equal(answer.mask("sam"), expected.mask("sam"))
    assert np.mean(answer.layer(TRIMAP) != expected.layer(TRIMAP)) < 1e-3
    *_, answer, _ = call(predictor, request=asked(predictor, BOX, method="mini_on_sam"))
    assert np.abs(answer.alpha - expected.alpha).max() < 2e-3, "and once more"


def test_importing_the_app_touches_no_cuda():
    code = "import app, sama.ui.studio, sama.predict.predictor, torch; assert not torch.cuda.is_initialized()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=200)
