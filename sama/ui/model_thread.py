"""One thread for all that runs a model on a CPU."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sama.predict.allocator import reuse_memory

_END = object()


class ModelThread:
    """Runs functions and generators, one step at a time, in the order of asking.

    OpenMP keeps a team of threads for every thread that computes. Once these are more than there are cores, GCC's
    runtime puts them to sleep after every one of the thousand parallel steps of a click, and waking them costs as much
    as the steps: on two cores a click took 180 ms in a thread beside another that had computed before, 105 ms alone.
    So the model is loaded here, too. Visitors share the cores in any case; with whole views and whole answers as steps
    they take turns.
    """

    def __init__(self):
        reuse_memory()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="model")

    def call(self, function: Callable, *args: Any, **options: Any) -> Any:
        """Return what a function returns, or raise what it raises."""
        return self._executor.submit(function, *args, **options).result()

    def iterate(self, steps: Generator) -> Iterator:
        """Yield what a generator yields; it is closed when nobody wants more."""
        try:
            while (step := self.call(next, steps, _END)) is not _END:
                yield step
        finally:
            # Without waiting: this may be the garbage collector's doing, in any thread, and at the process's end.
            with suppress(RuntimeError):
                self._executor.submit(steps.close)
