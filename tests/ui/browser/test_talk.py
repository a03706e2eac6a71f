"""Talk mode in a real browser: scenes on number keys, everything encoded ahead, nothing from outside."""

import pytest

from tests.ui.browser.conftest import Visitor


@pytest.fixture(scope="module")
def tab(browser, stored):
    visitor = Visitor(browser, stored[0])
    yield visitor
    visitor.context.close()


def talking(visitor) -> bool:
    return visitor.page.evaluate("document.body.classList.contains('talk')")


def test_talk_mode_encodes_every_scene_ahead(tab, stored):
    views = stored[1].views
    tab.page.keyboard.press("t")
    assert talking(tab)
    tab.page.get_by_text("2 scenes ready").wait_for()
    assert stored[1].views == views + 10
    assert tab.page.get_by_role("button", name="Talk mode").get_attribute("aria-pressed") == "true"


def test_number_keys_change_the_scene(tab, stored):
    views, before = stored[1].views, tab.seq
    tab.page.keyboard.press("2")
    tab.answered(before)
    assert "2" in tab.page.locator(".tk-scene").inner_text()
    assert "Flower" in tab.page.locator(".tk-scene").inner_text()
    before = tab.seq
    tab.page.keyboard.press("1")
    tab.answered(before)
    assert "Cat" in tab.page.locator(".tk-scene").inner_text()
    assert stored[1].views == views
    tab.page.keyboard.press("9")  # there is no ninth scene
    assert "Cat" in tab.page.locator(".tk-scene").inner_text()
    tab.screenshot("talk")


def test_a_stage_sees_large_marks_and_no_chrome(tab):
    for hidden in (".st-limits", "#run", "#take", ".pr-open", ".pr-foot"):
        assert not tab.page.locator(hidden).first.is_visible(), hidden
    for shown in (".pr-canvas", "#viewer", "#scene"):
        assert tab.page.locator(shown).first.is_visible(), shown
    assert "svg" in tab.page.locator(".pr-canvas").evaluate("canvas => getComputedStyle(canvas).cursor")
    marks = "getComputedStyle(document.querySelector('.pr-root')).getPropertyValue('--studio-marks')"
    assert float(tab.page.evaluate(marks)) > 1.5


def test_escape_leaves_and_keeps_the_prompts(tab, stored):
    sent = len(tab.sent)
    tab.page.keyboard.press("Escape")
    assert not talking(tab)
    assert tab.page.locator("#run").is_visible()
    tab.page.wait_for_timeout(300)
    assert len(tab.sent) == sent
    assert tab.hosts == {stored[0].split("/")[2]}, "the page loads something from outside"
    assert not tab.errors


def test_the_address_can_ask_for_talk_mode(browser, stored):
    visitor = Visitor(browser, f"{stored[0]}?talk=1")
    try:
        assert talking(visitor)
        visitor.page.get_by_role("button", name="Talk mode").click()
        assert not talking(visitor)
    finally:
        visitor.context.close()
