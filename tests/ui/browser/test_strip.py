"""A row of photos below the photo: each keeps its marks, and one ZIP has the files of all that are marked."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.ui.browser.conftest import download

PHOTOS = 20


@pytest.fixture
def photos(tmp_path):
    """Twenty small photos, each in a colour of its own."""
    paths = [tmp_path / f"photo_{number:02}.png" for number in range(PHOTOS)]
    for number, path in enumerate(paths):
        pixels = np.full((60, 80, 3), 40 + 10 * number, np.uint8)
        pixels[20:40, 30:50] = 250 - 10 * number
        Image.fromarray(pixels).save(path)
    return paths


def shown(visitor, number: int):
    """Open a photo of the row by its button, and wait until the page shows it."""
    visitor.page.locator(".pr-row button").nth(number).click()
    visitor.page.wait_for_function(
        "name => JSON.parse(sessionStorage.getItem('sama-photo') || '{}').value?.image.orig_name === name",
        arg=f"photo_{number:02}.png",
        timeout=60_000,
    )


def test_twenty_photos_keep_their_marks_and_come_in_one_zip(visit, photos, without_figures, tmp_path):
    visitor = visit()
    page = visitor.page
    page.set_input_files(".pr-file", list(photos))
    page.wait_for_function("document.querySelectorAll('.pr-row button').length === 20")
    page.wait_for_function("document.querySelector('.pr-row [aria-pressed=true]') !== null")
    marks = {}
    for number in (3, 7):
        shown(visitor, number)
        page.locator("#viewer [data-seq]").wait_for(state="detached")
        page.mouse.click(*visitor.at(0.5, 0.4 + number / 50))
        visitor.answered()
        marks[number] = visitor.prompts()["points"]
    alone = tmp_path / "alone.zip"
    download(visitor).save_as(alone)
    shown(visitor, 3)
    visitor.answered()
    assert visitor.prompts()["points"] == marks[3], "it has kept its marks"
    with page.expect_download(timeout=120_000) as caught:
        page.click(".co-all")
    whole = tmp_path / "whole.zip"
    caught.value.save_as(whole)
    assert "2 of 2 photos" in page.locator(".co-text").inner_text()
    with zipfile.ZipFile(whole) as all_files, zipfile.ZipFile(alone) as one:
        names = set(all_files.namelist())
        assert {name.split("/")[0] for name in names} == {"photo_03", "photo_07", "report.json"}
        for name in one.namelist():
            if name not in ("session.json", "coco.json"):
                assert all_files.read(f"photo_07/{name}") == one.read(name), name
        report = json.loads(all_files.read("report.json"))
    assert [each["photo"] for each in report] == ["photo_03.png", "photo_07.png"]
    assert not visitor.errors
