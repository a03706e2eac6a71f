"""One thread for all that runs a model on a CPU."""

import ctypes
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_END = object()
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGEST, _KEPT = 32 * 2**20, 256 * 2**20


class ModelThread:
    """Runs functions and generators, one step at a time, in the order of asking.

    OpenMP keeps a team of threads for every thread that computes. Once these are more than there are cores, GCC's
    runtime puts them to sleep after every one of the thousand parallel steps of a click, and waking them costs as much
    as the steps: on two cores a click took 180 ms in a thread beside another that had computed before, 105 ms alone.
    So the model is loaded here, too. Visitors share the cores in any case; with whole views and whole answers as steps
    they take turns.
    """

    def __init__(self):
        _reuse_memory()
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
            self.call(steps.close)


def _reuse_memory() -> None:
    """Have malloc keep what it was given back for the next map of that size, up to 256 MiB.

    By default every map of a few megabytes comes fresh from the kernel, which clears it first: a quarter of a click's
    time. A C library without these settings is left alone.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
