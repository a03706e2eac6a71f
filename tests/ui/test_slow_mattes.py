"""A matte that takes seconds holds up nobody: neither the thread of the model nor the queue of the clicks."""

import threading

import numpy as np
import pytest
from gradio.data_classes import FileData
from PIL import Image

from sama.methods import METHODS
from sama.request.prompts import Prompts
from sama.ui.candidates import ChoiceData
from sama.ui.handlers.answering import answer, solve
from sama.ui.model_call import on_gpu
from sama.ui.model_thread import ModelThread
from sama.ui.prompter import PromptData
from sama.ui.studio import build_studio
from sama.ui.visit import Visit
from tests.fuzz.page import EXAMPLES, named
from tests.helpers import ask, page_of, predictor_of, small_sama, studio_of
from tests.ui.browser.fake_predictor import FakePredictor

BOX, CLICK = Prompts(boxes=((10, 10, 60, 50),)), Prompts(points=((30, 30, 1),))
WAIT = 60  # seconds after which a test has failed


class Slow(FakePredictor):
    """Its training-free matte waits for a gate, after it has said that it takes long; `reached` tells that it does."""

    reached, gate = threading.Event(), threading.Event()

    def fork(self):
        return Slow(self.counts)

    def answer(self, request, method, progress=None):
        if method.name == "closed_form":
            progress(0.0)
            self.reached.set()
            assert self.gate.wait(WAIT)
        return super().answer(request, method, progress)


@pytest.fixture
def visits(tmp_path):
    """Two visitors' encoded photos over one model and its thread."""
    Slow.reached.clear()
    Slow.gate.clear()
    thread, predictor = ModelThread(), Slow()
    made = []
    for name in "ab":
        Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(tmp_path / f"{name}.png")
        made.append(Visit(predictor, str(tmp_path / f"{name}.png"), run=on_gpu(predictor, thread=thread)))
        assert len(list(made[-1].encode())) == 5
    yield made
    Slow.gate.set()


def solving(visit: Visit, found: list) -> threading.Thread:
    """A thread that solves a visitor's slow matte, which is under way."""
    request = visit.request(BOX, method="closed_form")
    thread = threading.Thread(target=lambda: found.append(visit.answer(request, 1)), daemon=True)
    thread.start()
    assert Slow.reached.wait(WAIT)
    return thread


def test_others_and_oneself_are_answered_while_a_matte_is_solved(visits):
    mine, other = visits
    found = []
    thread = solving(mine, found)
    assert other.answer(other.request(CLICK, method="sama"), 1).alpha is not None
    assert mine.answer_sam(mine.request(CLICK)).mask("sam").any()
    newer = mine.answer(mine.request(CLICK, method="sama"), 2)
    assert thread.is_alive() and not found
    Slow.gate.set()
    thread.join(WAIT)
    assert found[0].method == "closed_form"
    assert mine.shown.seq == 2 and mine.shown.answer is newer, "a late answer is not shown any more"


def test_the_thread_goes_on_when_a_step_leaves_it():
    thread = ModelThread()
    left, done = threading.Event(), threading.Event()

    def step():
        me = threading.get_ident()
        thread.leave()
        thread.leave()  # once is enough
        left.set()
        assert done.wait(WAIT)
        return me

    found = []
    leaver = threading.Thread(target=lambda: found.append(thread.call(step)), daemon=True)
    leaver.start()
    assert left.wait(WAIT)
    next_one = thread.call(threading.get_ident)
    assert thread.call(threading.get_ident) == next_one, "and there is one again"
    done.set()
    leaver.join(WAIT)
    assert found and found[0] != next_one
    assert thread.call(threading.get_ident) == next_one
    workers = [each for each in threading.enumerate() if each.ident == found[0]]
    for worker in workers:
        worker.join(WAIT)
        assert not worker.is_alive()


def test_a_click_is_not_answered_by_what_takes_seconds_but_asks_for_it(visits):
    visit, _ = visits
    file = FileData(path=visit.path, orig_name="a.png")
    data = PromptData(image=file, boxes=[list(BOX.boxes[0])], seq=4)
    page = page_of(studio_of(Slow()), visit, data, choice=ChoiceData(matte="closed_form"))
    (told,) = answer(page)
    layers = told["viewer"].props["layers"]
    assert layers["solve"] and layers["matte"] is None and "alpha" not in layers
    assert "Solving" in told["prompter"].props["status"]["text"]
    Slow.gate.set()
    solved = [change["viewer"].props["layers"] for change in solve(page) if "viewer" in change]
    assert [layers["matte"] for layers in solved] == ["closed_form"] and solved[0]["alpha"]
    quick = page_of(studio_of(Slow()), visit, data, choice=ChoiceData(matte="sama"))
    assert not list(solve(quick)), "the visitor has chosen something else meanwhile"


def test_clicks_and_slow_mattes_wait_in_different_queues():
    studio = build_studio(FakePredictor(), EXAMPLES)
    queues = {name: set() for name in ("answer", "solve")}
    for fn in studio.fns.values():
        if named(fn) in queues:
            queues[named(fn)].add(fn.concurrency_id)
    assert queues["answer"] and queues["solve"] and not queues["answer"] & queues["solve"]


@pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if method.slow and not method.foreign] + ["grabcut"]
)
def test_what_takes_seconds_says_so_before_it_begins(name, monkeypatch):
    told = []

    def begin(*args, **options):
        assert told == [0.0]
        raise InterruptedError

    monkeypatch.setattr("pymatting.estimate_alpha_cf", begin)
    monkeypatch.setattr("sama.methods.grabcut.grabcut", begin)
    predictor = predictor_of(small_sama())
    rgb = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    rgb[20:40, 20:50] = 255
    list(predictor.set_image(rgb))
    with pytest.raises(InterruptedError):
        ask(predictor, BOX, told.append, method=name)
