"""What must hold whatever comes in: one sentence or an answer, in time, and nothing read that is none of its business.

`SAMA_FUZZ=N` tries N files and N requests instead of the few of every test run, with other ones each time unless
`--hypothesis-seed` says which; `make fuzz` does so.
"""

import faulthandler
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase

from sama.bench.peak import resident
from sama.errors import SamaError
from sama.predict.allocator import return_memory

SECONDS = 20  # within which everything must have an end
GROWTH = 150 * 2**20  # bytes by which the process may be larger at the end
KEPT = Path("out/fuzz")  # where what failed is kept
LONG = int(os.environ.get("SAMA_FUZZ", "0"))


def tries(share: float) -> Callable:
    """Decorate a test of `hypothesis.given`: it gets this share of the 2 000 tries of every run, or of SAMA_FUZZ."""
    return hypothesis.settings(
        max_examples=round(share * (LONG or 2000)),
        deadline=None,
        derandomize=not LONG,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink] if LONG else [Phase.explicit, Phase.generate],
        print_blob=True,
    )


def is_sentence(text: str) -> bool:
    """Whether a text is one printable sentence for people, of sensible length."""
    words = re.sub(r"'[^']*'", "''", text.removesuffix("."))  # what is quoted may have any form
    printable = all(c.isprintable() for c in text)
    return (
        text.endswith(".") and printable and ". " not in words and len(text) < 500 and "Traceback" not in text
    )


@contextmanager
def refusing() -> Iterator[None]:
    """What is done here may be refused, by one sentence."""
    try:
        yield
    except SamaError as error:
        if not is_sentence(str(error)):
            raise AssertionError(f"no sentence: {error}") from error


@contextmanager
def in_time() -> Iterator[None]:
    """Fail what takes too long, of the processor's time: others may keep it busy. Where not even a signal helps, and
    for what waits for ever, end the process and say where it was."""

    def late(*_):
        raise TimeoutError(f"this takes longer than {SECONDS} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    faulthandler.dump_traceback_later(90 * SECONDS, exit=True, file=sys.__stderr__)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of what is damaged
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def kept(name: str, data: bytes) -> Iterator[None]:
    """Keep the bytes that fail, and say where."""
    try:
        yield
    except BaseException as error:
        KEPT.mkdir(parents=True, exist_ok=True)
        path = KEPT / name
        path.write_bytes(data)
        error.add_note(f"The input lies in {path}.")
        raise


@contextmanager
def bounded() -> Iterator[None]:
    """The process may not grow by more than GROWTH."""
    return_memory()
    before = resident()
    yield
    return_memory()
    after = resident()
    if before is not None and after is not None:
        assert after - before < GROWTH, f"{(after - before) / 2**20:.0f} MiB more at the end"


class Watch:
    """Notes which files are opened and which addresses are called, while it is on."""

    def __init__(self):
        self.on = False
        self.opened: list[str] = []
        self.called: list = []
        sys.addaudithook(self._hear)  # for as long as the process lives

    def _hear(self, event: str, args: tuple) -> None:
        if not self.on:
            return
        if event == "open" and isinstance(args[0], str | bytes):
            self.opened.append(os.fsdecode(args[0]))
        elif event in ("socket.connect", "subprocess.Popen", "os.system"):
            self.called.append(args[1] if event == "socket.connect" else args[0])

    @contextmanager
    def nothing_of(self, *forbidden: Path | str) -> Iterator[None]:
        """Nothing under these paths may be opened, nobody called, and no program started."""
        self.opened, self.called, self.on = [], [], True
        try:
            yield
        finally:
            self.on = False
        roots = tuple(str(path) for path in forbidden)
        seen = [path for path in self.opened if path.startswith(roots)]
        assert not seen, f"opened: {seen}"
        assert not self.called, f"called: {self.called}"
