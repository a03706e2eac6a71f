"""What a click would give, where the pointer rests, in a real browser."""

import pytest

from tests.ui.browser.test_viewer import becomes


@pytest.fixture
def tab(visit, counts):
    """A tab whose photo is encoded, with one click answered."""
    visitor = visit()
    visitor.page.click(".pr-clear")
    visitor.page.locator("#viewer [data-seq]").wait_for(state="detached")
    visitor.page.mouse.click(*visitor.at(0.3, 0.5))
    visitor.answered()
    return visitor


def glances(visitor) -> list:
    return [post for post in visitor.sent if '"number"' in post and '"place"' in post]


def seen(visitor) -> int:
    return visitor.page.evaluate("() => performance.getEntriesByName('sama:glance').length")


def rests(visitor, x: float, y: float) -> None:
    """Rest over a place until its preview is painted."""
    before = seen(visitor)
    visitor.page.mouse.move(*visitor.at(x, y))
    becomes(visitor, lambda: seen(visitor) > before)


def test_the_preview_comes_at_rest_and_changes_nothing(tab):
    page, marked, answered = tab.page, tab.prompts(), tab.seq
    page.mouse.move(*tab.at(0.7, 0.3))
    before = page.evaluate(CANVAS)
    rests(tab, 0.62, 0.5)
    becomes(tab, lambda: page.evaluate(CANVAS) != before)
    assert tab.seq == answered and page.locator(".pr-undo").is_enabled()
    kept = page.evaluate("() => sessionStorage.getItem('sama-photo')")
    page.mouse.move(*tab.at(0.02, 0.02))  # beside the photo, or at its edge: the old one is gone at once
    assert page.evaluate("() => sessionStorage.getItem('sama-photo')") == kept
    before = tab.seq
    page.mouse.click(*tab.at(0.62, 0.5))
    tab.answered(before)
    sent = tab.prompts()
    assert len(sent["points"]) == 2 and sent["points"][0] == marked["points"][0]
    assert not tab.errors


def test_it_is_off_by_its_switch_which_is_remembered_and_while_painting(tab):
    page = tab.page
    rests(tab, 0.6, 0.5)
    page.keyboard.press("h")
    assert page.locator(".pr-glance").get_attribute("aria-pressed") == "false"
    page.reload()
    tab.answered()
    assert page.locator(".pr-glance").get_attribute("aria-pressed") == "false"
    asked = len(glances(tab))
    page.mouse.move(*tab.at(0.5, 0.4))
    page.wait_for_timeout(400)
    assert len(glances(tab)) == asked
    page.locator(".pr-glance").click()
    rests(tab, 0.61, 0.5)
    asked = len(glances(tab))
    page.keyboard.press("p")
    page.mouse.move(*tab.at(0.55, 0.45))
    page.wait_for_timeout(400)
    assert len(glances(tab)) == asked
    assert not tab.errors


def test_a_finger_sees_none_and_a_late_one_is_dropped(visit):
    visitor = visit(has_touch=True)
    page = visitor.page
    before = visitor.seq
    page.touchscreen.tap(*visitor.at(0.5, 0.5))
    visitor.answered(before)
    page.wait_for_timeout(300)
    assert not glances(visitor)
    page.mouse.move(*visitor.at(0.4, 0.5))
    becomes(visitor, lambda: len(glances(visitor)) == 1)
    page.mouse.move(*visitor.at(0.9, 0.02))
    page.mouse.move(*visitor.at(0.45, 0.5))
    becomes(visitor, lambda: len(glances(visitor)) >= 2)
    assert not visitor.errors


CANVAS = "() => document.querySelector('.pr-canvas').toDataURL().length"
