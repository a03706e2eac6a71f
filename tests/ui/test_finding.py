"""Everything in the photo, as the page's handlers tell it."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.ui.handlers.finding import enough, find
from sama.ui.handlers.turns import Stops, name_of_work
from sama.ui.prompter import PromptData
from sama.ui.visit import Visit
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import Counts, FakePredictor
from tests.ui.found import BOXES, FoundInSteps


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr("sama.ui.model_call.everything", FoundInSteps())
    monkeypatch.setattr("sama.ui.handlers.finding.PAUSE", 0)
    pixels = np.random.default_rng(0).integers(0, 256, (80, 100, 3), np.uint8)
    path = str(tmp_path / "photo.png")
    Image.fromarray(pixels).save(path)
    visit = Visit(FakePredictor(Counts()), path)
    data = PromptData(image=FileData(path=path))
    return page_of(studio_of(FakePredictor()), visit, data, event={"work": "one"})


def told(page) -> list[dict]:
    return [step["prompter"].props["everything"] for step in find(page)]


def test_each_step_tells_what_is_found_by_now_and_the_last_that_it_is_over(page):
    steps = told(page)
    assert [len(each["items"]) for each in steps] == [1, 2, 3, 3]
    assert [each["over"] for each in steps] == [False, False, False, True]
    assert all(each["work"] == "one" and each["key"] == page.data.path for each in steps)
    item = steps[-1]["items"][0]
    x0, y0, x1, y1 = BOXES[0]
    assert item["box"] == [100 * x0, 80 * y0, 100 * x1, 80 * y1] and item["point"] == [30, 40]
    assert (item["score"], item["stable"]) == (0.9, 0.97) and item["share"] == pytest.approx(0.32)
    mask = np.asarray(Image.open(io.BytesIO(base64.b64decode(item["src"].split(",")[1]))).convert("RGBA"))
    assert mask[40, 30, 3] == 255 and mask[40, 90, 3] == 0
    assert steps[0]["items"][0] is item, "what is known is not drawn again"


def test_a_search_ends_where_nobody_wants_it_or_the_photo_is_closed(page):
    steps = find(page)
    next(steps)
    enough(page)
    assert [each["prompter"].props["everything"]["over"] for each in steps] == [True]
    page = replace(page, event={"work": "two"})
    steps = find(page)
    next(steps)
    page.visit.close()
    assert [each["prompter"].props["everything"]["over"] for each in steps] == [True]


@pytest.mark.parametrize("event", [None, {}, {"work": 3}, {"work": "x" * 65}, "one"])
def test_nonsense_is_no_work(page, event):
    assert told(replace(page, event=event)) == [] and name_of_work(event) == ""


def test_only_the_newest_stops_are_remembered():
    stops = Stops()
    for number in range(2000):
        stops.stop(str(number))
    assert stops.stopped("1999") and not stops.stopped("0")
