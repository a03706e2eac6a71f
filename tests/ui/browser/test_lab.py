"""The lab of the page in a real browser: closed it asks for nothing, with a truth it measures, races, shows errors."""

import numpy as np
import pytest
from PIL import Image

from tests.helpers import disc

PATIENCE = 60_000


@pytest.fixture
def lab(visit, tmp_path):
    """A tab with the lab open, and the path of a truth of the first example's size."""
    Image.fromarray(disc(512, 150)).save(tmp_path / "truth.png")
    visitor = visit()
    visitor.page.set_default_timeout(PATIENCE)
    visitor.page.click("#lab summary")
    return visitor, tmp_path / "truth.png"


def rows(page) -> dict[str, list[str]]:
    """The table's texts by method."""
    found = page.eval_on_selector_all(
        ".lb-table tbody tr",
        "all => all.map(tr => [...tr.children].slice(0, 7).map(cell => cell.textContent))",
    )
    return {name: values for name, *values in found}


def click(visitor, **options) -> None:
    """Click the middle of the photo, which opening the lab may have scrolled away."""
    visitor.page.locator(".pr-canvas").evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    visitor.click(0.5, 0.5, **options)


def measured(page) -> None:
    """Wait until all methods are."""
    page.wait_for_function(
        "() => document.querySelectorAll('.lb-table tbody tr').length > 2 && !document.querySelector('#lab .busy')"
    )


def captioned(page, title: str) -> None:
    """Wait until the view of maps has that title."""
    page.wait_for_function(
        "title => document.querySelector('[data-panel=map] figcaption').innerText === title", arg=title
    )


def test_closed_it_asks_for_nothing(visit, counts):
    visitor = visit()
    sent, answers = len(visitor.sent), counts.answers
    visitor.click(0.5, 0.5)
    assert visitor.page.locator(".lb-body").is_hidden()
    assert len(visitor.sent) == sent + 1 and counts.answers - answers <= 2
    assert not visitor.errors


def test_with_a_truth_every_click_is_measured_and_errors_are_a_view(lab):
    visitor, path = lab
    page = visitor.page
    assert page.locator(".lb-race").is_disabled() and page.locator("[data-mode=map]").is_hidden()
    page.set_input_files(".lb-truth", path)
    measured(page)
    before = rows(page)
    assert {"SAM", "SAMA's matte", "Solid"} <= before.keys()
    assert all(float(value) >= 0 for values in before.values() for value in values)
    click(visitor, button="right")
    page.wait_for_function(
        "old => document.querySelector('.lb-table tbody td').textContent !== old", arg=before["SAM"][0]
    )
    measured(page)
    assert float(rows(page)["SAM"][0]) < float(before["SAM"][0]), "what was removed is missing"
    page.get_by_role("button", name="Show the error of SAM", exact=True).click()
    captioned(page, "Error of SAM")
    page.wait_for_function(
        "() => { const c = document.querySelector('[data-panel=map] canvas');"
        "const [r, , b] = c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data;"
        "return r > b + 60; }"
    )
    visitor.screenshot("lab")
    page.click("[data-mode=panels]")
    assert page.locator("[data-panel=map]").is_hidden()
    page.click(".lb-forget")
    page.locator(".lb-table").wait_for(state="hidden")
    assert not visitor.errors


def test_a_mask_that_was_dropped_becomes_the_truth(visit, tmp_path):
    Image.fromarray(disc(512, 150)).save(tmp_path / "truth.png")
    visitor = visit()
    page, before = visitor.page, visitor.seq
    page.set_default_timeout(PATIENCE)
    assert page.locator(".pr-truth").is_hidden()
    page.set_input_files(".pr-file", tmp_path / "truth.png")
    visitor.answered(before)
    assert page.locator(".pr-status.on").count() == 0, "nothing is being uploaded any more"
    before = visitor.seq
    page.click(".pr-truth")
    visitor.answered(before)
    measured(page)
    assert visitor.prompts()["mask"] is None and visitor.prompts()["boxes"] == [[12, 14, 510, 512]]
    assert page.locator(".lb-body").is_visible() and page.locator(".pr-truth").is_hidden()
    assert page.locator(".lb-name").inner_text() == "truth.png" and page.locator(".lb-race").is_enabled()
    iou = float(rows(page)["SAM"][0])
    assert iou == pytest.approx(150**2 / 249**2, abs=0.01), "of the box's ellipse, not of the mask itself"
    assert not visitor.errors


def test_the_race_draws_its_curves(lab):
    visitor, path = lab
    page = visitor.page
    page.set_input_files(".lb-truth", path)
    measured(page)
    page.click(".lb-race")
    page.locator(".lb-keys li").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.lb-race').disabled")
    lines = page.locator(".lb-keys li").all_inner_texts()
    assert any(line.startswith("SAM:") and "NoC@85" in line for line in lines)
    assert page.locator(".lb-curves polyline").count() == len(lines) >= 3
    assert page.locator(".lb-curves").is_visible() and page.locator(".lb-stop").is_hidden()
    assert not visitor.errors


def test_doubt_votes_and_the_inspector(lab):
    visitor, _ = lab
    page = visitor.page
    page.click(".lb-sure")
    page.wait_for_function("() => document.querySelector('.lb-number').textContent.endsWith('%')")
    page.click(".lb-where")
    captioned(page, "Where the answer is unsure")
    page.click(".lb-ballot")
    page.locator(".lb-pair").wait_for()
    page.click(".lb-pair [data-side='1']")
    page.locator(".lb-tally li").wait_for()
    assert page.locator(".lb-verdict").inner_text().startswith("You chose ")
    page.click(".lb-inside")
    page.locator(".lb-pictures figure").first.wait_for()
    assert page.locator(".lb-pictures figcaption").all_inner_texts()[0] == "Global view"
    assert page.locator(".lb-steps li").count() >= 2
    click(visitor)
    page.locator(".lb-pictures figure").first.wait_for(state="detached")
    assert np.count_nonzero(visitor.pixel("alpha"))
    assert not visitor.errors
