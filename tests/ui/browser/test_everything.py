"""Everything in the photo, in a real browser: masks arrive, are pointed at, and become objects."""

import gc
import threading
import time

import pytest

from sama.ui.state import State
from sama.ui.visit import Visit
from tests.ui.found import BOXES, FoundInSteps

TEXT = "document.querySelector('.ev-text').textContent"


@pytest.fixture
def finder(monkeypatch):
    """What the server finds with; no search of a failed test goes on waiting."""
    made = FoundInSteps()
    monkeypatch.setattr("sama.ui.model_call.everything", made)
    yield made
    if made.held is not None:
        made.held.set()


def spot(visitor, x: float, y: float) -> tuple[float, float]:
    """Where a place of the first example, which is square, is on the screen; x and y are parts of the photo."""
    box = visitor.page.locator(".pr-canvas").bounding_box()
    side = min(box["width"], box["height"])
    return (
        box["x"] + box["width"] / 2 + (x - 0.5) * side,
        box["y"] + box["height"] / 2 + (y - 0.5) * side,
    )


def boxes(visitor) -> list:
    return visitor.prompts()["boxes"]


def box_of(number: int) -> list[int]:
    return [round(512 * v) for v in BOXES[number]]


def test_masks_arrive_as_they_are_found_and_a_click_makes_one_an_object(visit, finder):
    finder.held = threading.Event()
    visitor = visit()
    page, first = visitor.page, boxes(visitor)
    page.click(".pr-find")
    page.wait_for_function(f"{TEXT}.startsWith('1 found so far')", timeout=60_000)
    assert page.locator(".ev-all").is_hidden() and page.locator(".ev-stop").is_visible()
    other = visit()  # a search under way holds up nobody's click
    other.click(0.4, 0.5)
    finder.held.set()
    page.locator(".ev-all").wait_for(timeout=60_000)
    assert page.locator(".ev-text").inner_text().startswith("3 found.")
    page.mouse.move(*spot(visitor, 0.3, 0.3))
    page.wait_for_function("document.querySelector('.ev-at').textContent.includes('score 0.80')")
    assert "% of the photo" in page.locator(".ev-at").inner_text()
    visitor.screenshot("everything")
    before = visitor.seq
    page.mouse.click(*spot(visitor, 0.3, 0.3))
    visitor.answered(before)
    sent = visitor.prompts()
    assert sent["boxes"] == [*first, box_of(1)] and sent["owners"][-1] == 1
    assert page.locator(".ob-list li").count() == 2
    before = visitor.seq
    page.mouse.click(*spot(visitor, 0.3, 0.75))
    visitor.answered(before)
    assert boxes(visitor) == [*first, box_of(1), box_of(0)]
    before = visitor.seq
    page.keyboard.press("Control+z")
    visitor.answered(before)
    assert boxes(visitor) == [*first, box_of(1)]
    page.keyboard.press("Escape")
    assert page.locator(".pr-every").is_hidden()
    visitor.click(*[0.52, 0.52])
    assert len(visitor.prompts()["points"]) == len(sent["points"]) + 1, "clicks are clicks again"
    assert not visitor.errors


def test_the_keyboard_walks_through_what_was_found(visit, finder):
    visitor = visit()
    page, first = visitor.page, boxes(visitor)
    page.locator(".pr-stage").focus()
    page.keyboard.press("v")
    page.locator(".ev-all").wait_for(timeout=60_000)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert "of 3: SAM is" in page.locator(".pr-unseen").inner_text()
    before = visitor.seq
    page.keyboard.press("Enter")
    visitor.answered(before)
    assert len(boxes(visitor)) == len(first) + 1
    before = visitor.seq
    page.keyboard.press("Enter")  # the next one
    visitor.answered(before)
    assert len(boxes(visitor)) == len(first) + 2
    page.keyboard.press("Escape")
    assert page.locator(".pr-every").is_hidden() and len(boxes(visitor)) == len(first) + 2


def test_a_finger_adds_one_and_a_button_all_the_rest(visit, finder):
    visitor = visit(has_touch=True)
    page, first = visitor.page, boxes(visitor)
    page.locator(".pr-find").tap()
    page.locator(".ev-all").wait_for(timeout=60_000)
    before = visitor.seq
    page.touchscreen.tap(*spot(visitor, 0.75, 0.5))
    visitor.answered(before)
    assert boxes(visitor) == [*first, box_of(2)]
    page.wait_for_function("document.querySelector('.ev-all').textContent === 'Add all 2'")
    before = visitor.seq
    page.locator(".ev-all").tap()
    visitor.answered(before)
    page.wait_for_function("document.querySelectorAll('.ob-list li').length === 4")
    page.locator(".ev-stop").wait_for(state="hidden")
    assert sorted(boxes(visitor)) == sorted([*first, *map(box_of, range(3))])


def gone() -> list[Visit]:
    """Visits that the server knows to have ended and that something still holds."""
    return [v for v in gc.get_objects() if type(v) is Visit and v.state is State.LEFT]


def someone_has_left(earlier: list[Visit]):
    """Wait until the server has heard of a tab that was closed; its search still holds the photo. earlier: those of
    other tests."""
    known = {id(v) for v in earlier}  # they are held, so that no new one gets their id
    deadline = time.monotonic() + 60
    while all(id(v) in known for v in gone()):
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_a_search_that_nobody_wants_ends(visit, finder):
    finder.held = threading.Event()
    stays, leaves = visit(), visit()
    for visitor in (stays, leaves):
        visitor.page.click(".pr-find")
        visitor.page.wait_for_function(f"{TEXT}.startsWith('1 found so far')", timeout=60_000)
    stays.page.click(".ev-stop")
    stays.page.locator(".ev-all").wait_for()
    assert stays.page.locator(".ev-text").inner_text().startswith("1 found.")
    earlier = gone()
    leaves.page.close()
    someone_has_left(earlier)
    finder.held.set()
    stays.page.click(".ev-close")
    finder.held = None
    stays.page.click(".pr-find")
    stays.page.locator(".ev-all").wait_for(timeout=60_000)
    assert finder.given <= 2 * 2 + len(BOXES), "neither went on to its third step"
