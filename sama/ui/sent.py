"""A file that a program sends: uploaded before, or named by its address."""

from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import httpx
from gradio.data_classes import FileData
from gradio_client.utils import is_http_url_like

from sama.ui.telling import Refusal

_LONGEST = 200  # letters of an address in a sentence


class SentFile(gr.File):
    """`gr.File` whose value keeps the name that the sender gave, and which says why an address leads to nothing."""

    def get_block_name(self) -> str:
        """Gradio's own script draws it."""
        return "file"

    def preprocess(self, payload: FileData | None) -> FileData | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the file as it arrived; without `gr.File`'s temporary file, which nobody would delete."""
        return payload

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """See `gr.File`; raises Refusal for an address that nothing can be fetched from."""
        address = str(url_or_file_path)
        try:
            return await super().async_move_resource_to_block_cache(url_or_file_path)
        except Exception as error:
            if not is_http_url_like(address):
                raise
            raise Refusal(
                f"{_shown(address)} cannot be fetched: {_reason(error)}; check the address, or send the file itself.",
                page=False,
            ) from error


def _shown(address: str) -> str:
    """An address for a sentence: without what may be a key in it."""
    parts = urlsplit(address)
    short = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return short if len(short) <= _LONGEST else short[: _LONGEST - 3] + "..."


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer came in time"
    if isinstance(error, httpx.HTTPError):
        return "nothing answers there"
    text = str(error)
    if "resolve hostname" in text:
        return "there is no server of that name"
    if "failed validation" in text:
        return "it is not a public address"
    if "Status code:" in text:
        return f"the server there answers with error {text.rpartition(':')[2].strip()}"
    return "nothing usable comes from there"
