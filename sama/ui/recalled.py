"""Answers that a visit has: one that was computed ahead, and the last one."""

from dataclasses import replace

from sama.predict.answer import Answer
from sama.request.prompts import Prompts
from sama.request.request import Request


class Recalled:
    """What needs neither encoder nor decoder."""

    def __init__(self):
        self._ahead: tuple[Prompts, Answer] | None = None
        self._last: tuple[Request, Answer] | None = None

    def remember(self, prompts: Prompts, answer: Answer) -> None:
        """Take over an answer that was computed ahead to valid prompts."""
        self._ahead = prompts, answer

    def keep(self, request: Request, answer: Answer) -> None:
        """Take note of the newest answer."""
        self._last = request, answer

    def forget(self) -> None:
        """Let go of the newest answer."""
        self._last = None

    def ahead(self, request: Request) -> Answer | None:
        """The answer computed ahead, if it is one to this request."""
        if self._ahead is None or self._ahead[0] != request.prompts:
            return None
        answer = self._ahead[1]
        chosen = request.candidate_of(0) in (None, answer.union.chosen)
        usual = request.method in (None, answer.method) and not request.keep_haze
        whole = len(request.objects) == 1 or request.listing.together
        if not (chosen and usual and whole):
            return None
        listing = replace(request.listing, owners=(), together=False)
        return answer if listing == answer.listing else replace(answer, listing=listing)

    def again(self, request: Request) -> Answer | None:
        """The newest answer, where its objects were only named, ordered or hidden otherwise since."""
        if self._last is None or not request.asks_like(self._last[0]) or request.listing.together:
            return None
        return replace(self._last[1], listing=request.listing)
