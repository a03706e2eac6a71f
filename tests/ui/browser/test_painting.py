"""Brush and eraser on the page, in a real browser."""

import json

import pytest

from tests.ui.browser.test_viewer import becomes


@pytest.fixture
def tab(visit):
    """A tab with nothing marked on its photo."""
    visitor = visit()
    visitor.page.click(".pr-clear")
    visitor.page.locator("#viewer [data-seq]").wait_for(state="detached")
    return visitor


def stroke(visitor, *places, wait=True):
    """Paint through fractions of the canvas; waits for the answer."""
    page = visitor.page
    shown = page.locator("#viewer [data-seq]").count()
    before = visitor.seq if shown else None
    page.mouse.move(*visitor.at(*places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*visitor.at(*place), steps=4)
    page.mouse.up()
    if wait:
        visitor.answered(before)


def white(visitor, x: float, y: float) -> bool:
    return visitor.pixel("alpha", x, y)[0] > 200


def test_a_stroke_is_refined_erased_undone_and_taken_as_it_is(tab):
    page = tab.page
    page.keyboard.press("p")
    assert page.locator(".pr-paint").get_attribute("aria-pressed") == "true"
    stroke(tab, (0.4, 0.5), (0.6, 0.5))
    sent = tab.prompts()
    assert len(sent["strokes"]) == 1 and not sent["points"] and not sent["boxes"]
    label, radius, *places = sent["strokes"][0]
    assert label == 1 and 4 <= len(places) <= 8, "a straight line is two places"
    assert radius == pytest.approx(18 * 512 / page.locator(".pr-canvas").bounding_box()["height"], rel=0.3)
    assert white(tab, 0.5, 0.5) and not white(tab, 0.5, 0.8)
    assert page.locator("[data-panel=alpha] figcaption").inner_text() == "Alpha matte"
    page.keyboard.press("n")
    stroke(tab, (0.6, 0.44), (0.6, 0.56))
    assert [s[0] for s in tab.prompts()["strokes"]] == [1, 0]
    assert not white(tab, 0.6, 0.5) and white(tab, 0.5, 0.5)
    before = tab.seq
    page.click(".br-painted")
    tab.answered(before)
    assert tab.prompts()["painted"]
    becomes(tab, lambda: page.locator("[data-panel=alpha] figcaption").inner_text() == "Matte as painted")
    for expected in (2, 1):
        before = tab.seq
        page.keyboard.press("Control+z")
        tab.answered(before)
        assert len(tab.prompts()["strokes"]) == expected and not tab.prompts()["painted"]
    assert white(tab, 0.6, 0.5)
    page.reload()
    tab.answered()
    assert [s[0] for s in tab.prompts()["strokes"]] == [1], "kept by the tab"
    assert not tab.errors


def test_the_tool_is_left_innermost_first_and_nothing_is_erased_from_nothing(tab):
    page = tab.page
    page.locator(".pr-erase").click()
    stroke(tab, (0.4, 0.5), (0.6, 0.5), wait=False)
    page.get_by_text("There is nothing to erase from yet").first.wait_for()
    page.locator(".pr-paint").click()
    for key, larger in (("]", True), ("[", False)):
        size = int(page.locator(".pr-brush output").inner_text())
        page.keyboard.press(key)
        assert (int(page.locator(".pr-brush output").inner_text()) > size) == larger
    page.mouse.move(*tab.at(0.4, 0.4))
    page.mouse.down()
    page.mouse.move(*tab.at(0.5, 0.5), steps=3)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.locator(".pr-paint").get_attribute("aria-pressed") == "true", "the stroke was the innermost"
    assert page.locator(".pr-clear").is_disabled()
    page.keyboard.press("Escape")
    assert page.locator(".pr-paint").get_attribute("aria-pressed") == "false"
    assert page.locator(".br-in").is_hidden()
    page.mouse.click(*tab.at(0.5, 0.5))
    tab.answered()
    assert len(tab.prompts()["points"]) == 1 and not tab.prompts()["strokes"]
    assert not tab.errors


def test_the_keyboard_paints_and_an_answer_is_corrected(tab):
    page = tab.page
    page.mouse.click(*tab.at(0.5, 0.5))
    tab.answered()
    page.locator(".pr-stage").focus()
    page.keyboard.press("p")
    before = tab.seq
    for key in ("ArrowRight", "Enter", *["Shift+ArrowRight"] * 2, "Enter"):
        page.keyboard.press(key)
    tab.answered(before)
    sent = tab.prompts()
    assert len(sent["points"]) == 1 and len(sent["strokes"]) == 1 and sent["order"] == ["point", "stroke"]
    assert "Painted" in page.locator(".pr-unseen").inner_text()
    assert not tab.errors


def test_strokes_make_objects_where_several_are_apart(tab):
    page = tab.page
    for start, end in (((0.3, 0.3), (0.45, 0.5)), ((0.52, 0.3), (0.7, 0.5))):
        shown = page.locator("#viewer [data-seq]").count()
        before = tab.seq if shown else None
        page.mouse.move(*tab.at(*start))
        page.mouse.down()
        page.mouse.move(*tab.at(*end), steps=3)
        page.mouse.up()
        tab.answered(before)
    page.keyboard.press("p")
    stroke(tab, (0.4, 0.8), (0.6, 0.8))
    assert tab.prompts()["brushed"] == [2] and page.locator(".ob-list li").count() == 3
    page.locator(".ob-pick").first.click()
    stroke(tab, (0.32, 0.6), (0.4, 0.6))
    becomes(tab, lambda: tab.prompts()["brushed"] == [2, 0])
    assert page.locator(".ob-list li").count() == 3
    assert not tab.errors


def test_a_finger_paints_and_two_fingers_do_not(visit):
    visitor = visit(has_touch=True)
    page = visitor.page
    page.click(".pr-clear")
    page.locator("#viewer [data-seq]").wait_for(state="detached")
    page.locator(".pr-paint").click()
    touch = page.context.new_cdp_session(page)

    def send(kind, *places):
        points = [dict(zip("xy", visitor.at(*place), strict=True), id=i) for i, place in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", (0.4, 0.5))
    send("touchMove", (0.45, 0.5))
    send("touchStart", (0.45, 0.5), (0.6, 0.6))
    send("touchMove", (0.4, 0.5), (0.65, 0.6))
    send("touchEnd")
    assert page.locator(".pr-clear").is_disabled(), "two fingers zoom"
    page.locator(".pr-zoom").click()
    send("touchStart", (0.4, 0.5))
    for x in (0.45, 0.5, 0.55):
        send("touchMove", (x, 0.5))
    send("touchEnd")
    visitor.answered()
    assert len(visitor.prompts()["strokes"]) == 1
    assert not visitor.errors


def test_a_session_brings_strokes_and_the_switch_back(tab, without_figures, tmp_path):
    from tests.ui.browser.conftest import download

    page = tab.page
    page.keyboard.press("p")
    page.click(".br-painted")
    stroke(tab, (0.4, 0.5), (0.6, 0.5))
    made = tmp_path / "session.json"
    download(tab, "Session").save_as(made)
    session = json.loads(made.read_text())
    assert len(session["prompts"]["strokes"]) == 1 and session["settings"]["matte"] == "painted"
    assert made.stat().st_size < 2000
    page.click(".pr-clear")
    page.locator("#viewer [data-seq]").wait_for(state="detached")
    page.set_input_files(".pr-file", made)
    tab.answered()
    assert tab.prompts()["strokes"] == session["prompts"]["strokes"] and tab.prompts()["painted"]
    assert page.locator(".br-painted").get_attribute("aria-pressed") == "true"
    assert not tab.errors
