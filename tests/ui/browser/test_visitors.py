"""Several visitors at once, and one who leaves in the middle."""

import gc
import threading
import time

import pytest

from sama.bench.tab import Tab
from sama.bench.visitor import Found
from sama.bench.visitor import Visitor as Leaver
from tests.ui.browser.conftest import Visitor, serve
from tests.ui.browser.fake_predictor import Counts, FakePredictor


def living(counts: Counts) -> int:
    """How many visitors' photos the process holds, of the studio over this fake model."""
    from sama.ui.visit import Visit

    def held(visit: Visit) -> bool:
        predictor = getattr(visit, "_predictor", None)  # none yet where another thread is opening its photo
        return predictor is None or predictor.counts is counts

    gc.collect()
    return sum(type(v) is Visit and held(v) for v in gc.get_objects())


def becomes(number: int, counts: Counts):
    deadline = time.monotonic() + 40
    while (now := living(counts)) != number:
        assert time.monotonic() < deadline, f"{now} visits are alive, not {number}"
        time.sleep(0.5)


@pytest.fixture
def gated():
    """A studio of its own whose encoder waits before every view: (gate, url, counts)."""
    gate = threading.Semaphore(0)
    counts = Counts(gate)
    studio, url = serve(FakePredictor(counts))
    yield gate, url, counts
    gate.release(100)
    studio.close()


def test_who_leaves_in_the_middle_of_an_encode_disturbs_nobody(browser, gated):
    gate, url, counts = gated
    leaver = browser.new_context().new_page()
    leaver.goto(url)
    leaver.get_by_text("Encoding global view").wait_for()
    gate.release()
    leaver.get_by_text("Encoding local view 1 of 4").wait_for()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    stayer = context.new_page()
    errors = []
    stayer.on("pageerror", lambda error: errors.append(str(error)))
    stayer.goto(url)
    stayer.get_by_text("Encoding global view").wait_for()
    assert living(counts) == 2
    leaver.context.close()
    time.sleep(1)
    gate.release(100)
    stayer.locator("#viewer [data-seq]").wait_for(timeout=60_000)
    assert not errors and not stayer.locator(".toast-body").count()
    becomes(1, counts)
    assert counts.views < 10, "the photo of somebody who has left is encoded no further"
    stayer.mouse.click(400, 400)  # and the page goes on
    stayer.wait_for_function("() => Number(document.querySelector('#viewer [data-seq]').dataset.seq) > 1")
    context.close()
    becomes(0, counts)


def test_answers_are_not_mixed(browser, server):
    visitors = [Visitor(browser, server[1]) for _ in range(2)]
    try:
        for index, visitor in enumerate(visitors):
            visitor.clear()
            # All at once, without waiting: the first marks the left, the second the right.
            visitor.page.mouse.click(*visitor.at(0.3 + 0.4 * index, 0.5))
        for visitor in visitors:
            visitor.answered()
        for index, visitor in enumerate(visitors):
            assert visitor.pixel("alpha", 0.3 + 0.4 * index, 0.5)[0] == 255
            assert visitor.pixel("alpha", 0.7 - 0.4 * index, 0.5)[0] == 0
            assert len(visitor.prompts()["points"]) == 1
            assert not visitor.errors
    finally:
        for visitor in visitors:
            visitor.context.close()


def test_a_tab_that_is_closed_before_its_photo_is_open_leaves_nothing(gated):
    """What it asked for is still in the queue, or between two steps: nobody is to open the photo for it again."""
    gate, url, counts = gated
    leaver = Leaver(url, 3, 5, Found())
    for _ in range(2):
        tab = Tab(url)
        image = tab.upload(leaver.name, leaver.photo)
        values = {"scene": {"kind": "transparent"}, "candidates": {"seq": -1, "index": 0, "matte": "sama"}}
        values["prompter"] = {"image": image, "points": [], "boxes": [leaver.box], "seq": 2, "side": 400}
        tab.call("prompter", "upload", values, wait=False)
        tab.call("prompter", "upload", values, wait=False)
        deadline = time.monotonic() + 40
        while not living(counts):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        tab.close()
        time.sleep(1)
        gate.release(1)
        time.sleep(1)
        gate.release(30)
        becomes(0, counts)
        while gate.acquire(blocking=False):
            pass
