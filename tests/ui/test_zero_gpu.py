"""What a ZeroGPU Space demands of the model call: everything crosses a process boundary, pickled and without CUDA."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spaces
import torch
from sama.predict.prediction import Prediction, Progress

from sama.errors import PromptError
from sama.models.fast import fused
from sama.predict.cache import FeatureCache
from sama.predict.predictor import SamaPredictor
from sama.request.prompts import Prompts
from sama.ui.model_call import on_gpu, run_model
from sama.weights.zoo import RECORDS, LoadedModel
from tests.helpers import small_sama

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
def shared() -> SamaPredictor:
    loaded = LoadedModel(fused(small_sama()), RECORDS["mini"], "0" * 64, "1" * 64, {})
    return SamaPredictor(loaded, dtype=torch.float32, cache=FeatureCache(0))


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
    assert predictor.model is shared.model and predictor.cache is shared.cache
    *_, answer, predictor = call(predictor, prompts=BOX, output_size=(75, 45))
    *_, expected, same = run_model(run(shared, photo), prompts=BOX, output_size=(75, 45))
    assert isinstance(answer, Prediction) and answer.alpha.shape == (45, 75)
    assert np.abs(answer.alpha - expected.alpha).max() < 2e-3  # features travel in half precision
    assert (answer.sama_mask != expected.sama_mask).mean() < 1e-3
    assert boundary.durations == [30, 10]


def run(shared, photo) -> SamaPredictor:
    *_, predictor = run_model(shared.fork(), photo)
    return predictor


def test_sam_answers_while_the_local_views_are_encoded(shared, photo):
    call = on_gpu(shared, Boundary())
    steps = call(shared.fork(), photo)
    early = next(steps)  # the predictor comes before the news of the global view
    assert next(steps).stage == "global"
    *_, answer, _ = call(early, prompts=BOX, sama=False)
    assert answer.alpha is None and answer.sam_mask.shape == (90, 150)
    steps.close()


def test_little_travels_and_neither_model_nor_cache(shared, photo):
    predictor = run(shared, photo)
    cargo = pickle.dumps(predictor)
    weights = sum(p.numel() * p.element_size() for p in shared.model.parameters())
    held = sum(t.numel() * 4 for t in tensors(predictor._features))
    assert len(cargo) < 0.6 * held + photo.nbytes + 20_000 and held > 100_000
    assert len(pickle.dumps(shared)) < 2000 < weights
    again = pickle.loads(cargo)
    assert again.loaded is None and again.cache is None
    assert all(t.device.type == "cpu" for t in tensors(again._features))
    assert again.attach(shared)._features.local.dtype == torch.float16, "as it is kept before the journey"


def test_a_training_free_matte_is_solved_across_the_boundary(shared, photo):
    call = on_gpu(shared, Boundary())
    *_, predictor = call(shared.fork(), photo)
    *_, answer, _ = call(predictor, prompts=BOX, matte="closed_form")
    assert answer.matte_method == "closed_form" and answer.alpha.shape == (90, 150)


def tensors(value) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    parts = vars(value).values() if hasattr(value, "__dataclass_fields__") else parts
    return [t for part in parts for t in tensors(part)]


def test_a_mistake_keeps_its_sentence(shared, photo):
    call = on_gpu(shared, Boundary())
    *_, predictor = call(shared.fork(), photo)
    with pytest.raises(PromptError, match="outside the photo of 150 x 90"):
        list(call(predictor, prompts=Prompts(points=((900, 9, 1),))))
    with pytest.raises(PromptError, match="candidate"):
        list(call(predictor, prompts=BOX, candidate=7))


def test_outside_a_space_nothing_is_copied(shared, photo):
    predictor = shared.fork()
    steps = list(on_gpu(shared, spaces.GPU)(predictor, photo))
    assert steps[-1] is predictor and predictor.loaded is shared.loaded


def test_importing_the_app_touches_no_cuda():
    code = "import app, sama.ui.studio, sama.predict.predictor, torch; assert not torch.cuda.is_initialized()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=200)
