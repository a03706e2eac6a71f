"""Photos that are opened at once, by two keys or two drops: a late one must not take the place of a newer one."""

import threading
from collections import OrderedDict
from collections.abc import Generator
from contextlib import closing
from itertools import count
from typing import Any

_TABS = 1000  # that are remembered


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
