"""The prompter in a real browser: clicks, boxes, history, zoom and touch."""

import numpy as np
import pytest
from PIL import Image


def photo_fraction(visitor, width, height, x, y):
    """Where a photo pixel is, as fractions of the canvas that shows the photo whole and centred."""
    box = visitor.page.locator(".pr-canvas").bounding_box()
    scale = min(box["width"] / width, box["height"] / height)
    left, top = (box["width"] - width * scale) / 2, (box["height"] - height * scale) / 2
    return (left + x * scale) / box["width"], (top + y * scale) / box["height"]


@pytest.fixture
def large(visit, tmp_path):
    """A visitor with a photo of 4000 x 3000 pixels and no prompts."""
    visitor = visit()
    path = tmp_path / "large.jpg"
    Image.fromarray(np.full((3000, 4000, 3), 90, np.uint8)).save(path, quality=80)
    visitor.page.set_input_files(".pr-file", path)
    visitor.page.get_by_text("4000 × 3000").wait_for()
    visitor.page.get_by_text("Ready: click the object").wait_for()
    return visitor


def test_each_kind_of_click(visit):
    visitor = visit()
    assert visitor.prompts()["boxes"] == [[12, 14, 510, 512]]
    visitor.click(0.5, 0.5)
    visitor.click(0.55, 0.6, button="right")
    visitor.page.keyboard.down("Shift")
    visitor.click(0.6, 0.4)
    visitor.page.keyboard.up("Shift")
    visitor.page.click(".pr-drop")
    visitor.click(0.4, 0.4)
    assert [p[2] for p in visitor.prompts()["points"]] == [1, 0, 0, 0]
    visitor.drag((0.3, 0.3), (0.45, 0.5))
    prompts = visitor.prompts()
    assert len(prompts["boxes"]) == 2
    assert len(prompts["points"]) == 4
    assert not visitor.errors


def test_a_box_wins_over_a_click_before_it_that_contradicts_it(visit):
    tab = visit()
    tab.clear()
    tab.page.mouse.click(*tab.at(0.9, 0.9))
    tab.answered()
    tab.drag((0.2, 0.2), (0.6, 0.8))
    assert tab.prompts()["order"] == ["point", "box"]
    tab.page.get_by_text("1 click does not count beside a box that came later").wait_for()
    tab.click(0.4, 0.55, button="right")
    assert tab.prompts()["order"] == ["point", "box", "point"]
    tab.page.keyboard.press("Control+z")
    tab.page.wait_for_timeout(300)
    assert tab.prompts()["order"] == ["point", "box"]


def test_undo_redo_and_clear(visit):
    visitor = visit()
    visitor.click(0.5, 0.5)
    visitor.click(0.6, 0.5)
    both = visitor.prompts()["points"]
    for key, expected in (
        ("Control+z", both[:1]),
        ("Control+z", []),
        ("Control+Shift+z", both[:1]),
        ("Control+y", both),
    ):
        before = visitor.seq
        visitor.page.keyboard.press(key)
        visitor.answered(before)
        assert visitor.prompts()["points"] == expected
    visitor.page.keyboard.press("Escape")
    visitor.page.locator("#viewer [data-seq]").wait_for(state="detached")
    assert visitor.prompts()["points"] == visitor.prompts()["boxes"] == []
    assert visitor.pixel("alpha") == [0, 0, 0, 0]
    visitor.page.click(".pr-undo")
    visitor.answered()
    assert visitor.prompts()["points"] == both


def test_points_and_corners_can_be_moved(visit):
    visitor = visit()
    spot = photo_fraction(visitor, 512, 512, 256, 256)
    visitor.click(*spot)
    visitor.drag(spot, photo_fraction(visitor, 512, 512, 300, 200))
    visitor.drag(photo_fraction(visitor, 512, 512, 12, 14), photo_fraction(visitor, 512, 512, 100, 120))
    prompts = visitor.prompts()
    assert len(prompts["points"]) == 1
    assert prompts["points"][0] == pytest.approx([300, 200, 1], abs=1.5)
    assert prompts["boxes"] == [pytest.approx([100, 120, 510, 512], abs=1.5)]


def test_coordinates_are_photo_pixels_also_when_zoomed(large):
    large.page.mouse.click(*large.at(*photo_fraction(large, 4000, 3000, 1000, 700)))
    large.answered()
    assert large.prompts()["points"] == [pytest.approx([1000, 700, 1], abs=7)]  # a screen pixel
    middle = photo_fraction(large, 4000, 3000, 3000, 2000)
    large.page.mouse.move(*large.at(*middle))
    large.page.mouse.wheel(0, -1500)
    large.page.wait_for_function("() => parseInt(document.querySelector('.pr-zoom').textContent) > 800")
    large.click(*middle)
    assert large.prompts()["points"][1] == pytest.approx([3000, 2000, 1], abs=7)
    x, y = large.at(*middle)
    before = large.seq
    large.page.mouse.click(x + 100, y)
    large.answered(before)
    zoom = int(large.page.locator(".pr-zoom").inner_text().split()[0]) / 100
    box = large.page.locator(".pr-canvas").bounding_box()
    per_pixel = 1 / (min(box["width"] / 4000, box["height"] / 3000) * zoom)
    moved = large.prompts()["points"][2][0] - large.prompts()["points"][1][0]
    assert moved == pytest.approx(100 * per_pixel, abs=1)


def test_panels_follow_the_zoom_of_the_prompter(visit):
    visitor = visit()
    before = visitor.pixel("alpha", 0.5, 0.97)
    visitor.page.mouse.move(*visitor.at(0.5, 0.5))
    visitor.page.mouse.wheel(0, -1200)
    visitor.page.locator(".vw-grid.zoomed").wait_for()
    assert visitor.pixel("alpha", 0.5, 0.97) != before


def test_prompts_survive_a_resize(visit):
    visitor = visit()
    visitor.click(0.5, 0.5)
    first = visitor.prompts()
    visitor.page.set_viewport_size({"width": 800, "height": 700})
    visitor.click(0.6, 0.6)
    assert visitor.prompts()["points"][0] == first["points"][0]
    assert visitor.prompts()["boxes"] == first["boxes"]


def test_touch_on_a_phone(visit):
    visitor = visit(has_touch=True, is_mobile=True)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.tap(".pr-drop")
    before = visitor.seq
    visitor.page.touchscreen.tap(*visitor.at(0.5, 0.5))
    visitor.answered(before)
    assert [p[2] for p in visitor.prompts()["points"]] == [0]
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    visitor.screenshot("phone")


def test_a_click_hits_the_very_pixel_of_a_50_megapixel_photo(visit, tmp_path):
    width, height, x, y = 8660, 5773, 6543, 1234
    rgb = np.full((height, width, 3), 90, np.uint8)
    rgb[y - 1 : y + 2, x - 1 : x + 2] = (255, 0, 0)  # centre (x + 0.5, y + 0.5)
    Image.fromarray(rgb).save(tmp_path / "vast.png", compress_level=1)
    del rgb
    visitor = visit()
    visitor.page.set_input_files(".pr-file", tmp_path / "vast.png")
    visitor.page.get_by_text(f"{width} × {height}").wait_for(timeout=120_000)
    visitor.page.get_by_text("Ready: click the object").wait_for(timeout=120_000)
    visitor.page.mouse.move(*visitor.at(*photo_fraction(visitor, width, height, x, y)))
    visitor.page.mouse.wheel(0, -4000)
    visitor.page.wait_for_function("() => parseInt(document.querySelector('.pr-zoom').textContent) > 4000")
    found = """() => {
      const c = document.querySelector('.pr-canvas'), r = c.getBoundingClientRect();
      const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
      let n = 0, x = 0, y = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] > 240 && data[i + 1] < 20) {
        n++; x += (i / 4) % c.width + 0.5; y += Math.floor(i / 4 / c.width) + 0.5;
      }
      return n > 50 && [r.left + x / n * r.width / c.width, r.top + y / n * r.height / c.height];
    }"""
    # The photo itself is drawn once the browser has decoded it; its preview has no such pixel.
    spot = visitor.page.wait_for_function(found, timeout=120_000).json_value()
    visitor.page.mouse.click(*spot)
    visitor.answered()
    assert visitor.prompts()["points"] == [pytest.approx([x + 0.5, y + 0.5, 1], abs=0.5)]
    assert len(visitor.sent[-1]) < 1000
    assert not visitor.errors


def test_prompts_by_keyboard_alone(visit):
    visitor = visit()
    key = visitor.page.keyboard.press
    visitor.clear()
    for name in (
        "ArrowLeft",
        "ArrowLeft",
        "Enter",
    ):  # the first arrow only shows the crosshair, in the middle
        key(name)
    visitor.answered()
    assert visitor.page.locator(".pr-unseen").inner_text().startswith("Keeps ")
    before = visitor.seq
    for name in ("Shift+ArrowRight", "Shift+Enter"):
        key(name)
    visitor.answered(before)
    (x0, y0, keep), (x1, y1, drop) = visitor.prompts()["points"]
    assert (keep, drop) == (1, 0) and x0 < 256 < x1 and y0 == y1 == 256
    before = visitor.seq
    for name in ("b", "Shift+ArrowDown", "Shift+ArrowRight", "b"):
        key(name)
    visitor.answered(before)
    ((left, top, right, bottom),) = visitor.prompts()["boxes"]
    assert (left, top) == (x1, y1) and right - left == pytest.approx(bottom - top, abs=0.2) and right > left
    before = visitor.seq
    for name in (
        "Delete",
        "Shift+ArrowUp",
        "Shift+ArrowLeft",
        "Delete",
    ):  # the box by a corner, then the point
        key(name)
    visitor.answered(before + 1)
    assert visitor.prompts()["boxes"] == [] and visitor.prompts()["points"] == [[x0, y0, 1]]
    key("Escape")  # puts the crosshair away
    key("+")
    assert visitor.page.locator(".pr-zoom").inner_text() == "125 %"
    assert visitor.prompts()["points"] == [[x0, y0, 1]]
    assert not visitor.errors


def test_two_fingers_zoom_and_mark_nothing(visit):
    visitor = visit(has_touch=True, is_mobile=True)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    touch = visitor.context.new_cdp_session(visitor.page)
    before = visitor.prompts()

    def fingers(kind: str, *spots):
        points = [dict(zip("xy", visitor.at(*spot), strict=True), id=i) for i, spot in enumerate(spots)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (0.4, 0.5), (0.6, 0.5))
    for spread in (0.15, 0.2, 0.25, 0.3):
        fingers("touchMove", (0.5 - spread, 0.5), (0.5 + spread, 0.5))
    fingers("touchEnd")
    visitor.page.wait_for_function("() => parseInt(document.querySelector('.pr-zoom').textContent) > 200")
    visitor.page.wait_for_timeout(300)
    assert visitor.prompts() == before
    x, y = visitor.at(0.5, 0.5)
    since = visitor.seq
    visitor.page.touchscreen.tap(x, y)
    visitor.answered(since)
    (point,) = visitor.prompts()["points"]
    assert point == pytest.approx([256, 256, 1], abs=20)
    assert not visitor.errors


@pytest.mark.parametrize("how", ["space", "middle", "Alt"])
def test_dragging_the_photo_marks_nothing(visit, how):
    visitor = visit()
    before = visitor.prompts(), visitor.seq
    visitor.page.mouse.move(*visitor.at(0.5, 0.5))
    visitor.page.mouse.wheel(0, -1000)
    visitor.page.wait_for_function("() => parseInt(document.querySelector('.pr-zoom').textContent) > 300")
    button = "middle" if how == "middle" else "left"
    held = {"space": " ", "Alt": "Alt"}.get(how)
    if held:
        visitor.page.locator(".pr-stage").focus()
        visitor.page.keyboard.down(held)
    visitor.page.mouse.move(*visitor.at(0.5, 0.5))
    visitor.page.mouse.down(button=button)
    visitor.page.mouse.move(*visitor.at(0.6, 0.5))
    visitor.page.mouse.move(*visitor.at(0.7, 0.5))
    visitor.page.mouse.up(button=button)
    if held:
        visitor.page.keyboard.up(held)
    visitor.page.wait_for_timeout(300)
    assert (visitor.prompts(), visitor.seq) == before
    visitor.click(0.5, 0.5)
    x, y, _ = visitor.prompts()["points"][0]
    assert x < 256 - 15 and y == pytest.approx(256, abs=3), "the photo moved to the right"
    assert not visitor.errors
