"""What was made for a visitor to take home: the browser saves it by itself as soon as the page hears of it, and a link
stays, for a browser that asked first or did not; a `gr.HTML` component without events. Prop: `file`, None or {path,
name, number}, where `path` is a file that the page may fetch and `number` tells two of the same name apart.
"""

from itertools import count
from pathlib import Path
from typing import Any

from sama.ui.component import Component

_NUMBERS = count(1)


class Taken(Component):
    """The newest file."""

    NAME = "taken"
    IDS = ("taken", "film-taken")
    STYLES = ("taken.css",)
    SCRIPTS = ("taken.js",)

    def __init__(self, value: Any = None, **props: Any):
        """See the module."""
        props.setdefault("file", None)
        super().__init__(value, **props)


def taken(path: str) -> Taken:
    """Return the component's change that hands over a file that was kept for the page."""
    return Taken(file={"path": path, "name": Path(path).name, "number": next(_NUMBERS)})
