"""The page's server without its network: what is sent goes all the way that a request goes in Gradio."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FunctionType
from typing import Any

import gradio as gr
import numpy as np
from gradio.state_holder import SessionState
from PIL import Image

from sama.matting import warm_up
from sama.ui.studio import build_studio
from tests.helpers import disc
from tests.ui.browser.fake_predictor import FakePredictor

EXAMPLES = Path(__file__).parents[2] / "examples"
SIZE = (60, 44)


class Server:
    """A studio over the fake model, one visitor, and files: of the visitor, and of nobody's business."""

    def __init__(self, folder: Path):
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        warm_up()  # or the first request would wait for the compiler
        self.blocks = build_studio(FakePredictor(), EXAMPLES)
        # As after its launch: until then Gradio takes every path for one of the programmer's own.
        self.blocks.has_launched, self.blocks.allowed_paths, self.blocks.blocked_paths = (
            True,
            [str(EXAMPLES)],
            [],
        )
        self.loop, self.threads = asyncio.new_event_loop(), ThreadPoolExecutor(1)
        self.secret = folder / "secret"
        self.secret.mkdir()
        uploads = Path(os.environ["GRADIO_TEMP_DIR"]) / "visitor"
        uploads.mkdir(parents=True)
        colours = np.random.default_rng(1).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
        self.photo, self.session = uploads / "photo.png", uploads / "session.json"
        for path in (self.photo, self.secret / "secret.png"):
            Image.fromarray(colours).save(path)
        self.truth = uploads / "truth.png"
        Image.fromarray(disc(SIZE[0], 15)[: SIZE[1]]).save(self.truth)
        (self.secret / "secret.json").write_text("{}")
        self.link = uploads / "link.png"
        self.link.symlink_to(self.secret / "secret.png")
        self.state = SessionState(self.blocks)

    @property
    def secrets(self) -> list[Path]:
        """Files that nobody may open by asking for them."""
        return [self.secret / "secret.png", self.secret / "secret.json", self.link]

    def file(self, path: Path) -> dict[str, Any]:
        """A file as a browser names it."""
        return {"path": str(path), "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}

    def function(self, name: str):
        """What the page calls, by the name of the handler or endpoint."""
        return next(fn for fn in self.blocks.fns.values() if name in (fn.api_name, named(fn)))

    def ask(self, fn, inputs: list[Any], event: Any = None) -> list[dict[str, Any]]:
        """Call a function with what came in; returns what went out, step by step."""
        # In a thread: the main one may have Playwright's loop.
        return self.threads.submit(self.loop.run_until_complete, self._ask(fn, inputs, event)).result()

    async def _ask(self, fn, inputs: list[Any], event: Any) -> list[dict[str, Any]]:
        told = gr.EventData(None, event)
        steps, iterator = [], None
        while True:
            step = await self.blocks.process_api(
                fn, list(inputs), self.state, iterator=iterator, event_data=told, session_hash="fuzz"
            )
            steps.append(step)
            iterator = step.get("iterator")
            if not step.get("is_generating"):
                return steps


def named(fn) -> str:
    """The name of the handler behind a function of the page."""
    return next((each.__name__ for each in _within(fn.fn) if _is_handler(each)), "")


def _is_handler(function) -> bool:
    return function.__module__.startswith("sama.ui.handlers") and "<locals>" not in function.__qualname__


def _within(function) -> Iterator:
    """The functions that a function wraps, the outermost first."""
    for cell in getattr(function, "__closure__", None) or ():
        if isinstance(cell.cell_contents, FunctionType):
            yield cell.cell_contents
            yield from _within(cell.cell_contents)
