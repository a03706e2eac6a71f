"""Accepting answers and going through proposals, in a real browser."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from sama.objects.review import proposals_of
from sama.ui.handlers.accepting import Acceptance
from tests.ui.browser.conftest import EXAMPLES, Visitor, serve
from tests.ui.browser.fake_predictor import FakePredictor

NAMES = ("cat", "flower", "toys")
PATIENCE = 60_000  # ms


@pytest.fixture
def open_page(browser, tmp_path):
    """`open_page(acceptance)` serves a page and returns a Visitor of it, after its first answer."""
    opened = []

    def begin(acceptance: Acceptance | None) -> Visitor:
        studio, url = serve(FakePredictor(), EXAMPLES, acceptance=acceptance)
        opened.append((studio, Visitor(browser, url)))
        return opened[-1][1]

    yield begin
    for studio, visitor in opened:
        visitor.context.close()
        studio.close()


@pytest.fixture
def proposals(tmp_path):
    """Three photos: the first with a session, the second with labels of one object, the third with those of two."""
    folder = tmp_path / "proposals"
    for name in ("images", "labels", "sessions"):
        (folder / name).mkdir(parents=True)
    for name in NAMES:
        shutil.copy(EXAMPLES / f"{name}.jpg", folder / "images")
    shutil.copy(EXAMPLES / "cat.json", folder / "sessions")
    for name, count in (("flower", 1), ("toys", 2)):
        with Image.open(EXAMPLES / f"{name}.jpg") as photo:
            labels = np.zeros(photo.size[::-1], np.uint8)
        for number in range(count):
            labels[50:150, 50 + 150 * number : 150 + 150 * number] = number + 1
        Image.fromarray(labels).save(folder / "labels" / f"{name}.png")
    return folder


def said(visitor, text: str) -> None:
    """Wait until the page says it."""
    visitor.page.locator(".ac-said", has_text=text).wait_for(timeout=PATIENCE)


def shows(visitor, text: str) -> None:
    """Wait until the page counts so."""
    visitor.page.locator(".ac-count", has_text=text).wait_for(timeout=PATIENCE)


def waits_for(check, visitor) -> None:
    """Wait until a condition on this side holds."""
    for _ in range(PATIENCE // 100):
        if check():
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError("it never came to that")


def test_an_answer_is_accepted_where_the_page_was_told_to(open_page, tmp_path):
    folder = tmp_path / "mine"
    visitor = open_page(Acceptance(folder))
    assert visitor.page.locator(".ac-do:visible").all_inner_texts() == ["Accept"]
    visitor.page.locator(".ac-main").click()
    said(visitor, "Accepted: ")
    (labels,) = (folder / "labels").iterdir()
    before = np.asarray(Image.open(labels))
    (photo,), (alpha,) = (list((folder / kind).iterdir()) for kind in ("images", "alphas"))
    assert Image.open(photo).size == Image.open(alpha).size == before.shape[::-1]
    assert json.loads((folder / "sessions" / f"{labels.stem}.json").read_text())["prompts"]["boxes"]
    visitor.clear()
    visitor.page.mouse.click(*visitor.at(0.2, 0.2))
    visitor.answered()
    visitor.page.keyboard.press("a")
    said(visitor, "is replaced")
    assert [path.name for path in (folder / "labels").iterdir()] == [labels.name]
    assert (np.asarray(Image.open(labels)) != before).any()
    assert sorted(path.name for path in folder.iterdir()) == ["alphas", "images", "labels", "sessions"]
    visitor.clear()
    visitor.page.locator(".ac-main").click()
    said(visitor, "click an object first")
    assert visitor.page.locator(".ac-main").is_enabled() and not visitor.errors


def test_a_page_without_a_folder_accepts_nothing(visit):
    assert not visit().page.locator(".ac-root").count()


def test_proposals_are_accepted_corrected_and_skipped_and_taken_up_again(open_page, proposals, tmp_path):
    folder = tmp_path / "accepted"
    visitor = open_page(Acceptance(folder, proposals_of(proposals)))
    shows(visitor, "1 of 3")
    before = visitor.seq
    visitor.page.keyboard.press("a")
    shows(visitor, "2 of 3")
    visitor.answered(before)
    assert visitor.prompts()["mask"] and not visitor.prompts()["boxes"]  # the drawn label, as it is
    visitor.page.keyboard.press("s")
    shows(visitor, "3 of 3")
    visitor.page.wait_for_function("() => document.querySelectorAll('.ac-do:disabled').length === 0")
    visitor.context.close()

    again = open_page(Acceptance(folder, proposals_of(proposals)))
    shows(again, "3 of 3")  # where one stopped
    waits_for(lambda: len(again.prompts()["boxes"]) == 2, again)
    again.click(0.8, 0.8)  # corrects it
    again.page.locator(".ac-main").click()
    said(again, "All 3 photos are done")
    found = {path.stem.rsplit("_", 1)[0]: path for path in (folder / "labels").iterdir()}
    assert found.keys() == {"cat", "toys"}
    assert set(np.unique(np.asarray(Image.open(found["toys"])))) >= {0, 1, 2}
    told = json.loads((folder / "review.json").read_text())
    assert told == {"cat.jpg": "accepted", "flower.jpg": "skipped", "toys.jpg": "accepted"}
    again.page.keyboard.press("z")
    shows(again, "2 of 3, skipped")
    assert not again.errors
