"""A server with a fake model, and tabs to visit it."""

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
from gradio_client import Client

from tests.ui.browser.fake_predictor import Counts, FakePredictor

EXAMPLES = Path(__file__).parents[3] / "examples"
SCREENSHOTS = Path(__file__).parent / "screenshots"


def serve(predictor, examples: Path = EXAMPLES, **options):
    """Launch the studio on a free port; options: of `build_studio`. Returns (blocks, url)."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from sama.ui.studio import build_studio, launch_options

    studio = build_studio(predictor, examples, **options)
    _, url, _ = studio.launch(
        server_name="127.0.0.1",
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
        **launch_options(examples),
    )
    return studio, url


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def counts() -> Counts:
    """What the fake model has done, for all tests together."""
    return Counts()


@pytest.fixture(scope="session")
def boxed_examples(tmp_path_factory) -> Path:
    """The examples, the first of them with its box alone: most tests begin there and count what they add."""
    folder = tmp_path_factory.mktemp("studio") / "examples"
    shutil.copytree(EXAMPLES, folder)
    first = min(folder.glob("*.json"))
    session = json.loads(first.read_text())
    session["prompts"]["points"] = []
    first.write_text(json.dumps(session))
    return folder


@pytest.fixture(scope="session")
def server(counts, boxed_examples):
    """A studio over the fake model: (blocks, url)."""
    studio, url = serve(FakePredictor(counts), boxed_examples)
    yield studio, url
    studio.close()


@pytest.fixture(scope="module")
def url(server) -> str:
    """Where programs find that studio."""
    return server[1].rstrip("/")


@pytest.fixture(scope="module")
def client(url) -> Client:
    """A program that calls it."""
    return Client(url, verbose=False)


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """A studio with two examples that the fake model has answered ahead: (url, counts of what it did since)."""
    from sama.commands.examples import answer

    folder = tmp_path_factory.mktemp("examples")
    for name in ("cat", "flower"):
        for kind in ("jpg", "json"):
            shutil.copy(EXAMPLES / f"{name}.{kind}", folder)
        answer(FakePredictor(), folder / f"{name}.json")
    counts = Counts()
    studio, url = serve(FakePredictor(counts), folder)
    yield url, counts
    studio.close()


@pytest.fixture
def without_figures(monkeypatch):
    """Exports without their figures, which take seconds."""
    from sama.export.files import FILES

    quick = {name: file for name, file in FILES.items() if not name.startswith("figure")}
    for module in ("files", "writing"):
        monkeypatch.setattr(f"sama.export.{module}.FILES", quick)


class Visitor:
    """A tab with the studio in it, and what went over its wires. script: runs before the page's own ones."""

    def __init__(self, browser, url, script="", **context):
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, **context)
        self.page = self.context.new_page()
        self.page.add_init_script(script)
        self.url = url
        self.errors, self.hosts, self.sent = [], set(), []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(url)
        self.answered()

    def _note(self, request):
        if request.url.startswith("http"):
            self.hosts.add(request.url.split("/")[2])
        if "/queue/join" in request.url:
            self.sent.append(request.post_data or "")

    def answered(self, since: int | None = None):
        """Wait for a composite newer than `since`."""
        older = -1 if since is None else since
        self.page.wait_for_function(
            "older => Number(document.querySelector('#viewer [data-seq]')?.dataset.seq ?? -1) > older",
            arg=older,
            timeout=60_000,
        )

    @property
    def seq(self) -> int:
        """Number of the newest answered prompts."""
        return int(self.page.locator("#viewer [data-seq]").get_attribute("data-seq"))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where on the screen a spot of the canvas is, x and y being fractions of it."""
        box = self.page.locator(".pr-canvas").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, x: float, y: float, **options):
        """Click the canvas and wait for the answer."""
        before = self.seq
        self.page.mouse.click(*self.at(x, y), **options)
        self.answered(before)

    def drag(self, start: tuple[float, float], end: tuple[float, float]):
        """Drag on the canvas and wait for the answer."""
        before = self.seq
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*[(a + b) / 2 for a, b in zip(start, end, strict=True)]))
        self.page.mouse.move(*self.at(*end))
        self.page.mouse.up()
        self.answered(before)

    def clear(self):
        """Take all marks away, by the keyboard, and wait until nothing is answered any more."""
        self.page.locator(".pr-stage").focus()
        self.page.keyboard.press("Escape")
        self.page.locator("#viewer [data-seq]").wait_for(state="detached")

    def prompts(self) -> dict:
        """Return the newest {points, boxes, seq} that went to the server."""
        return next(d for d in map(_prompts, reversed(self.sent)) if d is not None)

    def pixel(self, name: str, x: float = 0.5, y: float = 0.5) -> list[int]:
        """Return the RGBA of a panel's canvas at fractions of it."""
        return self.page.evaluate(
            """([name, x, y]) => {
              const c = document.querySelector(`[data-panel=${name}] canvas`);
              return [...c.getContext('2d').getImageData(x * c.width | 0, y * c.height | 0, 1, 1).data];
            }""",
            [name, x, y],
        )

    def shows(self, name: str, x: float, y: float, rgba: list[int]):
        """Wait until a panel's canvas has a colour at fractions of it: SAM's mask comes before the rest."""
        self.page.wait_for_function(
            """([name, x, y, wanted]) => {
              const c = document.querySelector(`[data-panel=${name}] canvas`);
              const found = c.getContext('2d').getImageData(x * c.width | 0, y * c.height | 0, 1, 1).data;
              return wanted.every((value, i) => value === found[i]);
            }""",
            arg=[name, x, y, rgba],
            timeout=60_000,
        )

    def screenshot(self, name: str):
        """Keep a picture of the page for people."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def _prompts(post: str) -> dict | None:
    """Return the prompter's value in a request, if it has one."""
    for value in json.loads(post)["data"]:
        if isinstance(value, dict) and "boxes" in value:
            return value
    return None


@pytest.fixture
def visit(browser, server):
    """Open tabs: `visit()` returns a Visitor; all are closed after the test."""
    opened = []

    def open_tab(address: str = server[1], **context) -> Visitor:
        opened.append(Visitor(browser, address, **context))
        return opened[-1]

    yield open_tab
    for visitor in opened:
        visitor.context.close()


def download(visitor, title: str | None = None):
    """Download, by default everything; returns Playwright's download."""
    if title is not None:
        choose(visitor, title)
    with visitor.page.expect_download(timeout=90_000) as caught:
        visitor.page.click("#export")
    return caught.value


def choose(visitor, title: str):
    """Choose what to download."""
    visitor.page.locator("#export-what input").click()
    visitor.page.get_by_role("option", name=title, exact=True).click()
