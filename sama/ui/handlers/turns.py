"""Photos that are opened at once, by two keys or two drops: a late one must not take the place of a newer one. And long
works that are given up."""

import threading
from collections import OrderedDict
from collections.abc import Generator
from contextlib import closing
from itertools import count
from typing import Any

from sama.ui.component.data import LONGEST

_TABS = 1000  # that are remembered
_STOPS = 1000


class Turns:
    """The openings of each tab, in the order in which they begin."""

    def __init__(self):
        self._numbers = count(1)
        self._shown: OrderedDict[str, int] = OrderedDict()  # by tab: the newest opening that the page shows
        self._lock = threading.Lock()

    def kept(self, tab: str | None, steps: Generator[dict[str, Any]]) -> Generator[dict[str, Any]]:
        """Yield the steps of an opening as long as no newer one of the same tab is shown, which is when it changes the
        visit; one that is refused stops nobody."""
        number = next(self._numbers)
        with closing(steps):
            for changes in steps:
                if not self._may(tab or "", number, shows="visit" in changes):
                    yield {}  # Gradio sends the last step once more when it is done
                    return
                yield changes

    def _may(self, tab: str, number: int, *, shows: bool) -> bool:
        with self._lock:
            if number < self._shown.get(tab, 0):
                return False
            if shows:
                self._shown[tab] = number
                self._shown.move_to_end(tab)
                while len(self._shown) > _TABS:
                    self._shown.popitem(last=False)
            return True


class Stops:
    """Long works that nobody wants any more, by the names that pages have drawn for them at random."""

    def __init__(self):
        self._names: OrderedDict[str, None] = OrderedDict()

    def stop(self, name: str) -> None:
        """Let a work end early."""
        self._names[name] = None
        while len(self._names) > _STOPS:
            self._names.popitem(last=False)

    def stopped(self, name: str) -> bool:
        """Whether a work is to end."""
        return name in self._names


def name_of_work(event: Any) -> str:
    """What the page calls the work of an event, {work: name}; empty for nonsense."""
    name = event.get("work") if isinstance(event, dict) else None
    return name if isinstance(name, str) and len(name) <= LONGEST else ""
