"""The page on a phone: by fingers, in one column or held sideways."""

import pytest

from tests.ui.browser.conftest import Visitor, serve
from tests.ui.browser.fake_predictor import Counts, FakePredictor

ZOOM = "parseInt(document.querySelector('.pr-zoom').textContent)"


@pytest.fixture(scope="module")
def phone(browser, boxed_examples):
    """A tab on a studio whose mattes are grey inside."""
    studio, url = serve(FakePredictor(Counts(grey=True)), boxed_examples)
    visitor = Visitor(browser, url, has_touch=True, is_mobile=True)
    visitor.page.set_viewport_size({"width": 360, "height": 740})
    visitor.touch = visitor.context.new_cdp_session(
        visitor.page
    )  # one for all: it knows which fingers are down
    yield visitor
    visitor.context.close()
    studio.close()


def fingers(visitor, kind: str, *spots):
    points = [dict(zip("xy", spot, strict=True), id=i) for i, spot in enumerate(spots)]
    visitor.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_phone_is_told_what_fingers_do_and_where_results_are(phone):
    page = phone.page
    assert page.locator(".pr-open").inner_text().strip() == "Open"
    assert page.get_by_label("Open photo", exact=True).count() == 1
    assert page.locator(".pr-help:visible").inner_text().startswith("Tap keeps")
    for words in ("right click", "Shift", "Wheel"):
        assert not page.get_by_text(words).first.is_visible(), words
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.evaluate("scrollTo(0, 0)")
    before = phone.seq
    page.touchscreen.tap(*phone.at(0.5, 0.5))
    phone.answered(before)
    results = page.locator(".wy-list button", has_text="Results")
    page.locator(".wy-list .news").wait_for()
    assert page.get_by_text("Results are ready, further down.").count() == 1
    results.tap()
    page.wait_for_function("Math.abs(document.querySelector('#viewer').getBoundingClientRect().top) < 40")
    page.locator(".wy-list .news").wait_for(state="detached")
    page.locator(".wy-list button", has_text="Download").tap()
    page.wait_for_function("document.querySelector('#export').getBoundingClientRect().bottom < innerHeight")


def test_a_grey_thing_can_be_said_to_be_solid_for_this_photo_only(phone):
    page = phone.page
    page.get_by_role("button", name="Looks solid? Make it opaque").tap()
    page.locator("[data-panel=alpha] b", has_text="Solid matte").wait_for()
    assert page.locator("[data-matte=solid]").get_attribute("aria-pressed") == "true"
    assert not page.locator(".cd-opaque").is_visible()
    page.tap(".pr-examples [data-name=flower]")
    page.locator("[data-panel=alpha] b", has_text="Alpha matte").wait_for()
    page.locator("[data-matte=sama][aria-pressed=true]").wait_for()
    page.locator(".cd-opaque").wait_for()
    assert not phone.errors


def test_one_finger_moves_the_photo_when_asked_to_and_marks_nothing(phone):
    page = phone.page
    page.evaluate("scrollTo(0, 0)")
    fingers(phone, "touchStart", phone.at(0.4, 0.5), phone.at(0.6, 0.5))
    for apart in (0.2, 0.3, 0.4):
        fingers(phone, "touchMove", phone.at(0.5 - apart, 0.5), phone.at(0.5 + apart, 0.5))
    fingers(phone, "touchEnd")
    page.wait_for_function(f"{ZOOM} > 200")
    assert "Show all" in page.locator(".pr-zoom").evaluate("b => getComputedStyle(b, '::after').content")
    page.tap(".pr-move")
    before = phone.prompts(), phone.seq
    fingers(phone, "touchStart", phone.at(0.3, 0.5))
    for x in (0.4, 0.5, 0.6):
        fingers(phone, "touchMove", phone.at(x, 0.5))
    fingers(phone, "touchEnd")
    page.wait_for_timeout(300)
    assert (phone.prompts(), phone.seq) == before
    page.touchscreen.tap(*phone.at(0.5, 0.5))  # a tap still marks
    phone.answered(before[1])
    (x, _, label), *_ = phone.prompts()["points"]
    # Two fingers' moves come one after the other, so that the middle is at 352 of 640 before this one's.
    assert label == 1 and x < 352 - 40, "the photo moved to the right"
    page.tap(".pr-zoom")
    page.wait_for_function(f"{ZOOM} === 100")
    page.tap(".pr-move")


def test_held_sideways_the_photo_leaves_room_for_a_finger_that_scrolls(phone):
    page = phone.page
    page.set_viewport_size({"width": 740, "height": 360})
    page.evaluate("scrollTo(0, 0)")
    photo, results = (page.locator(name).bounding_box() for name in (".pr-stage", "#viewer"))
    assert photo["x"] + photo["width"] <= results["x"], "results stand beside the photo"
    assert page.locator(".pr-bar").evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    x, y = results["x"] + results["width"] / 2, 250
    fingers(phone, "touchStart", (x, y))
    for step in range(1, 9):
        fingers(phone, "touchMove", (x, y - 20 * step))
    fingers(phone, "touchEnd")
    page.wait_for_function("scrollY > 60")
    assert page.evaluate("document.documentElement.scrollWidth") <= 740
    assert not phone.errors
