"""SAM's mask is sent before SAMA has answered."""

from dataclasses import replace

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.ui.handlers.answering import answer
from sama.ui.prompter import PromptData
from sama.ui.visit import Visit
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import FakePredictor


class OnGpu(FakePredictor):
    """The fake on a GPU."""

    @property
    def info(self):
        return replace(super().info, device="cuda")


@pytest.fixture
def sent(tmp_path):
    """What the viewer is sent, step by step, for a box on an encoded photo, by a kind of predictor."""
    path = str(tmp_path / "photo.png")
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(path)

    def ask(predictor, visit: Visit | None = None, **changes) -> tuple[Visit, list[dict]]:
        if visit is None:
            visit = Visit(predictor, path)
            list(visit.encode())
        data = PromptData(image=FileData(path=path), boxes=[[10, 10, 60, 50]], **{"seq": 1, **changes})
        steps = answer(page_of(studio_of(predictor), visit, data))
        return visit, [step["viewer"].props["layers"] for step in steps if "viewer" in step]

    return ask


def test_sams_mask_comes_first_and_is_that_of_the_whole_answer(sent):
    _, (first, whole) = sent(FakePredictor())
    assert first["first"] and first["sam"] == whole["sam"] and "alpha" not in first
    assert whole["alpha"] and "first" not in whole and first["seq"] == whole["seq"] == 1


def test_an_answer_that_is_known_a_gpu_and_a_model_without_sama_send_nothing_ahead(sent):
    visit, _ = sent(FakePredictor())
    _, again = sent(FakePredictor(), visit, seq=2)
    assert len(again) == 1 and again[0]["alpha"]
    _, quick = sent(OnGpu())
    assert len(quick) == 1 and quick[0]["alpha"]
    _, untrained = sent(FakePredictor(trained=False))
    assert not any(layers.get("first") for layers in untrained)
