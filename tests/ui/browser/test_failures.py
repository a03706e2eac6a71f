"""Errors that are not ours: a used up quota, a full graphics card, a mistake in the code. Nothing hangs afterwards."""

import json
import time

import gradio as gr
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.ui.browser.conftest import EXAMPLES, Visitor, serve
from tests.ui.browser.fake_predictor import Counts, FakePredictor
from tests.ui.browser.test_api import call, uploaded

QUOTA = 'You have used up your quota &amp; more. <a href="https://example.org/pro">Subscribe</a> <b>now</b>'
PLAIN = "You have used up your quota & more. Subscribe (https://example.org/pro) now"


class Failing(FakePredictor):
    """A model whose encoder fails with `error[0]` after `error[1]` views, until that is None."""

    def __init__(self, error: list, counts: Counts | None = None):
        super().__init__(counts)
        self.error = error

    def fork(self) -> "Failing":
        return Failing(self.error, self.counts)

    def _encode(self):
        for done, progress in enumerate(super()._encode()):
            if self.error[0] is not None and done >= self.error[1]:
                raise self.error[0]
            yield progress


@pytest.fixture(scope="module")
def failing():
    """(url, what fails): a studio whose model can be made to fail."""
    error = [None, 0]
    studio, url = serve(Failing(error))
    yield url.rstrip("/"), error
    studio.close()


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "a <b>.png")
    return tmp_path / "a <b>.png"


def test_the_page_says_so_and_goes_on(browser, failing, photo):
    url, error = failing
    visitor = Visitor(browser, url)
    page = visitor.page
    status = page.locator(".pr-status.on")
    error[:] = (
        gr.Error(QUOTA, title="Quota", print_exception=False),
        1,
    )  # SAM's view is there, the others are not
    page.set_input_files(".pr-file", photo)
    page.get_by_role("link", name="Subscribe").wait_for()
    status.get_by_text("could not answer").wait_for()
    assert "Encoding" not in status.inner_text()
    assert page.get_by_role("link", name="Subscribe").count() == 1, "the failure is told once"
    page.mouse.click(*visitor.at(0.5, 0.5))
    page.locator("[data-panel=sama]").get_by_text("No answer came").wait_for()
    error[0] = None
    page.mouse.click(*visitor.at(0.4, 0.5))
    visitor.answered()
    assert page.get_by_text("No answer came").count() == 0 and status.count() == 0
    assert not visitor.errors
    visitor.context.close()


def test_a_mistake_of_the_code_is_a_sentence_and_scenes_stop_being_encoded(browser, failing, photo):
    url, error = failing
    visitor = Visitor(browser, url)
    error[:] = RuntimeError("CUDA error in /secret/place"), 0
    visitor.page.set_input_files(".pr-file", photo)
    visitor.page.get_by_text("Something failed on the server (RuntimeError)").first.wait_for()
    visitor.page.locator(".pr-status.on").get_by_text("could not answer").wait_for()
    visitor.page.keyboard.press("t")
    visitor.page.locator(".tk-progress").get_by_text("could not answer").wait_for()
    assert visitor.page.get_by_text("/secret/place").count() == 0
    error[0] = None
    visitor.context.close()


def test_names_are_no_markup(browser, failing, tmp_path):
    """A file's name comes from outside, and Gradio shows what it is told as HTML."""
    url, _ = failing
    visitor = Visitor(browser, url)
    bad = tmp_path / "<img src=x onerror=window.hacked=1> $5.png"
    bad.write_bytes(b"no photo")
    visitor.page.set_input_files(".pr-file", bad)
    visitor.page.get_by_text("<img src=x onerror=window.hacked=1> $5.png cannot be read").first.wait_for()
    assert visitor.page.evaluate("window.hacked") is None
    visitor.context.close()


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (gr.Error(QUOTA, title="Quota", print_exception=False), PLAIN),
        (MemoryError(), "There is not enough memory here"),
        (RuntimeError("CUDA error in /secret/place"), "Something failed on the server (RuntimeError)"),
        (OSError(28, "No space left on device"), "The server could not do that (No space left on device)"),
    ],
    ids=["quota", "memory", "mistake", "disk"],
)
def test_programs_get_a_readable_sentence(failing, raised, sentence):
    url, error = failing
    error[:] = raised, 0
    box = {"boxes": [[166, 80, 456, 384]]}
    try:
        with pytest.raises(AppError) as caught:
            Client(url, verbose=False).predict(
                image=handle_file(EXAMPLES / "flower.jpg"), **box, api_name="/matte"
            )
        told = call(url, "segment", json.dumps({"data": [uploaded(url), [], box["boxes"]]}))
    finally:
        error[0] = None
    assert sentence in str(caught.value) and "secret" not in str(caught.value)
    kind, data = told.strip().split("\n", 1)
    assert kind == "event: error" and sentence in json.loads(data.removeprefix("data: "))["error"]


def test_an_answer_into_a_stream_that_nobody_reads_is_fetched_a_moment_later(visit):
    """Gradio closes its stream of answers as the page asks: what is asked is answered, and the page does not hear."""
    visitor = visit()
    visitor.page.wait_for_timeout(500)  # the greeting's streams are closed
    streams = []

    def closed_once(route):
        streams.append(route.request.url)
        if len(streams) > 1:
            return route.continue_()
        closing = 'data: {"msg": "close_stream"}\n\n'
        return route.fulfill(body=closing, headers={"content-type": "text/event-stream"})

    visitor.page.route("**/queue/data*", closed_once)
    visitor.click(0.5, 0.5)
    assert len(streams) > 1 and not visitor.errors


def test_steps_that_the_page_cannot_read_yet_are_not_lost(visit, tmp_path):
    """While an answer is under way, the steps of another call come before the page knows the call's name; it then reads
    them all at once."""
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "late.png")
    visitor = visit()

    def late(route):
        answer = route.fetch()
        time.sleep(0.4)
        route.fulfill(response=answer)

    visitor.page.route("**/queue/join**", late)
    visitor.page.mouse.click(*visitor.at(0.5, 0.5))
    visitor.page.set_input_files(".pr-file", tmp_path / "late.png")
    visitor.page.wait_for_function(
        "() => JSON.parse(sessionStorage.getItem('sama-photo')).value.image.orig_name === 'late.png'"
    )
    visitor.page.locator(".pr-examples button").first.click()
    visitor.page.wait_for_function(
        "() => JSON.parse(sessionStorage.getItem('sama-photo')).value.image.orig_name !== 'late.png'"
    )
    assert not visitor.errors
    visitor.page.unroute_all(behavior="ignoreErrors")  # what is on its way is nobody's fault
