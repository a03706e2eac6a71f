"""Which clicks of a grid need not be asked, since those around them agree on what is there."""

import torch
from torch import Tensor


class Agreed:
    """What the clicks of a square grid have found of each other: S[i, j], whether click j lies in the best mask that
    click i leads to."""

    def __init__(self, places: Tensor):
        """places: of the grid's clicks in the maps of logits, (count, 2), x y in [0, 1]."""
        count = len(places)
        self._across = round(count**0.5)
        self._places = places
        self._holds = torch.zeros(count, count, dtype=torch.bool)
        self._asked = torch.zeros(count, dtype=torch.bool)

    def note(self, numbers: Tensor, logits: Tensor, scores: Tensor) -> None:
        """Clicks with these numbers (N,) lead to candidates, logits (N, C, h, w), with scores (N, C)."""
        best = logits[torch.arange(len(logits)), scores.argmax(1)]  # (N, h, w)
        size = torch.tensor(best.shape[:0:-1])
        x, y = torch.minimum((self._places * size).long(), size - 1).unbind(1)
        self._holds[numbers] = (best[:, y.to(best.device), x.to(best.device)] > 0).cpu()
        self._asked[numbers] = True

    def open(self, numbers: Tensor) -> Tensor:
        """Which of the clicks (N,) are to be asked, (N,) bool: not those whose neighbours in the coarser grid, of the
        odd columns and rows, all lie in the masks of each other, and they in all of these."""
        wanted = torch.ones(len(numbers), dtype=torch.bool)
        for place, number in enumerate(numbers.tolist()):
            around = self._around(number)
            asked = [each for each in around if self._asked[each]]
            if asked and number not in around:
                wanted[place] = not bool(self._holds[asked][:, [*asked, number]].all())
        return wanted

    def _around(self, number: int) -> list[int]:
        y, x = divmod(number, self._across)
        return [row * self._across + column for row in self._odd(y) for column in self._odd(x)]

    def _odd(self, value: int) -> list[int]:
        near = [value] if value % 2 else [value - 1, value + 1]
        return [each for each in near if 0 <= each < self._across]
