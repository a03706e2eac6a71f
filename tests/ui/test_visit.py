"""A visit's life: one encoding at a time, and an end that leaves nothing behind."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.matting import parse_background
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from sama.ui.handlers.answering import answer
from sama.ui.prompter import PromptData
from sama.ui.visit import State, Visit
from tests.helpers import page_of, studio_of
from tests.ui.browser.fake_predictor import Counts, FakePredictor

BOX = Prompts(boxes=((10, 10, 60, 50),))


class Gate:
    """A gate before every view, see `Counts`; `reached` is set once somebody stands there."""

    def __init__(self):
        self.reached, self.open = threading.Event(), threading.Event()

    def acquire(self) -> None:
        self.reached.set()
        assert self.open.wait(20)


def started(function: Callable[[], object]) -> threading.Thread:
    """A thread that runs a function of nothing, and keeps no process from ending."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def photo(tmp_path) -> str:
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def test_two_handlers_begin_one_encoding(photo):
    gate = threading.Semaphore(0)
    counts = Counts(gate)
    visit = Visit(FakePredictor(counts), photo)
    told = [[], []]
    threads = [started(lambda each=each: each.extend(visit.encode())) for each in told]
    gate.release(5)
    for thread in threads:
        thread.join(20)
    assert sorted(map(len, told)) == [0, 5]
    assert counts.views == 5 and visit.state is State.ENCODED


def test_an_export_waits_for_whoever_encodes(photo):
    gate = threading.Semaphore(1)
    counts = Counts(gate)
    predictor = FakePredictor(counts)
    visit = Visit(predictor, photo)
    steps = visit.encode()
    next(steps)
    made = []
    settings = Settings(parse_background("white"))
    thread = started(lambda: made.append(visit.outputs(BOX, settings, predictor.info)))
    thread.join(0.3)
    assert thread.is_alive() and not made
    gate.release(4)
    assert len(list(steps)) == 4
    thread.join(20)
    assert made[0].alpha.shape == (60, 80) and counts.views == 5


def test_an_encoding_that_was_given_up_can_be_begun_again(photo):
    counts = Counts()
    visit = Visit(FakePredictor(counts), photo)
    steps = visit.encode()
    next(steps)
    assert visit.state is State.ENCODING
    steps.close()
    assert visit.state is State.OPENED
    assert len(list(visit.encode())) == 5 and visit.encoded


def test_a_visit_that_is_closed_stops_after_the_view_that_is_being_encoded(photo):
    gate = Gate()
    counts = Counts(gate)
    visit = Visit(FakePredictor(counts), photo)
    told = []
    thread = started(lambda: told.extend(visit.encode()))
    assert gate.reached.wait(20)
    visit.close()
    gate.open.set()
    thread.join(20)
    assert not thread.is_alive()
    assert counts.views == 1 and told == [], "nobody asks for news of it any more"
    assert visit.state is State.CLOSED and list(visit.encode()) == []


@pytest.mark.parametrize("end", [Visit.close, Visit.leave])
def test_nobody_waits_for_an_encoding_that_has_ended(photo, end):
    gate = threading.Semaphore(1)
    predictor = FakePredictor(Counts(gate))
    visit = Visit(predictor, photo)
    steps = visit.encode()
    next(steps)
    waiting = started(visit._wait_until_encoded)
    waiting.join(0.3)
    assert waiting.is_alive()
    end(visit)
    waiting.join(20)
    assert not waiting.is_alive()


def test_an_export_takes_over_an_encoding_that_was_given_up(photo):
    counts = Counts()
    predictor = FakePredictor(counts)
    visit = Visit(predictor, photo)
    steps = visit.encode()
    next(steps)
    made = []
    settings = Settings(parse_background("white"))
    thread = started(lambda: made.append(visit.outputs(BOX, settings, predictor.info)))
    thread.join(0.3)
    assert not made and counts.views == 1
    steps.close()
    thread.join(20)
    assert made[0].alpha.shape == (60, 80) and visit.encoded
    assert counts.views == 1 + 5


def test_an_error_in_the_encoder_leaves_the_visit_open(photo):
    class Failing(FakePredictor):
        def fork(self):
            return self

        def _encode(self):
            yield from ()
            raise RuntimeError("out of quota")

    visit = Visit(Failing(), photo)
    with pytest.raises(RuntimeError, match="quota"):
        list(visit.encode())
    assert visit.state is State.OPENED


def test_whoever_leaves_while_encoding_leaves_nothing(photo):
    visit = Visit(FakePredictor(), photo)
    steps = visit.encode()
    next(steps)
    visit.leave()
    assert visit.state is State.LEFT and visit._predictor.photo is not None, "the encoder is at it"
    assert list(steps) == []
    assert visit._predictor.photo is None and visit._rgb is None and visit.shown is None
    visit.close()
    assert visit.state is State.LEFT, "nothing follows"


def test_whoever_leaves_while_an_answer_is_made_leaves_nothing(photo, monkeypatch):
    visit = Visit(FakePredictor(), photo)
    list(visit.encode())
    answered, left = threading.Event(), threading.Event()

    def fitted(side: int) -> np.ndarray:
        answered.set()
        assert left.wait(20)
        return visit.preview

    monkeypatch.setattr(visit, "_fitted", fitted)
    made = []
    thread = started(lambda: made.append(visit.answer(visit.request(BOX), 1)))
    assert answered.wait(20)
    visit.leave()
    left.set()
    thread.join(20)
    assert made[0].alpha is not None, "whoever asked is answered"
    assert visit.shown is None and visit._predictor.photo is None


def test_a_closed_visit_that_is_stored_again_is_opened_anew(photo):
    studio = studio_of(FakePredictor())
    closed = studio.open(photo)
    closed.close()
    assert not closed.holds(photo) and list(closed.encode()) == []
    data = PromptData(image=FileData(path=photo), boxes=[[10, 10, 60, 50]], seq=1)
    steps = list(answer(page_of(studio, closed, data)))
    assert steps[-1]["visit"] is not closed
    assert steps[-1]["visit"].shown is not None
