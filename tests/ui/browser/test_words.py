"""Words on the page: a stand-in detector's boxes become objects, and without one the page says how to get one."""

import re

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from sama.methods import words
from sama.methods.words import Detector
from tests.ui.browser.conftest import EXAMPLES, serve
from tests.ui.browser.fake_predictor import FakePredictor


def ask(photo, phrases):
    """Two things in the middle of any photo."""
    height, width = photo.shape[:2]
    boxes = np.array([[0.1, 0.2, 0.4, 0.8], [0.5, 0.2, 0.9, 0.8]]) * (width, height, width, height)
    return boxes, np.array([0.9, 0.8]), [phrases[0], phrases[-1]]


@pytest.fixture
def detecting(monkeypatch):
    """A studio of the test's own, with a detector: its address."""
    monkeypatch.setattr(words, "_absence", lambda name: "")
    monkeypatch.setattr(words, "_loaded", lambda name, place: Detector(ask))
    monkeypatch.setattr(words, "files_here", lambda record: [])
    studio, url = serve(FakePredictor(), EXAMPLES)
    yield url
    studio.close()


def test_words_find_objects_and_undo_brings_the_marks_back(visit, detecting):
    visitor = visit(detecting)
    page, before = visitor.page, visitor.seq
    page.fill(".fi-text", "a flower, a leaf")
    page.click(".fi-ask")
    visitor.answered(before)
    page.wait_for_function(
        "[...document.querySelectorAll('.ob-name')].map(n => n.value).join() === 'a flower,a leaf'",
        timeout=60_000,
    )
    assert len(visitor.prompts()["boxes"]) == 2
    found, before = visitor.prompts()["boxes"], visitor.seq
    page.click(".pr-undo")
    visitor.answered(before)
    assert visitor.prompts()["boxes"] != found
    assert not visitor.errors


def test_without_a_detector_a_closed_section_below_the_downloads_says_how_to_get_one(visit):
    page = visit().page
    section = page.locator("details.st-words")
    assert section.get_attribute("open") is None and page.locator(".fi-text").count() == 0
    assert section.bounding_box()["y"] >= page.locator("#take").bounding_box()["y"]
    section.locator("summary").click()
    page.get_by_text(re.compile("sama weights get grounding_dino|pip install")).wait_for()


def test_programs_find_boxes_by_words(detecting):
    photo = handle_file(EXAMPLES / "flower.jpg")
    found = Client(detecting, verbose=False).predict(image=photo, text="a flower, a leaf", api_name="/find")
    assert found["size"] == [640, 427] and found["words"] == ["a flower", "a leaf"]
    np.testing.assert_allclose(found["boxes"][0], [64, 85.4, 256, 341.6], atol=0.1)


def test_without_a_detector_programs_are_told_how_to_get_one(client):
    with pytest.raises(AppError, match="Grounding DINO, tiny"):
        client.predict(image=handle_file(EXAMPLES / "flower.jpg"), text="a flower", api_name="/find")
