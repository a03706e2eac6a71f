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
