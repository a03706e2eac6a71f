"""The photo on the canvas is the server's, files are never lost, and the keyboard means the same everywhere."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers import exif
from tests.ui.browser.conftest import Visitor

QUARTERS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30))  # of the upright photo, by rows
SEEN = """spots => {
  const c = document.querySelector('.pr-canvas'), ctx = c.getContext('2d');
  return spots.map(([x, y]) => [...ctx.getImageData(c.width * x | 0, c.height * y | 0, 1, 1).data].slice(0, 3));
}"""
AROUND = [[0.45, 0.45], [0.55, 0.45], [0.45, 0.55], [0.55, 0.55]]
# What each EXIF orientation asks for, undone: the stored picture of an upright one.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}
DROP = """([selector, files]) => {
  const carried = new DataTransfer();
  for (const [name, bytes] of files) carried.items.add(new File([Uint8Array.from(bytes)], name));
  const fired = ['dragover', 'drop'].map(kind => {
    const event = new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
    document.querySelector(selector).dispatchEvent(event);
    return event.defaultPrevented;
  });
  return fired.every(Boolean);
}"""


def quarters(height: int, width: int) -> np.ndarray:
    colours = np.uint8(QUARTERS).reshape(2, 2, 3)
    return colours.repeat(height // 2, 0).repeat(width // 2, 1)


@pytest.fixture(scope="module")
def tab(browser, server):
    visitor = Visitor(browser, server[1], STAYS)
    yield visitor
    visitor.context.close()


def opened(visitor, *paths):
    visitor.page.set_input_files(".pr-file", list(paths))
    visitor.page.wait_for_function(
        "name => JSON.parse(sessionStorage.getItem('sama-photo') || '{}').value?.image.orig_name === name",
        arg=paths[0].name,
    )
    visitor.page.get_by_text("Ready: click the object").wait_for()


def photo_of(visitor, size: str):
    """Wait until a photo of this size is on the canvas; the server says its size a moment before."""
    visitor.page.get_by_text(size).wait_for()
    visitor.page.wait_for_function("() => !document.querySelector('.pr-stage.busy')")


def dropped(visitor, selector, *paths) -> bool:
    return visitor.page.evaluate(DROP, [selector, [[p.name, list(p.read_bytes())] for p in paths]])


# Gradio leaves the server when it hears that the page may be left: not where a test only asks whether it may be.
STAYS = """const listen = window.addEventListener;
window.addEventListener = (type, listener, ...rest) => {
  if (type !== 'beforeunload' || !String(listener).includes('.close()')) listen(type, listener, ...rest);
};"""


def goes(visitor) -> bool:
    """Whether a visitor who leaves is asked nothing."""
    return visitor.page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")


def points(visitor) -> list:
    return json.loads(visitor.page.evaluate("sessionStorage.getItem('sama-photo')"))["value"]["points"]


@pytest.mark.parametrize(
    ("kind", "turned"),
    [("webp", 6), ("webp", 3), ("jpg", 5), ("jpg", 4), ("png", 8), ("tif", 7), ("avif", 1)],
)
def test_the_canvas_shows_the_upright_photo_also_enlarged(tab, tmp_path, kind, turned):
    path = tmp_path / f"turned.{kind}"
    stored = np.ascontiguousarray(STORED[turned](quarters(1200, 1400)))
    tags = {} if turned == 1 else {"exif": exif(turned)}
    Image.fromarray(stored).save(path, **tags)
    opened(tab, path)
    photo_of(tab, "1400 × 1200")
    for wheel in (0, -1500):  # the preview, then the larger picture
        tab.page.mouse.move(*tab.at(0.5, 0.5))
        tab.page.mouse.wheel(0, wheel)
        tab.page.wait_for_timeout(400)
        assert np.abs(np.subtract(tab.page.evaluate(SEEN, AROUND), QUARTERS)).max() < 12
    tab.page.click(".pr-zoom")
    assert not tab.errors


def test_every_drop_is_taken(tab, tmp_path):
    for selector in ("#viewer", "#scene", "#head", "body", ".pr-stage"):
        assert dropped(tab, selector), selector
    Image.fromarray(quarters(40, 60)).save(tmp_path / "beside.png")
    assert dropped(tab, "#viewer", tmp_path / "beside.png")
    photo_of(tab, "60 × 40")


def test_photos_that_come_together_wait_in_a_row_with_their_marks(tab, tmp_path):
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "three")]
    for i, path in enumerate(paths):
        Image.fromarray(quarters(50 + 2 * i, 60)).save(path)
    assert dropped(tab, "#scene", *paths)
    photo_of(tab, "60 × 50")
    assert tab.page.locator(".pr-row button").all_inner_texts() == ["one.png", "two.png", "three.png"]
    assert tab.page.locator(".pr-row span").inner_text() == "3 photos, one at a time:"
    tab.page.get_by_text("Opening the first of 3 photos; the others wait below the photo").first.wait_for(
        state="attached"
    )
    tab.page.mouse.click(*tab.at(0.5, 0.5))
    tab.answered()
    marked = points(tab)
    tab.page.get_by_role("button", name="three.png").click()
    photo_of(tab, "60 × 54")
    assert points(tab) == []
    tab.page.get_by_role("button", name="one.png").click()
    photo_of(tab, "60 × 50")
    tab.answered()
    assert points(tab) == marked and len(marked) == 1

    def open_one() -> list:
        return tab.page.locator(".pr-row button[aria-pressed=true]").all_inner_texts()

    def sent(path):
        before = tab.seq
        assert dropped(tab, "#scene", path)
        return before

    mask = np.zeros((50, 60), np.uint8)
    mask[10:40, 10:50] = 255
    for name, picture in (("mask", mask), ("little", mask[::2])):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no photo")
    assert open_one() == ["one.png"]
    tab.answered(sent(tmp_path / "mask.png"))
    tab.page.get_by_text("mask.png is a mask of this photo").wait_for()
    assert open_one() == ["one.png"] and points(tab) == []
    for name, said in (("little", "make them equal"), ("broken", "broken.png")):
        sent(tmp_path / f"{name}.png")
        tab.page.locator(".toast-body", has_text=said).first.wait_for()
        tab.page.wait_for_function("() => !document.querySelector('.pr-stage.busy')")
        assert open_one() == ["one.png"], name
    tab.page.get_by_role("button", name="two.png").click()
    photo_of(tab, "60 × 52")
    assert open_one() == ["two.png"]
    tab.page.get_by_role("button", name="one.png").click()
    photo_of(tab, "60 × 50")
    kept = json.loads(tab.page.evaluate("sessionStorage.getItem('sama-photo')"))["value"]
    assert kept["mask"]["orig_name"] == "mask.png", "it waits with its photo"


def test_a_reload_brings_photo_and_marks_back_even_if_the_server_has_lost_the_file(tab, tmp_path):
    Image.fromarray(quarters(400, 600)).save(tmp_path / "mine.png")
    opened(tab, tmp_path / "mine.png")
    tab.page.mouse.click(*tab.at(0.5, 0.4))
    tab.answered()
    marked = points(tab)
    for lost in (False, True):
        if lost:
            kept = json.loads(tab.page.evaluate("sessionStorage.getItem('sama-photo')"))
            os.remove(kept["value"]["image"]["path"])
        tab.page.reload()
        tab.answered()
        photo_of(tab, "600 × 400")
        assert points(tab) == marked and len(marked) == 1
        assert np.abs(np.subtract(tab.page.evaluate(SEEN, AROUND), QUARTERS)).max() < 90
    assert not tab.errors


def test_a_reload_brings_the_row_back_with_the_marks_of_each(tab, tmp_path):
    def row(state) -> list:
        return tab.page.locator(f".pr-row button{state}").all_inner_texts()

    paths = [tmp_path / f"{name}.png" for name in ("left", "middle", "right")]
    for i, path in enumerate(paths):
        Image.fromarray(quarters(300 + 2 * i, 400)).save(path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no photo")
    assert dropped(tab, "#scene", *paths, broken)
    photo_of(tab, "400 × 300")
    marked = {}
    for name, size in (("left", "400 × 300"), ("right", "400 × 304")):
        tab.page.get_by_role("button", name=f"{name}.png").click()
        photo_of(tab, size)
        tab.page.mouse.click(*tab.at(0.4 if name == "left" else 0.6, 0.5))
        tab.answered()
        marked[name] = points(tab)
    tab.page.get_by_role("button", name="broken.png").click()
    tab.page.wait_for_function("() => document.querySelector('.pr-row button:disabled')")
    assert goes(tab), "nothing to ask"
    kept = json.loads(tab.page.evaluate("sessionStorage.getItem('sama-photo')"))
    for upload in Path(kept["value"]["image"]["path"]).parents[1].glob("*/left.png"):
        upload.unlink()  # the server has lost one that waits
    tab.page.reload()
    tab.answered()
    tab.page.wait_for_function("() => document.querySelectorAll('.pr-row button').length === 4")
    assert row("") == ["left.png", "middle.png", "right.png", "broken.png"]
    assert row("[aria-pressed=true]") == ["right.png"] and points(tab) == marked["right"]
    assert row(":disabled") == ["broken.png"]
    for name, size in (("left", "400 × 300"), ("middle", "400 × 302"), ("right", "400 × 304")):
        tab.page.get_by_role("button", name=f"{name}.png").click()
        photo_of(tab, size)
        assert points(tab) == marked.get(name, []), name
    assert len(marked["left"]) == 1 and marked["left"] != marked["right"]
    # An example is open at the next reload: the row waits, and no photo of it is pressed.
    tab.page.locator(".pr-examples button").first.click()
    tab.page.wait_for_function("() => JSON.parse(sessionStorage.getItem('sama-row')).open === -1")
    assert row("[aria-pressed=true]") == []
    tab.page.reload()
    tab.page.wait_for_function("() => document.querySelectorAll('.pr-row button').length === 4")
    assert row("[aria-pressed=true]") == []
    tab.page.get_by_role("button", name="left.png").click()
    photo_of(tab, "400 × 300")
    assert row("[aria-pressed=true]") == ["left.png"] and points(tab) == marked["left"]
    assert not tab.errors


def test_where_the_browser_keeps_no_files_the_page_asks_before_a_row_is_lost(browser, server, tmp_path):
    """Storage that is full, or none at all."""
    visitor = Visitor(browser, server[1], STAYS)
    try:
        visitor.answered()
        visitor.page.evaluate("IDBObjectStore.prototype.put = () => { throw new DOMException('full'); }; 0")
        for name in ("one", "two"):
            Image.fromarray(quarters(50, 60)).save(tmp_path / f"{name}.png")
        assert goes(visitor)
        assert dropped(visitor, "#scene", tmp_path / "one.png", tmp_path / "two.png")
        photo_of(visitor, "60 × 50")
        assert not goes(visitor)
    finally:
        visitor.context.close()


def test_another_visitor_gets_nothing_of_it(tab, visit):
    assert visit().prompts()["boxes"] == [[12, 14, 510, 512]], "greeted with the first example"


def test_escape_closes_the_newest_thing_and_clears_only_on_the_photo(tab):
    page = tab.page
    page.locator(".pr-stage").focus()
    marked = points(tab)
    page.keyboard.press("t")
    page.keyboard.press("l")
    page.keyboard.press("d")
    page.locator("[data-panel=difference] .vw-big:not(.vw-fill)").click()
    steps = (".vw-grid.solo", ".vw-grid[data-mode=difference]", ".vw-grid.loupe", "body.talk")
    for open_now in range(4):
        assert [page.locator(what).count() for what in steps] == [0] * open_now + [1] * (4 - open_now)
        page.keyboard.press("Escape")
    page.locator(".pr-stage").focus()
    page.keyboard.press("Escape")
    assert points(tab) == marked, "nothing but windows was closed, and one press too many clears nothing"
    page.wait_for_timeout(1100)
    page.locator("#export").focus()
    page.keyboard.press("Escape")
    assert points(tab) == marked, "the focus is elsewhere"
    tab.clear()
    assert points(tab) == []
    assert "brings them back" in page.locator(".pr-status").inner_text()


def test_other_keyboards_undo_and_switch(tab):
    page = tab.page
    press = """([key, code, ctrlKey]) => document.activeElement.dispatchEvent(
      new KeyboardEvent('keydown', { key, code, ctrlKey, bubbles: true, cancelable: true }))"""
    page.evaluate(press, ["я", "KeyZ", True])
    tab.answered()
    assert len(points(tab)) == 1
    page.evaluate(press, ["ч", "KeyX", False])
    assert page.locator(".pr-drop").get_attribute("aria-pressed") == "true"
    page.evaluate(press, ["χ", "KeyX", False])
    assert page.locator(".pr-keep").get_attribute("aria-pressed") == "true"


def test_space_drag_pans_wherever_the_focus_is(tab):
    page, marked = tab.page, points(tab)
    page.mouse.move(*tab.at(0.5, 0.5))
    page.mouse.wheel(0, -800)
    for focus in ("#viewer .vw-plain", ".vw-factor", "#export-what input"):
        page.locator(focus).focus()
        page.evaluate("scrollTo(0, 0)")  # which the focus may have changed
        before = page.evaluate(SEEN, [[x / 20, 0.5] for x in range(20)])
        page.keyboard.down("Space")
        page.mouse.move(*tab.at(0.5, 0.5))
        page.mouse.down()
        page.mouse.move(*tab.at(0.3, 0.4), steps=3)
        page.mouse.up()
        page.keyboard.up("Space")
        assert page.evaluate(SEEN, [[x / 20, 0.5] for x in range(20)]) != before, focus
        assert points(tab) == marked, focus
        page.mouse.move(*tab.at(0.3, 0.4))
    assert not tab.errors
