"""What a handler that fails leaves on the page: nothing that looks as if it were still at work."""

from collections.abc import Callable, Collection
from inspect import isgeneratorfunction
from itertools import count
from typing import Any

from sama.ui.lab import Lab
from sama.ui.prompter import Prompter
from sama.ui.talk import Talk
from sama.ui.telling import Refusal
from sama.ui.viewer import Viewer

STOPPED = "The server could not answer; click the photo to try again."
_failures = count(1)  # a prop of the page is news only where it differs from the one before


def failed() -> dict[str, Any]:
    """What the lab is told where nothing comes of what it has asked for."""
    return {"lab": Lab(failed=next(_failures))}


def tidied(handler: Callable, names: Collection[str]) -> Callable:
    """Return a handler that, where it fails, first takes back what it has said of its work, and then fails.

    names: of the components that it may change. A handler that has neither a status line nor the lab among them is
    returned as it is.
    """
    if not {"prompter", "talk", "lab"} & set(names):
        return handler

    def steps(*values):
        try:
            if isgeneratorfunction(handler):
                yield from handler(*values)
            else:
                yield handler(*values)
        except Exception as error:
            yield {name: value for name, value in _stopped(error).items() if name in names}
            raise

    return steps


def _stopped(error: Exception) -> dict[str, Any]:
    """What is said instead; a mistake of the visitor's own is told elsewhere, in words of its own."""
    if isinstance(error, Refusal):
        return {"prompter": Prompter(status={}), "talk": Talk(progress=None), **failed()}
    line, number = {"text": STOPPED}, next(_failures)
    stopped = {
        "prompter": Prompter(status=line),
        "talk": Talk(progress=line),
        "viewer": Viewer(stopped=number),
    }
    return {**stopped, **failed()}
