"""The linked panels in a real browser: loupe, blink, divider, differences, closer looks, and what a click costs."""

import time

import numpy as np
import pytest
from PIL import Image

from tests.ui.browser.conftest import EXAMPLES, Visitor

PANELS = ("sam", "sama", "alpha", "composite")


@pytest.fixture(scope="module")
def photo_of_12_megapixels(tmp_path_factory):
    """A file of 4000 x 3000 pixels with an example's colours, and stripes of one pixel in its middle."""
    with Image.open(EXAMPLES / "flower.jpg") as image:
        rgb = np.array(image.convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC))
    rgb[1400:1600, 1900:2100] = np.where(np.arange(200)[None, :, None] % 2, 255, 0)
    path = tmp_path_factory.mktemp("photos") / "large.jpg"
    Image.fromarray(rgb).save(path, quality=95)
    return path


@pytest.fixture(scope="module")
def large_tab(browser, server, photo_of_12_megapixels):
    """A visitor with 12 megapixels and a click in their middle."""
    visitor = Visitor(browser, server[1])
    visitor.page.set_input_files(".pr-file", photo_of_12_megapixels)
    visitor.page.get_by_text("4000 × 3000").wait_for()
    visitor.page.get_by_text("Ready: click the object").wait_for()
    visitor.page.mouse.click(*visitor.at(0.5, 0.5))
    visitor.answered()
    yield visitor
    visitor.context.close()


@pytest.fixture
def large(large_tab):
    """The same, zoomed out and without a loupe."""
    large_tab.page.keyboard.press("0")
    if large_tab.page.locator(".vw-loupe").get_attribute("aria-pressed") == "true":
        large_tab.page.click(".vw-loupe")
    return large_tab


def canvas(visitor, name):
    return visitor.page.locator(f"[data-panel={name}] canvas:not(.vw-lens)")


def spot(visitor, name, x=0.5, y=0.5):
    """Where on the screen a spot of a panel is."""
    box = canvas(visitor, name).bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def pixels(visitor, selector):
    """The RGBA of a canvas, (h, w, 4)."""
    width, height, data = visitor.page.evaluate(
        """selector => {
          const c = document.querySelector(selector);
          return [c.width, c.height, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]];
        }""",
        selector,
    )
    return np.array(data, np.uint8).reshape(height, width, 4)


def becomes(visitor, test):
    """Wait until a function of no arguments returns true."""
    deadline = time.monotonic() + 30  # a look at all pixels may take a second
    while not test():
        assert time.monotonic() < deadline, "it did not become so within 30 seconds"
        visitor.page.wait_for_timeout(80)


def stripes(rgba):
    """The number of changes between black and white along the middle row; greys between them do not count."""
    row = rgba[len(rgba) // 2, :, 0]
    return np.count_nonzero(np.diff(row[(row < 90) | (row > 165)] > 127))


def sharp(row):
    """Most pixels are black or white."""
    return np.mean((row < 90) | (row > 165)) > 0.7


def test_the_loupe_shows_one_spot_in_every_panel(visit):
    visitor = visit()
    visitor.page.click(".vw-loupe")
    visitor.page.mouse.move(*spot(visitor, "alpha", 0.13, 0.5))  # the left edge of the ellipse
    lenses = visitor.page.locator(".vw-lens:visible")
    assert lenses.count() == len(PANELS)
    boxes = {name: visitor.page.locator(f"[data-panel={name}] .vw-lens").bounding_box() for name in PANELS}
    panels = {name: visitor.page.locator(f"[data-panel={name}]").bounding_box() for name in PANELS}
    offsets = {(round(boxes[n]["x"] - panels[n]["x"]), round(boxes[n]["y"] - panels[n]["y"])) for n in PANELS}
    assert len(offsets) == 1
    alpha = pixels(visitor, "[data-panel=alpha] .vw-lens")[..., 0]
    assert alpha.min() < 40
    assert alpha.max() > 215
    four = np.ptp(alpha[len(alpha) // 2].astype(int))
    visitor.page.select_option(".vw-factor", "8")
    visitor.page.mouse.move(*spot(visitor, "alpha", 0.13, 0.5))
    becomes(
        visitor, lambda: np.ptp(pixels(visitor, "[data-panel=alpha] .vw-lens")[60, :, 0].astype(int)) < four
    )
    visitor.screenshot("loupe")
    visitor.page.mouse.move(*visitor.at(0.5, 0.5))
    assert lenses.count() == 0
    visitor.page.keyboard.press("l")
    assert visitor.page.locator(".vw-loupe").get_attribute("aria-pressed") == "false"
    assert not visitor.errors


def test_the_loupe_has_the_photo_s_own_pixels(large):
    """At 8 times zoomed in twice, stripes of one pixel of 12 million are stripes, in the composite too."""
    large.page.mouse.move(*spot(large, "composite"))
    large.page.mouse.wheel(0, -1100)
    large.page.locator(".vw-grid.zoomed").wait_for()
    large.page.click(".vw-loupe")
    large.page.select_option(".vw-factor", "8")
    large.page.mouse.move(*spot(large, "composite", 0.5, 0.5))
    lens = "[data-panel=composite] .vw-lens"
    becomes(large, lambda: stripes(pixels(large, lens)) >= 10)
    becomes(large, lambda: sharp(pixels(large, lens)[30, 20:-20, 0]))


def test_deep_zoom_brings_real_detail(large):
    before = stripes(pixels(large, "[data-panel=composite] canvas"))
    large.page.mouse.move(*spot(large, "composite"))
    large.page.mouse.wheel(0, -2000)
    becomes(large, lambda: stripes(pixels(large, "[data-panel=composite] canvas")) > 40)
    assert before < 20
    large.screenshot("deep_zoom")
    large.page.locator('#scene [data-colour="#808080"]').click()  # what comes then is coarse at first
    large.page.wait_for_timeout(300)
    becomes(large, lambda: stripes(pixels(large, "[data-panel=composite] canvas")) > 40)
    large.page.evaluate("scrollTo(0, 0)")  # where the click has led
    assert not large.errors


def test_blink_swaps_the_masks_in_place(visit):
    visitor = visit()
    sam, sama = visitor.pixel("sam", 0.42, 0.4), visitor.pixel("sama", 0.42, 0.4)
    assert sam != sama  # there is a hole in SAMA's mask
    visitor.click(0.5, 0.5)  # leaves the focus on the photo
    scrolled = visitor.page.evaluate("scrollY")
    visitor.page.keyboard.press("Space")
    assert visitor.pixel("sam", 0.42, 0.4) == sama
    assert visitor.pixel("sama", 0.42, 0.4) == sam
    assert visitor.page.locator("[data-panel=sam] b").inner_text() == "SAMA mask"
    visitor.page.click(".vw-blink")
    assert visitor.pixel("sam", 0.42, 0.4) == sam
    visitor.page.keyboard.press("Space")  # the button was clicked, not focused with the keyboard
    assert visitor.pixel("sam", 0.42, 0.4) == sama
    assert visitor.page.evaluate("scrollY") == scrolled


def test_space_means_something_else_where_one_types_or_pans(visit):
    visitor = visit()
    before = visitor.pixel("sam", 0.42, 0.4)
    visitor.page.locator(".vw-factor").focus()
    visitor.page.keyboard.press("Space")
    visitor.page.keyboard.press("Escape")
    visitor.page.locator(".vw-overlay").focus()  # with the keyboard, where Space presses a button
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Space")
    assert visitor.page.locator(".vw-plain").get_attribute("aria-pressed") == "true"
    visitor.page.keyboard.press("Shift+Tab")
    visitor.page.keyboard.press("Enter")
    assert visitor.pixel("sam", 0.42, 0.4) == before
    visitor.page.mouse.move(*visitor.at(0.5, 0.5))
    visitor.page.locator(".pr-stage").focus()
    visitor.page.keyboard.down("Space")
    visitor.page.mouse.down()
    visitor.page.mouse.move(*visitor.at(0.55, 0.5))
    visitor.page.mouse.up()
    visitor.page.keyboard.up("Space")
    assert visitor.page.locator("[data-panel=sam] b").inner_text() == "SAM mask"


def test_a_divider_between_any_two_layers(visit):
    visitor = visit()
    left, right = visitor.pixel("sam", 0.3, 0.5), visitor.pixel("sama", 0.7, 0.5)
    visitor.page.click(".vw-modes >> text=Slider")
    assert np.allclose(visitor.pixel("slider", 0.3, 0.5), left, atol=30)
    assert np.allclose(visitor.pixel("slider", 0.7, 0.5), right, atol=30)
    visitor.page.select_option(".vw-left", "alpha")
    visitor.page.select_option(".vw-right", "difference")
    becomes(visitor, lambda: visitor.pixel("slider", 0.9, 0.5)[3] == 255)
    assert visitor.pixel("slider", 0.45, 0.5) == [255, 255, 255, 255]
    assert visitor.pixel("slider", 0.55, 0.5) != [255, 255, 255, 255]
    divider = visitor.page.locator(".vw-divider").bounding_box()
    middle = divider["x"] + 16, divider["y"] + divider["height"] / 2
    visitor.page.mouse.move(*middle)
    visitor.page.mouse.down()
    visitor.page.mouse.move(middle[0] + 90, middle[1])
    visitor.page.mouse.up()
    assert visitor.pixel("slider", 0.55, 0.5) == [255, 255, 255, 255]
    visitor.page.locator(".vw-divider").focus()
    for _ in range(10):
        visitor.page.keyboard.press("ArrowLeft")
    assert visitor.pixel("slider", 0.55, 0.5) != [255, 255, 255, 255]
    assert visitor.page.locator(".vw-divider").get_attribute("aria-valuenow") == "42"
    visitor.page.keyboard.press("Space")  # on the divider that is no blink
    visitor.screenshot("slider")
    visitor.page.keyboard.press("Tab")
    visitor.page.select_option(".vw-right", "photo")
    assert not visitor.errors


def test_the_tour_of_differences_starts_at_the_largest(visit):
    visitor = visit()
    visitor.page.keyboard.press("d")
    visitor.page.get_by_text("3 differences").wait_for()
    visitor.screenshot("difference")
    zooms = []
    for words in ("1 of 3", "2 of 3", "3 of 3", "1 of 3"):
        visitor.page.keyboard.press("d")
        assert visitor.page.locator(".vw-tour span").inner_text() == words
        zooms.append(visitor.page.locator(".pr-zoom").inner_text())
    assert zooms[0] == zooms[3]
    assert len(set(zooms)) == 3
    visitor.page.locator(".vw-tour button").first.click()
    assert visitor.page.locator(".vw-tour span").inner_text() == "3 of 3"
    middle = visitor.pixel("difference")
    assert middle[0] > middle[2] + 60, "the middle of a place is where the masks differ"
    visitor.page.click(".vw-modes >> text=Panels")
    assert canvas(visitor, "composite").is_visible()


def test_a_click_sends_little(large):
    """All that comes down for a click on 12 megapixels, by the browser's own count."""
    devtools = large.context.new_cdp_session(large.page)
    devtools.send("Network.enable")
    received, pictures = [], set()  # pictures in an answer are requests, too, for data: addresses
    devtools.on(
        "Network.requestWillBeSent",
        lambda event: event["request"]["url"].startswith("data:") and pictures.add(event["requestId"]),
    )
    devtools.on(
        "Network.dataReceived",
        lambda event: event["requestId"] in pictures or received.append(event["dataLength"]),
    )
    for x in (0.3, 0.4, 0.6):
        received.clear()
        large.click(x, 0.5)
        large.page.wait_for_timeout(500)
        assert 5_000 < sum(received) <= 60_000


def test_arrows_and_plus_on_the_panels(visit):
    visitor = visit()
    visitor.page.locator(".vw-grid").focus()
    visitor.page.keyboard.press("+")
    visitor.page.keyboard.press("+")
    assert visitor.page.locator(".pr-zoom").inner_text() == "156 %"
    before = visitor.pixel("alpha", 0.5, 0.9)
    for _ in range(6):
        visitor.page.keyboard.press("ArrowDown")
    assert visitor.pixel("alpha", 0.5, 0.9) != before
    visitor.page.keyboard.press("0")
    assert visitor.page.locator(".pr-zoom").inner_text() == "100 %"


def test_the_panels_by_touch(visit):
    visitor = visit(has_touch=True, is_mobile=True)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.tap(".vw-blink")
    assert visitor.page.locator("[data-panel=sam] b").inner_text() == "SAMA mask"
    visitor.page.tap(".vw-loupe")
    x, y = spot(visitor, "sama", 0.5, 0.6)
    visitor.page.touchscreen.tap(x, y)
    lens = visitor.page.locator("[data-panel=sama] .vw-lens").bounding_box()
    assert lens["y"] + lens["height"] < y + lens["height"] / 2, "the finger covers the lens"
    assert visitor.page.locator(".vw-lens:visible").count() == len(PANELS)
    visitor.screenshot("phone_loupe")
    visitor.page.tap(".vw-modes >> text=Difference")
    visitor.page.get_by_text("3 differences").wait_for()
    visitor.page.tap(".vw-tour button:last-child")
    assert visitor.page.locator(".vw-tour span").inner_text() == "1 of 3"
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not visitor.errors
