"""How long it takes from the command until the page answers, and which packages' imports the time goes to."""

import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from PIL import Image

from sama.bench import scenes
from sama.bench.lab import Lab
from sama.bench.rows import BenchError, Row

if TYPE_CHECKING:
    from sama.bench.tab import Tab

PAGE, CLICK, IMPORTS = "start_page", "start_click", "start_imports"
NAMES = (PAGE, CLICK, IMPORTS)
NOTE = (
    "start_page: from the command `sama app` with mini until the page is served, in a process of its own; "
    "start_click: until a photo that is uploaded at once has its first answer; start_imports: what Python spends on "
    "imports for that, with its own clock on, and below it the packages that take most of it, each without those that "
    "it imports. The first round warms the disk and does not count."
)
SHARE = 0.03  # of all imports: a package that takes less has no row
_PAGE = "import sama.commands.cli, sama.commands.app, sama.ui.studio, sama.predict.loading"
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def start(lab: Lab, wanted: Collection[str]) -> Iterator[Row]:
    """Rows of NAMES that are wanted, and of packages; raises BenchError where the page does not come up."""
    if {PAGE, CLICK} & set(wanted):
        rounds = []
        for i in range(lab.repeats + 1):
            lab.progress(f"starting the page, {f'round {i} of {lab.repeats}' if i else 'warm-up'}")
            rounds.append(_started())
        for name, seconds in zip((PAGE, CLICK), zip(*rounds[1:], strict=True), strict=True):
            if name in wanted:
                yield _row(name, median(seconds))
    if IMPORTS in wanted:
        lab.progress("imports")
        rounds = [imported(_trace(_PAGE)) for _ in range(lab.repeats + 1)][1:]
        total = median(sum(each.values()) for each in rounds)
        yield _row(IMPORTS, total)
        for package in sorted(rounds[0], key=lambda name: -rounds[0][name]):
            seconds = median(each[package] for each in rounds)
            if seconds >= SHARE * total:
                yield _row(f"import {package}", seconds)


def imported(trace: str) -> dict[str, float]:
    """Seconds that each top-level package's own modules took, of what `python -X importtime` says."""
    found: defaultdict[str, float] = defaultdict(float)
    for line in trace.splitlines():
        if match := _LINE.match(line):
            found[match[2].partition(".")[0]] += int(match[1]) / 1e6
    return found


def _trace(code: str) -> str:
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1]
        raise BenchError(f"The page's modules cannot be imported ({said}); run `sama app` to see why.")
    return done.stderr


def _started() -> tuple[float, float]:
    """Seconds until the page is served, and until a click is answered."""
    # Here: the page's client is none of what the models' benchmarks need.
    from sama.bench.studio import serving
    from sama.bench.tab import Tab

    photo = BytesIO()
    Image.fromarray(scenes.photo(1155, 866)).save(photo, "JPEG", quality=90)
    with tempfile.TemporaryDirectory(prefix="sama-bench-") as folder:
        started = time.perf_counter()
        with serving(Path(folder)) as (url, _):
            served = time.perf_counter()
            tab = Tab(url)
            try:
                click_first(tab, photo.getvalue())
            finally:
                tab.close()
            answered = time.perf_counter()
    return served - started, answered - started


def click_first(tab: "Tab", photo: bytes) -> None:
    """Open a photo in a tab, a JPEG of at least 300 x 300 pixels, and click it.

    Raises BenchError where no answer comes.
    """
    file = tab.upload("photo.jpg", photo)
    values = {
        "scene": {"kind": "transparent", "foreground": "estimated"},
        "candidates": {"seq": -1, "index": 0, "matte": "sama"},
        "prompter": {"image": file, "points": [], "boxes": [], "seq": 1, "side": 400},
    }
    tab.call("prompter", "upload", values)
    values["prompter"] |= {"points": [[240, 200, 1]], "seq": 2}
    changed = tab.call("prompter", "input", values)
    if "cut" not in (changed.get("viewer", {}).get("layers") or {}):
        raise BenchError("The page did not answer the first click; run `sama app` to see why.")


def _row(name: str, seconds: float) -> Row:
    return Row(name, 1000 * seconds, None, None, "cpu", "-")
