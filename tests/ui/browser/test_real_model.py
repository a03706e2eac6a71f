"""The page over the embedded model, on an example."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import sama
from sama.ui.examples import read_examples
from tests.ui.browser.conftest import EXAMPLES, Visitor, download, serve


@pytest.fixture(scope="module")
def predictor():
    return sama.load("mini", device="cpu")


@pytest.fixture(scope="module")
def visitor(browser, predictor):
    studio, url = serve(predictor)
    visitor = Visitor(browser, url)
    yield visitor
    visitor.context.close()
    studio.close()


def test_an_example_is_answered_by_the_embedded_model(visitor, predictor):
    assert visitor.page.get_by_text(predictor.info.weights_digest, exact=True).is_visible()
    alpha = visitor.page.evaluate(
        """() => {
          const c = document.querySelector('[data-panel=alpha] canvas');
          const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
          return [...data].filter((_, i) => i % 4 === 0);
        }"""
    )
    inside = np.mean(np.array(alpha) > 127)
    assert 0.05 < inside < 0.9, f"{inside:.0%} of the first example {EXAMPLES} is kept"
    visitor.click(0.5, 0.5)
    visitor.screenshot("embedded_model")
    assert not visitor.errors


@pytest.mark.parametrize("matte", ["sama", "solid", "closed_form"])
def test_a_download_has_the_pixels_of_the_command_line(visitor, matte, tmp_path):
    seq = visitor.seq
    visitor.page.click(f"[data-matte={matte}]")
    title = {"sama": "Alpha matte", "solid": "Solid matte", "closed_form": "Training-free matte"}[matte]
    visitor.page.locator("[data-panel=alpha] b", has_text=title).wait_for(timeout=60_000)
    assert visitor.seq == seq
    zipped = zipfile.ZipFile(io.BytesIO(download(visitor).path().read_bytes()))
    zipped.extractall(tmp_path / "page")
    photo = next(iter(read_examples(EXAMPLES).values())).path
    flags = ["--session", tmp_path / "page" / "session.json", "--out", tmp_path / "command"]
    command = [sys.executable, "-m", "sama", "predict", photo, *flags, "--device", "cpu"]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    names = sorted(zipped.namelist())
    assert names == sorted(path.name for path in (tmp_path / "command").iterdir())
    for name in names:
        same = (tmp_path / "command" / name).read_bytes() == zipped.read(name)
        assert same, f"{name} differs"


def test_a_small_box_gets_a_closer_look(visitor):
    def only_box(start: float, end: float):
        visitor.page.evaluate("scrollTo(0, 0)")  # what was clicked before may lie below
        visitor.clear()
        visitor.page.mouse.move(*visitor.at(start, start))
        visitor.page.mouse.down()
        visitor.page.mouse.move(*visitor.at(end, end), steps=3)
        visitor.page.mouse.up()
        visitor.answered()

    visitor.page.click("[data-matte=sama]")
    closer = visitor.page.locator(".st-run dt", has_text="Closer look")
    only_box(0.45, 0.6)
    closer.wait_for(timeout=60_000)
    visitor.shows("alpha", 0.5, 0.1, [0, 0, 0, 255])
    visitor.screenshot("closer_look")
    only_box(0.1, 0.9)
    closer.wait_for(state="detached", timeout=60_000)
    assert not visitor.errors
