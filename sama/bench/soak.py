"""Load and time: visitors of the real page who open, click, leave in the middle and upload garbage, for minutes."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sama.bench.peak import state_of
from sama.bench.rows import MIB
from sama.bench.studio import serving
from sama.bench.visitor import Found, Visitor

GROWTH = 150  # MiB by which the server may be larger at the end
_SETTLE = 20.0  # seconds after the last visitor, for what is still going on


def soak(
    *, minutes: float, visitors: int, progress: Callable[[str], None] = lambda text: None
) -> tuple[list[dict[str, Any]], bool]:
    """Let visitors come to a page of its own for some minutes; returns rows {what, at the start, at the end} and
    whether all is well: nothing mixed, no error, no growth.

    Each visitor has a photo of its own, with an object of its own colour at a place of its own; every answer is checked
    against it. The start is when each of them has been once: the model is loaded, and its memory has its working size.
    Raises BenchError where the page does not come up.
    """
    found = Found()
    with tempfile.TemporaryDirectory(prefix="sama-soak-") as name:
        folder = Path(name)
        files = folder / "files"
        files.mkdir()
        progress("starting the studio")
        with serving(folder, TMPDIR=str(files), GRADIO_TEMP_DIR=str(files / "gradio")) as (url, process):
            crowd = [Visitor(url, i, visitors, found) for i in range(visitors)]
            progress("every visitor comes once")
            _come(crowd, time.monotonic(), progress, found, least=1)
            before = (*state_of(process), _count(files))
            _come(crowd, time.monotonic() + 60 * minutes, progress, found)
            time.sleep(_SETTLE)
            after = (*state_of(process), _count(files))
        said = (folder / "app.log").read_text("utf-8", "replace")
    return _rows(found, before, after, said), _well(found, before, after, said)


def _come(
    crowd: list[Visitor], until: float, progress: Callable[[str], None], found: Found, least: int = 0
) -> None:
    """Let everybody visit again and again until the time is over, at least so many times."""

    def come(visitor: Visitor) -> None:
        for _ in range(least):
            visitor.visit(lambda: True)
        while time.monotonic() < until:
            visitor.visit(lambda: time.monotonic() < until)

    threads = [threading.Thread(target=come, args=(visitor,), daemon=True) for visitor in crowd]
    for thread in threads:
        thread.start()
    told = time.monotonic()
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
            if time.monotonic() - told > 30:
                told = time.monotonic()
                done = ", ".join(f"{number} {what}" for what, number in sorted(found.done.items()))
                progress(f"{done}; {sum(found.errors.values())} errors, {len(found.mixed)} mixed")


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def _rows(found: Found, before: tuple, after: tuple, said: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"what": what, "start": None, "end": number} for what, number in sorted(found.done.items())
    ]
    rows += [
        {"what": f"error: {what}", "start": None, "end": number} for what, number in found.errors.items()
    ]
    rows += [{"what": f"mixed: {what}", "start": None, "end": 1} for what in found.mixed[:20]]
    rows += [
        {"what": "errors", "start": None, "end": sum(found.errors.values())},
        {"what": "answers of another photo", "start": None, "end": len(found.mixed)},
        {"what": "tracebacks in the log", "start": None, "end": said.count("Traceback")},
        {"what": "resident memory, MiB", "start": before[0] // MIB, "end": after[0] // MIB},
    ]
    names = ("threads", "open files", "files in temporary folders")
    return rows + [
        {"what": name, "start": before[i], "end": after[i]} for i, name in enumerate(names, start=1)
    ]


def _well(found: Found, before: tuple, after: tuple, said: str) -> bool:
    grown = (after[0] - before[0]) / MIB
    return not found.errors and not found.mixed and "Traceback" not in said and grown <= GROWTH
