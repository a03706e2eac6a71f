"""Talk mode in a real browser: scenes on number keys, everything encoded ahead, nothing from outside."""

import threading

import pytest

from sama.ui.handlers import opening
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


def test_scenes_that_are_called_quickly_end_with_the_last(tab, monkeypatch):
    """The first call is held up until the second is answered."""
    gate, real = threading.Event(), opening._open_example

    def held(page, name):
        if name == "flower":
            gate.wait(10)
        yield from real(page, name)

    monkeypatch.setattr(opening, "_open_example", held)
    tab.page.keyboard.press("2")
    tab.page.wait_for_timeout(100)
    before = tab.seq
    tab.page.keyboard.press("1")
    tab.answered(before)
    gate.set()
    tab.page.wait_for_timeout(500)
    assert tab.page.locator(".tk-scene").inner_text().endswith("Cat")
    assert tab.page.locator(".pr-examples [aria-pressed=true]").get_attribute("data-name") == "cat"
    tab.click(0.3, 0.4)
    assert tab.prompts()["image"]["orig_name"] == "cat.jpg"
    before = tab.seq
    tab.page.keyboard.press("1")
    tab.answered(before)


def test_keys_for_the_next_scene_the_next_background_and_one_result(tab):
    page = tab.page
    scene, grid = page.locator(".tk-scene"), page.locator(".vw-grid")
    for key, title in (("PageDown", "Flower"), ("PageDown", "Cat"), ("PageUp", "Flower"), ("PageUp", "Cat")):
        before = tab.seq
        page.keyboard.press(key)
        tab.answered(before)
        assert title in scene.inner_text()
    page.keyboard.press("g")
    page.locator("[data-colour][title=Black][aria-pressed=true]").wait_for()
    page.keyboard.press("Shift+G")
    page.locator("[data-kind=transparent][aria-pressed=true]").wait_for()
    page.keyboard.press("e")
    assert page.locator("#viewer figure:visible").get_attribute("data-panel") == "sam"
    page.keyboard.press("f")
    box = page.locator("#viewer figure:visible").bounding_box()
    assert (box["width"], box["height"]) == (1440, 900)
    page.keyboard.press("e")
    assert page.locator("#viewer figure:visible").get_attribute("data-panel") == "sama"
    page.keyboard.press("Escape")  # the innermost first
    assert talking(tab) and "full" not in grid.get_attribute("class")
    page.keyboard.press("Shift+E")
    assert page.locator("#viewer figure:visible").count() == 4


def test_a_photo_of_one_s_own_becomes_a_scene_with_its_marks(tab):
    page = tab.page
    tab.click(0.3, 0.4)
    marks = {key: tab.prompts()[key] for key in ("points", "boxes")}
    page.get_by_role("button", name="Keep as scene").click()
    page.get_by_text("Kept as scene 1").wait_for()
    before = tab.seq
    page.keyboard.press("3")
    tab.answered(before)
    assert "Flower" in page.locator(".tk-scene").inner_text()
    before = tab.seq
    page.keyboard.press("1")
    tab.answered(before)
    assert {key: tab.prompts()[key] for key in marks} == marks
    page.get_by_role("button", name="Forget it").click()
    page.keyboard.press("2")
    page.wait_for_function("document.querySelector('.tk-scene').textContent === '2  Flower'")
    page.keyboard.press("1")
    page.wait_for_function("document.querySelector('.tk-scene').textContent === '1  Cat'")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900), (1024, 768)])
def test_a_projector_shows_all_controls(tab, width, height):
    tab.page.set_viewport_size({"width": width, "height": height})
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    for name in (".tk-switch", ".tk-keys", ".pr-clear", ".vw-loupe", "#candidates .cd-root", ".sc-root"):
        box = tab.page.locator(name).bounding_box()
        assert box["x"] + box["width"] <= width and box["y"] + box["height"] <= height, (name, box)
    assert tab.page.locator("[data-panel=sama]").bounding_box()["width"] > 280
    tab.page.set_viewport_size({"width": 1440, "height": 900})


def test_a_stage_sees_large_marks_and_no_chrome(tab):
    assert not tab.page.locator(".pr-objects.single").is_visible(), "the list of one object"
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
