"""The preview under the pointer: of the object that a click would belong to, while nobody else is at work."""

import threading

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.predict.answer import SAM
from sama.ui.handlers.glancing import SIDE, glance
from sama.ui.handlers.masks import method_of
from sama.ui.model_call import on_gpu
from sama.ui.model_thread import ModelThread
from sama.ui.prompter import PromptData
from sama.ui.visit import Visit
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import Counts, FakePredictor


@pytest.fixture
def path(tmp_path) -> str:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def page_at(visit, path, x=40, y=30, number=0, **marks):
    data = PromptData(image=FileData(path=path), seq=7, **marks)
    event = {"key": path, "seq": 7, "place": 3, "x": x, "y": y, "number": number}
    return page_of(studio_of(FakePredictor()), visit, data, event=event)


def test_it_waits_for_the_photo_and_leaves_no_trace(path):
    counts = Counts()
    visit = Visit(FakePredictor(counts), path)
    assert glance(page_at(visit, path)) == {} and counts.answers == 0
    list(visit.encode())
    shown = glance(page_at(visit, path))["prompter"].props["glance"]
    assert {name: shown[name] for name in ("key", "seq", "place")} == {"key": path, "seq": 7, "place": 3}
    assert shown["src"].startswith("data:image/png") and counts.answers == 1
    assert visit.shown is None and visit.seconds.keys() <= {"encode global", "encode local"}


@pytest.mark.parametrize(
    "event",
    [
        None,
        "x",
        {},
        {"key": "other"},
        {"key": None},
        {"x": "a"},
        {"x": float("nan")},
        {"x": 1e9},
        {"number": []},
    ],
)
def test_nonsense_shows_nothing(path, event):
    visit = Visit(FakePredictor(), path)
    list(visit.encode())
    page = page_at(visit, path)
    object.__setattr__(page, "event", {**page.event, **event} if isinstance(event, dict) and event else event)
    assert glance(page) == {}


def test_it_is_of_the_object_that_the_click_would_belong_to(path, monkeypatch):
    asked = []
    visit = Visit(FakePredictor(), path)
    list(visit.encode())
    real = Visit.aside
    monkeypatch.setattr(Visit, "aside", lambda self, **how: asked.append(how["request"]) or real(self, **how))
    boxes = [[0, 0, 30, 30], [50, 10, 90, 60]]
    for number, expected in ((0, 1), (1, 1), (2, 0)):
        assert glance(page_at(visit, path, number=number, boxes=boxes))
        assert len(asked[-1].prompts.boxes) == expected and asked[-1].prompts.points == ((40, 30, 1),)
    assert asked[1].prompts.boxes == ((50, 10, 90, 60),)
    assert asked[0].method == "sam" and max(asked[0].output_size) <= SIDE


def test_nobody_s_click_waits_for_it(path):
    """While another visitor's step is under way, nothing is asked of the model."""
    thread, counts = ModelThread(), Counts()
    predictor = FakePredictor(counts)
    visit = Visit(predictor, path, run=on_gpu(predictor, thread=thread))
    list(visit.encode())
    assert thread.idle and glance(page_at(visit, path)) and counts.answers == 1
    gate, begun = threading.Event(), threading.Event()

    def busy():
        begun.set()
        assert gate.wait(60)

    other = threading.Thread(target=thread.call, args=(busy,))
    other.start()
    assert begun.wait(60) and not thread.idle
    assert glance(page_at(visit, path)) == {} and counts.answers == 1
    gate.set()
    other.join()
    steps = thread.iterate(x for x in range(3))
    next(steps)
    assert not thread.idle, "between two views of a photo"
    steps.close()
    assert thread.idle


def test_a_space_that_lends_a_gpu_spends_none_on_it(path, monkeypatch):
    monkeypatch.setattr("sama.ui.model_call.Config.zero_gpu", True)
    counts = Counts()
    predictor = FakePredictor(counts)
    visit = Visit(predictor, path, run=on_gpu(predictor, gpu=lambda duration: lambda run: run))
    list(visit.encode())
    assert glance(page_at(visit, path)) == {} and counts.answers == 0


def test_painted_is_the_method_where_the_switch_says_so(path):
    visit = Visit(FakePredictor(), path)
    list(visit.encode())
    stroke = [1, 5, 20, 20, 40, 30]
    for marks, expected in (
        ({"strokes": [stroke]}, "sama"),
        ({"strokes": [stroke], "painted": True}, "painted"),
        ({"points": [[4, 4, 1]], "painted": True}, "sama"),
        ({"mask": FileData(path=path), "painted": True}, "painted"),
    ):
        assert method_of(page_at(visit, path, **marks)) == expected
    page = page_at(visit, path, strokes=[stroke])
    assert page.data.marked and page.data.prompts.strokes[0].flat == stroke
    assert SAM in visit.answer_sam(visit.request(page.data.prompts)).objects[0].layers
