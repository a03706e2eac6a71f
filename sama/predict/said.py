"""What SAM alone has said last: a method that is asked next about the same prompts begins with it."""

from collections.abc import Callable

from sama.models.image_features import SamAnswer
from sama.request.prompts import Prompts

_KEPT = 8  # objects, a few MB each


class Said:
    """SAM's answers to the objects of one request about one photo."""

    def __init__(self) -> None:
        self._last: list[tuple[Prompts, SamAnswer]] = []
        self._now: list[tuple[Prompts, SamAnswer]] = []

    def begin(self) -> None:
        """There is a new request: what was said before the last one is forgotten."""
        self._last, self._now = self._now, []

    def of(self, prompts: Prompts, decode: Callable[[], SamAnswer], *, alone: bool) -> SamAnswer:
        """SAM's answer to one object's prompts, decoded where it is not known; alone: SAM is all that was asked."""
        answer = next((said for asked, said in self._last if asked == prompts), None) or decode()
        if alone and len(self._now) < _KEPT:
            self._now.append((prompts, answer))
        return answer
