"""A mask dropped on the photo, and the trimap in the matte's panel, in a real browser."""

import numpy as np
import pytest
from PIL import Image

from tests.helpers import disc
from tests.ui.browser.test_viewer import becomes


@pytest.fixture
def told(counts):
    """The fake model tells a trimap."""
    counts.trimap = True
    yield
    counts.trimap = False


def test_a_mask_is_dropped_cleared_and_brought_back(visit, tmp_path):
    visitor = visit()
    path = tmp_path / "mask.png"
    Image.fromarray(disc(512, 150)).save(path)
    before = visitor.seq
    visitor.page.set_input_files(".pr-file", path)
    visitor.answered(before)
    visitor.page.get_by_text("mask.png is a mask of this photo").wait_for()
    sent = visitor.prompts()
    assert sent["boxes"] == [] and sent["mask"]["orig_name"] == "mask.png"
    assert visitor.page.locator("[data-panel=alpha] figcaption").inner_text() == "Matte of the mask"
    assert visitor.pixel("alpha")[:3] == [255, 255, 255] and visitor.pixel("alpha", 0.5, 0.05)[:3] == [
        0,
        0,
        0,
    ]
    visitor.click(0.55, 0.55)
    assert visitor.prompts()["mask"]["orig_name"] == "mask.png", "a click corrects it"
    visitor.page.click(".pr-clear")
    becomes(visitor, lambda: visitor.prompts()["mask"] is None)
    becomes(visitor, lambda: not visitor.page.locator("#viewer [data-seq]").count())
    for step, expected in enumerate(("mask.png", "mask.png", None)):
        before = visitor.seq if step else None  # nothing is shown at first
        visitor.page.keyboard.press("Control+z")
        visitor.answered(before)
        mask = visitor.prompts()["mask"]
        assert (mask and mask["orig_name"]) == expected
    assert visitor.prompts()["boxes"] == [[12, 14, 510, 512]]
    assert not visitor.errors


def test_a_mask_of_another_size_changes_nothing(visit, tmp_path):
    visitor = visit()
    path = tmp_path / "small.png"
    Image.fromarray(disc(200, 60)).save(path)
    visitor.page.set_input_files(".pr-file", path)
    visitor.page.get_by_text("small.png is 200 x 200 pixels and the upright photo 512 x 512").wait_for()
    visitor.click(0.5, 0.5)
    assert visitor.prompts()["boxes"] == [[12, 14, 510, 512]] and not visitor.prompts()["mask"]
    assert not visitor.errors


def test_the_matte_s_panel_shows_the_trimap_where_there_is_one(visit, counts, told):
    visitor = visit()
    page = visitor.page
    page.click(".vw-trimap")
    becomes(visitor, lambda: page.locator("[data-panel=alpha] figcaption").inner_text() == "Trimap")

    def greys() -> set:
        values = page.evaluate(
            "() => { const c = document.querySelector('[data-panel=alpha] canvas');"
            "return [...new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)]; }"
        )
        return set(values)

    becomes(visitor, lambda: 128 in greys())
    visitor.screenshot("trimap")
    tops = page.eval_on_selector_all(".vw-bar > *", "all => all.map(e => e.getBoundingClientRect().top)")
    assert len(set(tops)) == 1, "the bar stays one line"
    counts.trimap = False
    visitor.click(0.45, 0.5)
    becomes(visitor, lambda: page.locator(".vw-mattes").is_hidden())
    assert page.locator("[data-panel=alpha] figcaption").inner_text() == "Alpha matte"
    assert np.count_nonzero(visitor.pixel("alpha"))
    assert not visitor.errors
