"""The server's door: what comes in is understood, or refused with one sentence."""

from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr
from gradio.exceptions import InvalidPathError

from sama.ui.telling import NOT_UNDERSTOOD, NOT_UPLOADED

_ELSEWHERE = "is not in the cache folder"  # Gradio's words


class Door(gr.Blocks):
    """A page whose server leaves no traceback in the log, and no framework's words with the caller, for a request that
    no page of ours sends: an old tab may send it after an update, and so may anybody who writes requests by hand."""

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **options: Any) -> Any:
        """See `gr.Blocks`; raises gr.Error alone."""
        try:
            return await super().preprocess_data(block_fn, inputs, *args, **options)
        except gr.Error as error:
            if not error.print_exception:  # ours
                raise
            raise gr.Error(NOT_UNDERSTOOD, print_exception=False, title="") from error
        except Exception as error:  # pydantic's, httpx's, Gradio's own: whatever a value can cause
            raise gr.Error(
                escape(_sentence(error, inputs), quote=False), print_exception=False, title=""
            ) from error

    async def call_function(self, *args: Any, **options: Any) -> Any:
        """See `gr.Blocks`, which looks for files in what comes with an event only here."""
        try:
            return await super().call_function(*args, **options)
        except gr.Error as error:
            if _ELSEWHERE not in error.message:
                raise
            raise gr.Error(NOT_UPLOADED, print_exception=False, title="") from error


def _sentence(error: Exception, inputs: list[Any]) -> str:
    if isinstance(error, InvalidPathError):
        return NOT_UPLOADED
    if address := next(_addresses(inputs), None):
        shown = "".join(c for c in address if c.isprintable())[:120]
        return f"{shown} cannot be fetched from here; check the address, or upload the file itself."
    return NOT_UNDERSTOOD


def _addresses(value: Any) -> Iterator[str]:
    """The addresses of files in a request."""
    if isinstance(value, list):
        for part in value:
            yield from _addresses(part)
    elif isinstance(value, dict):
        path = value.get("path")
        if isinstance(path, str) and path.startswith(("http://", "https://")):
            yield path
        yield from _addresses(list(value.values()))
