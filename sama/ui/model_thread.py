"""One thread for all that runs a model on a CPU."""

import atexit
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any

from sama.predict.allocator import reuse_memory

_END = object()
_LAST = 5.0  # seconds that a step gets to end when the process does


class ModelThread:
    """Runs functions and generators, one step at a time, in the order of asking.

    OpenMP keeps a team of threads for every thread that computes. Once these are more than there are cores, GCC's
    runtime puts them to sleep after every one of the thousand parallel steps of a click, and waking them costs as much
    as the steps: on two cores a click took 180 ms in a thread beside another that had computed before, 105 ms alone.
    So the model is loaded here, too. Visitors share the cores in any case; with whole views and whole answers as steps
    they take turns. A step that is about to do for seconds what needs no model says so by `leave`.
    """

    def __init__(self):
        reuse_memory()
        self._jobs: SimpleQueue[tuple[Future, Callable] | None] = SimpleQueue()
        self._asking, self._counting = 0, threading.Lock()
        self._worker = self._thread()
        self._worker.start()
        atexit.register(self._stop)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for a step, nor is between two of them."""
        return self._asking == 0

    def call(self, function: Callable, *args: Any, **options: Any) -> Any:
        """Return what a function returns, or raise what it raises."""
        future: Future = Future()
        with self._asked():
            self._jobs.put((future, partial(function, *args, **options)))
            return future.result()

    def iterate(self, steps: Generator) -> Iterator:
        """Yield what a generator yields; it is closed when nobody wants more."""
        try:
            with self._asked():
                while (step := self.call(next, steps, _END)) is not _END:
                    yield step
        finally:
            # Without waiting: this may be the garbage collector's doing, in any thread, and at the process's end.
            self._jobs.put((Future(), steps.close))

    def leave(self) -> None:
        """Called by a step: another thread goes on with the others' steps, and this one ends with its step."""
        if self._worker is not (before := threading.current_thread()):
            return
        # Before it starts: at the end of its first step, which may come at once, it looks whether it is still wanted.
        self._worker = self._thread()
        try:
            self._worker.start()
        except RuntimeError:  # the system gives no more threads: the others wait for this step
            self._worker = before

    @contextmanager
    def _asked(self) -> Iterator[None]:
        with self._counting:
            self._asking += 1
        try:
            yield
        finally:
            with self._counting:
                self._asking -= 1

    def _thread(self) -> threading.Thread:
        return threading.Thread(target=self._work, name="model", daemon=True)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._do(*job)
            del job  # nor what it holds, until the next comes
            if self._worker is not threading.current_thread():
                return

    @staticmethod
    def _do(future: Future, function: Callable) -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    def _stop(self) -> None:
        self._jobs.put(None)
        self._worker.join(_LAST)
