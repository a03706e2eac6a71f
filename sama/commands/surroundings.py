"""What a command needs of its surroundings: a terminal that takes any letter, and an end that tidies up."""

import contextlib
import io
import signal
import sys
import threading
from collections.abc import Iterator

# What asks a process to end, beside Ctrl-C; the second is there when a terminal is closed, but not in Windows.
_ENDS = ("SIGTERM", "SIGHUP")


def print_anything() -> None:
    """Print letters that the terminal's encoding lacks, as in a file's name, as escapes instead of failing at them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def stopping_tidily() -> Iterator[None]:
    """Treat a request to end like Ctrl-C, so that half-written files and temporary folders go."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen to signals
        return
    kinds = [getattr(signal, name) for name in _ENDS if hasattr(signal, name)]
    # What is ignored already, as by nohup, stays ignored.
    before = {kind: signal.getsignal(kind) for kind in kinds if signal.getsignal(kind) == signal.SIG_DFL}
    for kind in before:
        signal.signal(kind, _stop)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _stop(kind: int, frame: object) -> None:
    raise KeyboardInterrupt
