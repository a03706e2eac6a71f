"""The thread that the model has to itself."""

import threading
import time
from concurrent.futures import Future

import pytest

from sama.errors import PromptError
from sama.ui.model_thread import ModelThread


@pytest.fixture(scope="module")
def thread() -> ModelThread:
    return ModelThread()


def test_everything_runs_on_one_thread_that_is_not_the_caller_s(thread):
    def steps():
        yield threading.get_ident()
        yield threading.get_ident()

    own = thread.call(threading.get_ident)
    assert own != threading.get_ident()
    seen = []
    visitors = [threading.Thread(target=lambda: seen.extend(thread.iterate(steps()))) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert seen == [own] * 6


def test_steps_of_several_visitors_take_turns(thread):
    order = []

    def steps(name):
        for i in range(2):
            order.append((name, i))
            yield i

    a, b = thread.iterate(steps("a")), thread.iterate(steps("b"))
    assert [next(a), next(b), next(a), next(b)] == [0, 0, 1, 1]
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_mistakes_come_back_and_the_thread_goes_on(thread):
    def steps():
        yield 1
        raise PromptError("No.")

    answers = thread.iterate(steps())
    assert next(answers) == 1
    with pytest.raises(PromptError, match="No"):
        next(answers)
    assert thread.call(max, 1, 2) == 2


def test_who_leaves_early_closes_the_generator(thread):
    closed = []

    def steps():
        try:
            yield from range(5)
        finally:
            closed.append(threading.get_ident())

    answers = thread.iterate(steps())
    next(answers)
    answers.close()
    assert closed == [thread.call(threading.get_ident)]


def test_who_takes_over_stays_though_its_first_step_ends_at_once(monkeypatch):
    """The new thread may have done its first step before whoever started it goes on."""
    thread = ModelThread()
    first = threading.Event()
    started = threading.Thread.start

    def start(worker):
        started(worker)
        if worker.name == "model":
            assert first.wait(20)
            time.sleep(0.05)  # the step has ended, and the thread has looked whether it is wanted

    def slow():
        waiting.start()
        while thread._jobs.empty():
            time.sleep(0.001)
        monkeypatch.setattr(threading.Thread, "start", start)
        thread.leave()
        monkeypatch.undo()

    waiting = threading.Thread(target=lambda: thread.call(first.set), daemon=True)
    thread.call(slow)
    later: Future = Future()
    thread._jobs.put((later, lambda: 7))
    assert later.result(timeout=20) == 7


def test_where_there_are_no_more_threads_the_step_keeps_its_own(monkeypatch):
    thread = ModelThread()

    def refuse(worker):
        raise RuntimeError("can't start new thread")

    def slow():
        monkeypatch.setattr(threading.Thread, "start", refuse)
        thread.leave()
        monkeypatch.undo()
        return threading.get_ident()

    assert thread.call(slow) == thread.call(threading.get_ident)
