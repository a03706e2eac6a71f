"""What the page tells a visitor whose session asks for what the page cannot do."""

from dataclasses import replace

import gradio as gr
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.predict.answer import ModelInfo
from sama.request.prompts import Prompts
from sama.request.session import Session
from sama.ui.handlers.page import Studio
from sama.ui.handlers.sessions import restore
from sama.ui.prompter import PromptData
from sama.ui.visit import Visit
from tests.helpers import page_of

INFO = ModelInfo("mini", "SAM-mini", "mini", "0123+4567", "Apache-2.0", "cpu", "float32", 512, 1024, True)


class NoModel:
    """A predictor that nobody asks."""

    def fork(self):
        return self


@pytest.fixture
def restored(tmp_path, monkeypatch):
    """A function: drop a session with these settings on a page with this model; returns (choice, sentences)."""
    photo = tmp_path / "photo.png"
    Image.new("RGB", (60, 40), (90, 120, 30)).save(photo)
    visit = Visit(NoModel(), str(photo))

    def drop(settings: dict, info: ModelInfo, model: str = "mini"):
        said = []
        monkeypatch.setattr(gr, "Info", lambda text, **_: said.append(text))
        prompts = Prompts(boxes=((5, 5, 50, 30),))
        Session(visit.digest, visit.size, "photo.png", prompts, model, settings).save(tmp_path / "s.json")
        data = PromptData(
            image=FileData(path=str(photo)), session=FileData(path=str(tmp_path / "s.json")), seq=3
        )
        changed = restore(page_of(Studio(None, info, {}, str), visit, data))
        assert changed["prompter"].value["boxes"] == [[5, 5, 50, 30]]
        assert changed["visit"] is visit and "backdrop" not in changed
        return changed["candidates"].value, said

    return drop


@pytest.mark.parametrize("matte", ["sama", "solid", "closed_form"])
def test_a_matte_that_the_page_can_make_comes_back_without_a_word(restored, matte):
    choice, said = restored({"matte": matte}, INFO)
    assert choice["matte"] == matte
    assert said == []


@pytest.mark.parametrize("matte", ["sama", "solid"])
def test_without_weights_a_matte_of_sama_is_said_to_be_missing(restored, matte):
    _, said = restored({"matte": matte}, replace(INFO, trained=False))
    assert len(said) == 1
    assert "no weights" in said[0]


def test_a_method_that_makes_no_matte_is_told(restored):
    choice, said = restored({"matte": "grabcut"}, INFO)
    assert choice["matte"] == "sama"
    assert len(said) == 1 and "GrabCut" in said[0]


def test_without_weights_the_training_free_matte_needs_no_word(restored):
    _, said = restored({"matte": "closed_form"}, replace(INFO, trained=False))
    assert said == []


def test_another_model_is_named(restored):
    _, said = restored({}, INFO, model="vit_b")
    assert said == ["It was made with the model vit_b; this page runs mini."]


def test_a_matte_of_another_project_that_is_not_here_is_said_to_be_missing(restored):
    _, said = restored({"matte": "zim"}, INFO)
    assert len(said) == 1 and said[0].startswith("ZIM ViT-B")
