"""What visitors and programs are told when something goes wrong.

Gradio shows what it is told as HTML, and names of files come from outside: on the page every sentence is escaped. What
is not ours, such as a used up quota or a full graphics card, is told in a sentence as well.
"""

import re
from html import escape, unescape

import gradio as gr
from gradio.exceptions import InvalidPathError
from pydantic import ValidationError

from sama.errors import SamaError

_LINK = re.compile(r"""<a\b[^>]*?href\s*=\s*["']?([^"'\s>]+)[^>]*>(.*?)</a\s*>""", re.I | re.S)
_TAG = re.compile(r"</?[a-z!][^>]*>", re.I)
NOT_UPLOADED = "The request names a file that was not uploaded here; upload the file first."
NOT_UNDERSTOOD = (
    "The request has a value of another kind than this server takes; reload the page, or see its API."
)
_MISTAKES = {InvalidPathError: NOT_UPLOADED, ValidationError: NOT_UNDERSTOOD}  # which Gradio notices
_LONGEST = 600  # letters of somebody else's message


class Refusal(gr.Error):
    """A mistake of the visitor: one sentence of ours; it needs no trace in the log."""

    def __init__(self, sentence: str, *, page: bool):
        """page: whether the page shows it, or a program gets it as it is."""
        text = escape(sentence, quote=False) if page else sentence
        super().__init__(text, print_exception=False, title="" if page else "Error")


def warn(error: SamaError) -> None:
    """Tell a visitor of the page what is wrong; things stay as they are."""
    gr.Warning(escape(str(error), quote=False))


def inform(sentence: str, title: str) -> None:
    """Tell a visitor of the page something that is worth knowing."""
    gr.Info(escape(sentence, quote=False), title=title)


def failure(error: Exception, *, page: bool) -> gr.Error:
    """Return what to raise instead of an error that nobody has handled: a sentence without markup for programs; on the
    page somebody else's message as it was meant, links included."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, SamaError):
        return Refusal(str(error), page=page)
    for kind, sentence in _MISTAKES.items():
        if isinstance(error, kind):
            return Refusal(sentence, page=page)
    if not isinstance(error, gr.Error):
        return gr.Error(_sentence(error), title="" if page else "Error")
    if page:
        return error
    return gr.Error(plain(error.message), title=plain(error.title), print_exception=error.print_exception)


def plain(message: str) -> str:
    """Return somebody's HTML as text on one line, with the addresses of its links."""
    text = _LINK.sub(r"\2 (\1)", str(message))
    return " ".join(unescape(_TAG.sub(" ", text)).split())[:_LONGEST]


def _sentence(error: Exception) -> str:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "There is not enough memory here for this; try a smaller photo, or later again."
    if isinstance(error, OSError) and error.strerror:
        return f"The server could not do that ({error.strerror}); try again, or tell whoever runs it."
    return f"Something failed on the server ({type(error).__name__}); try again, or tell whoever runs it."
