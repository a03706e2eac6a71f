"""How long a visitor waits: the real page over the embedded model, in a headless Chromium."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

from PIL import Image

from sama.bench.rows import BenchError
from sama.ui.examples_folder import examples_folder

ROOT = Path(__file__).parents[2]
PHOTO_SIZE = (4000, 3000)
WARM_UP = 2  # clicks before those that count
START, STEP, QUIET = 180, 60, 0.4  # seconds: until the page is there, for one step on it, and after a step
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_LISTEN = """() => {
  window.bench = {};
  addEventListener('pointerup', e => { window.bench = { up: e.timeStamp }; }, true);
  new PerformanceObserver(list => {
    for (const mark of list.getEntriesByName('sama:painted')) window.bench[mark.detail.what] = mark.startTime;
  }).observe({ entryTypes: ['mark'] });
}"""


def measure(
    *, repeats: int = 20, progress: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Measure clicks and background switches on a 12-megapixel photo; returns rows {name, ms, bytes}.

    click_to_first: from mouse-up until SAM's mask is painted; click_to_panels: from mouse-up until all four panels are
    repainted; click_to_panels_server: the part of it between the request leaving the browser and the answer reaching
    it; background_switch: from mouse-up until the composite is repainted. ms and bytes are medians over `repeats`;
    bytes are all that came down the network, headers included.

    progress is called with one line for every stage. Raises BenchError when Playwright or Chromium is missing
    or the page does not come up.
    """
    chromium = _chromium()
    from playwright.sync_api import Error, sync_playwright

    with tempfile.TemporaryDirectory(prefix="sama-bench-") as folder, sync_playwright() as playwright:
        progress("starting the studio")
        with serving(Path(folder)) as (url, _):
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
            try:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.set_default_timeout(1000 * STEP)
                progress("encoding a photo of 12 megapixels")
                _open(page, url, _photo(Path(folder)))
                wire = _Wire(page)
                clicks, switches = [], []
                for i in range(WARM_UP + repeats):
                    progress(f"click {i + 1} of {WARM_UP + repeats}")
                    clicks.append(_click(page, wire, i))
                for i in range(WARM_UP + repeats):
                    progress(f"background {i + 1} of {WARM_UP + repeats}")
                    switches.append(_switch(page, wire, i))
            except Error as error:
                reason = error.message.splitlines()[0]
                raise BenchError(f"The page did not do what was expected ({reason}); try again.") from error
            finally:
                browser.close()
    clicks, switches = clicks[WARM_UP:], switches[WARM_UP:]
    return [
        _row("click_to_first", [c["first"] for c in clicks], [c["bytes"] for c in clicks]),
        _row("click_to_panels", [c["ms"] for c in clicks], [c["bytes"] for c in clicks]),
        _row("click_to_panels_server", [c["server"] for c in clicks], [c["bytes"] for c in clicks]),
        _row("background_switch", [s["ms"] for s in switches], [s["bytes"] for s in switches]),
    ]


def _row(name: str, ms: list[float], sizes: list[int]) -> dict[str, Any]:
    return {"name": name, "ms": round(statistics.median(ms), 1), "bytes": round(statistics.median(sizes))}


# ---- what is visited


def _chromium() -> str:
    try:
        import playwright  # noqa: F401
    except ImportError as error:
        raise BenchError(
            "The page is measured with Playwright; `pip install '.[dev]'` in the repository first."
        ) from error
    found = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if found is None:
        raise BenchError("There is no Chromium here; install Debian's package chromium to measure the page.")
    return found


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """Run `sama app` in a process of its own; gives its address and the process's id. folder: for what it says;
    settings: of its environment. Raises BenchError where it does not come up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "app.log"
    command = [sys.executable, "-m", "sama", "app", "--host", "127.0.0.1", "--port", str(port)]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **settings}
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, log)
        yield url, process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (URLError, OSError):
            time.sleep(0.2)
    said = log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
    raise BenchError(f"`sama app` did not come up ({said[-1]}); start it by hand to see why.")


def _photo(folder: Path) -> Path:
    """Make a photo with the content of an example and 12 million pixels."""
    path = folder / "photo.jpg"
    with Image.open(examples_folder() / "flower.jpg") as image:
        image.convert("RGB").resize(PHOTO_SIZE, Image.Resampling.BICUBIC).save(path, quality=90)
    return path


# ---- what is done there


def _open(page: Any, url: str, photo: Path) -> None:
    """Upload the photo and wait until it is encoded."""
    page.goto(url)
    page.locator("#viewer [data-seq]").wait_for()  # the first example is answered, everything has run once
    page.set_input_files(".pr-file", photo)
    page.get_by_text(f"{PHOTO_SIZE[0]} × {PHOTO_SIZE[1]}").wait_for()
    page.get_by_text("Ready: click the object").wait_for()
    page.evaluate(_LISTEN)


def _click(page: Any, wire: "_Wire", number: int) -> dict[str, Any]:
    """Clear the prompts, then click somewhere: clicks go round the photo's middle."""
    page.keyboard.press("Escape")
    page.locator("#viewer [data-seq]").wait_for(state="detached")
    page.wait_for_timeout(1000 * QUIET)
    box = page.locator(".pr-canvas").bounding_box()
    x = box["x"] + box["width"] * (0.3 + 0.4 * (number * 0.618 % 1))
    y = box["y"] + box["height"] * (0.4 + 0.2 * (number * 0.755 % 1))
    return wire.watch(lambda: page.mouse.click(x, y), "answer")


def _switch(page: Any, wire: "_Wire", number: int) -> dict[str, Any]:
    colour = ("#000000", "#ffffff", "#808080")[number % 3]
    return wire.watch(page.locator(f'#scene [data-colour="{colour}"]').click, "composite", asks=False)


class _Wire:
    """The browser's own account of time and bytes, over its DevTools protocol."""

    def __init__(self, page: Any):
        self.page = page
        self._urls: dict[str, str] = {}
        self._sent = 0.0
        self._came: list[tuple[float, int]] = []
        self._bytes = 0
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.requestWillBeSent", self._request)
        devtools.on("Network.dataReceived", self._data)
        devtools.on("Network.responseReceived", self._response)
        devtools.send("Network.enable")

    def watch(self, act: Callable[[], None], what: str, *, asks: bool = True) -> dict[str, Any]:
        """Do something on the page; returns {ms, first, server, bytes} of what it leads to. asks: whether it asks the
        server; without, `server` is 0."""
        self._came, self._bytes = [], 0
        act()
        # By default it would be asked at every frame, on the cores that the server needs.
        self.page.wait_for_function("what => window.bench[what] > window.bench.up", arg=what, polling=100)
        self.page.wait_for_timeout(1000 * QUIET)  # the stream ends after the answer
        marks = self.page.evaluate("window.bench")
        server = 1000 * (self._answered() - self._sent) if asks else 0.0
        first = marks.get("first", marks[what]) - marks["up"]
        return {"ms": marks[what] - marks["up"], "first": first, "server": server, "bytes": self._bytes}

    def _answered(self) -> float:
        """When the answer was there: it is by far the largest message, so when most bytes were."""
        half, come = sum(size for _, size in self._came) / 2, 0
        for moment, size in self._came:
            come += size
            if come > half:
                return moment
        raise BenchError("The page answered without asking its server; the measurement no longer fits it.")

    def _request(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):  # pictures inside an answer are requests, too, for data: addresses
            self._urls[event["requestId"]] = url
        if "/queue/join" in url:
            self._sent = event["timestamp"]

    def _response(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._urls:
            self._bytes += int(event["response"]["encodedDataLength"])  # so far: the headers

    def _data(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._urls:
            return
        self._bytes += event[
            "dataLength"
        ]  # Gradio compresses no event stream; the encoded length often comes late
        if "/queue/data" in self._urls[event["requestId"]]:
            self._came.append((event["timestamp"], event["dataLength"]))
