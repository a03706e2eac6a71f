"""Another background in a real browser: the model is never asked, and the picture follows fingers and keys."""

import time

import numpy as np
import pytest
from PIL import Image

from tests.ui.browser.conftest import Visitor

CORNER = (0.14, 0.06)  # of the composite's canvas: background, with the example's box

HOLE = (0.42, 0.4)  # of the composite's canvas: a hole in the fake's mask


@pytest.fixture(scope="module")
def tab(browser, server):
    visitor = Visitor(browser, server[1])
    yield visitor
    visitor.context.close()


@pytest.fixture
def unasked(tab, counts):
    """The same, and a check that no model has run meanwhile."""
    before = counts.answers, counts.views
    yield tab
    assert (counts.answers, counts.views) == before
    assert not tab.errors


def becomes(visitor, test, x=CORNER[0], y=CORNER[1]):
    deadline = time.monotonic() + 20
    while not test(visitor.pixel("composite", x, y)):
        assert time.monotonic() < deadline, visitor.pixel("composite", x, y)
        visitor.page.wait_for_timeout(50)


def near(*colour):
    return lambda pixel: max(abs(a - b) for a, b in zip(pixel, colour, strict=False)) < 20


@pytest.fixture(scope="module")
def flag(tmp_path_factory):
    """A picture, blue on the left and yellow on the right."""
    rgb = np.full((40, 60, 3), (10, 20, 230), np.uint8)
    rgb[:, 30:] = 230, 200, 10
    path = tmp_path_factory.mktemp("backgrounds") / "flag.png"
    Image.fromarray(rgb).save(path)
    return path


def test_five_swatches_and_any_colour(unasked):
    for name, colour in {"Black": 0, "White": 255, "Grey": 128}.items():
        unasked.page.get_by_role("button", name=name, exact=True).click()
        becomes(unasked, near(colour, colour, colour))
    unasked.page.get_by_role("button", name="Green", exact=True).click()
    becomes(unasked, near(0, 177, 64))
    unasked.page.get_by_label("Another colour").evaluate(
        "input => { input.value = '#c01080'; input.dispatchEvent(new Event('input')); }"
    )
    becomes(unasked, near(192, 16, 128))
    unasked.page.get_by_role("button", name="Transparent", exact=True).click()
    becomes(unasked, lambda p: p[0] == p[1] == p[2] or max(p[:3]) - min(p[:3]) < 8)


def test_a_plain_background_asks_no_server_which_knows_it_all_the_same(unasked):
    asked = len(unasked.sent)
    for name, colour in {"Black": (0, 0, 0), "Green": (0, 177, 64)}.items():
        unasked.page.get_by_role("button", name=name, exact=True).click()
        becomes(unasked, near(*colour))
    unasked.page.wait_for_timeout(300)
    assert len(unasked.sent) == asked
    for kind, ask in (("blur", "Blur"), ("colour", "Photo I"), ("colour", "Estimated F")):
        unasked.page.get_by_role("button", name=ask, exact=True).click()
        becomes(unasked, lambda _, least=asked: len(unasked.sent) > least)
        asked = len(unasked.sent)
        assert f'"kind":"{kind}"' in unasked.sent[-1] and '"colour":"#00b140"' in unasked.sent[-1]
        unasked.page.get_by_role("button", name="Green", exact=True).click()
        becomes(unasked, near(0, 177, 64))
    assert len(unasked.sent) == asked


def test_the_mask_cuts_out_instead_of_the_matte(unasked):
    """The fake's mask has a hole that its matte has not."""
    unasked.page.get_by_role("button", name="Green", exact=True).click()
    becomes(unasked, near(0, 177, 64))
    by_matte = unasked.pixel("composite", *HOLE)
    assert not near(0, 177, 64)(by_matte)
    unasked.page.get_by_role("button", name="Mask", exact=True).click()
    becomes(unasked, near(0, 177, 64), *HOLE)
    assert unasked.page.get_by_role("button", name="Mask", exact=True).get_attribute("aria-pressed") == "true"
    unasked.screenshot("cut_out_by_mask")
    unasked.page.get_by_role("button", name="Matte", exact=True).click()
    becomes(unasked, near(*by_matte), *HOLE)
    unasked.page.get_by_role("button", name="Transparent", exact=True).click()
    becomes(unasked, lambda p: max(p[:3]) - min(p[:3]) < 8)


def test_blur_is_of_the_background_only(unasked):
    middle = unasked.pixel("composite", 0.5, 0.6)
    unasked.page.get_by_role("button", name="Blur", exact=True).click()
    unasked.page.locator(".sc-blur").wait_for()
    becomes(unasked, lambda p: max(p[:3]) - min(p[:3]) > 12)
    slider = unasked.page.get_by_label("Blur, in percent")
    slider.focus()
    slider.press("End")
    assert unasked.page.locator(".sc-blur output").inner_text() == "8.0 %"
    assert max(abs(a - b) for a, b in zip(middle, unasked.pixel("composite", 0.5, 0.6), strict=True)) < 12


def test_a_picture_moves_with_keys_and_pointer(unasked, flag):
    unasked.page.set_input_files("#scene .sc-file input", flag)
    becomes(unasked, near(10, 20, 230))
    pad = unasked.page.locator(".sc-pad")
    pad.focus()
    for _ in range(30):
        pad.press("ArrowLeft")
    becomes(unasked, near(230, 200, 10), 0.45, 0.02)
    unasked.page.get_by_role("button", name="Centre", exact=True).click()
    becomes(unasked, near(10, 20, 230), 0.45, 0.02)
    box = pad.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    unasked.page.mouse.move(x, y)
    unasked.page.mouse.down()
    unasked.page.mouse.move(x - 0.6 * box["width"], y, steps=4)
    unasked.page.mouse.up()
    becomes(unasked, near(230, 200, 10), 0.45, 0.02)
    unasked.page.get_by_role("button", name="Centre", exact=True).click()
    size = unasked.page.get_by_label("Size of the picture")
    size.focus()
    size.press("Home")
    becomes(unasked, near(0, 0, 0))
    unasked.screenshot("background_picture")


def test_a_file_that_is_no_picture_changes_nothing(unasked, tmp_path):
    unasked.page.get_by_role("button", name="White", exact=True).click()
    becomes(unasked, near(255, 255, 255))
    (tmp_path / "notes.png").write_text("not a picture")
    unasked.page.set_input_files("#scene .sc-file input", tmp_path / "notes.png")
    unasked.page.get_by_text("notes.png cannot be read as a photo").first.wait_for()
    assert (
        unasked.page.get_by_role("button", name="White", exact=True).get_attribute("aria-pressed") == "true"
    )


def test_the_residual_tells_estimated_colours_from_the_photo_s(unasked):
    number = unasked.page.locator(".sc-residual b")
    estimated = float(number.inner_text())
    unasked.page.get_by_role("button", name="Photo I", exact=True).click()
    unasked.page.wait_for_function(
        "old => Number(document.querySelector('.sc-residual b').textContent) > old", arg=estimated
    )
    assert unasked.page.locator(".sc-residual img").evaluate("image => image.naturalWidth") > 20
    unasked.page.get_by_role("button", name="Estimated F", exact=True).click()
    unasked.page.wait_for_function(
        "old => Number(document.querySelector('.sc-residual b').textContent) === old", arg=estimated
    )
