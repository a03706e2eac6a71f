"""The list of a photo's objects: what they are called, which is in front, which is hidden, whose each click is.

Objects are numbered from 0 as `Prompts.groups` returns them: those of boxes first, then those of clicks alone. The list
says nothing of where they are; that is what prompts are for.
"""

from dataclasses import dataclass, field
from typing import Any

from sama.errors import PromptError

MAX_NAME = 80  # letters of an object's name
MAX_OBJECTS = 200


@dataclass(frozen=True)
class Listing:
    """names: of the objects by number, empty for none; order: numbers from front to back, missing ones come last, in
    their own order; hidden: numbers of those that are neither shown nor exported; candidates: which of SAM's masks is
    refined, by number, None for SAM's best; owners: for each click the number of the object that it belongs to, None
    for the one where it lies; brushed: the same for each stroke; together: all of them are one object. What is left
    out at the end is the default."""

    names: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    hidden: frozenset[int] = field(default_factory=frozenset)
    candidates: tuple[int | None, ...] = ()
    owners: tuple[int | None, ...] = ()
    together: bool = False
    brushed: tuple[int | None, ...] = ()

    def name(self, number: int) -> str:
        """What object `number` is called, empty where nobody has said."""
        return self.names[number] if number < len(self.names) else ""

    def candidate(self, number: int) -> int | None:
        """Which of SAM's masks of object `number` is refined; None for SAM's best."""
        return self.candidates[number] if number < len(self.candidates) else None

    def ordered(self, count: int) -> tuple[int, ...]:
        """The numbers of `count` objects from front to back."""
        named = [number for number in self.order if number < count]
        return (*named, *(number for number in range(count) if number not in named))

    def seen(self, count: int) -> tuple[int, ...]:
        """The same without those that are hidden."""
        return tuple(number for number in self.ordered(count) if number not in self.hidden)

    def check(self, count: int, clicks: int, strokes: int = 0) -> None:
        """Raise PromptError unless it is a list of `count` objects with so many clicks and strokes."""
        owning = [owner for owner in (*self.owners, *self.brushed) if owner is not None]
        numbers = [*self.order, *self.hidden, *owning]
        most = max([*numbers, len(self.names) - 1, len(self.candidates) - 1], default=-1)
        if most >= count:
            raise PromptError(f"The list names object {most + 1} and there are {count}; correct the list.")
        for what, owners, there in (("clicks", self.owners, clicks), ("strokes", self.brushed, strokes)):
            if owners and len(owners) != there:
                raise PromptError(
                    f"The list has owners of {len(owners)} {what} and there are {there}; correct the list."
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, without what is the default."""
        plain = {
            "names": list(self.names) if any(self.names) else [],
            "order": list(self.order),
            "hidden": sorted(self.hidden),
            "candidates": list(self.candidates) if any(c is not None for c in self.candidates) else [],
            "owners": list(self.owners) if any(o is not None for o in self.owners) else [],
            "together": self.together,
            "brushed": list(self.brushed) if any(o is not None for o in self.brushed) else [],
        }
        return {name: value for name, value in plain.items() if value}

    @classmethod
    def from_dict(cls, data: Any) -> "Listing":
        """Read what `to_dict` wrote; entries that are unknown are left alone. Raises PromptError."""
        if not isinstance(data, dict):
            raise PromptError("The list of objects is damaged; save the session again.")
        names = _list(data, "names", lambda v: isinstance(v, str))
        order, hidden = _list(data, "order", _is_number), _list(data, "hidden", _is_number)
        maybe = lambda v: v is None or _is_number(v)  # noqa: E731
        candidates, owners = _list(data, "candidates", maybe), _list(data, "owners", maybe)
        brushed = _list(data, "brushed", maybe)
        together = data.get("together", False)
        if len(set(order)) != len(order) or type(together) is not bool:
            raise PromptError("The list of objects is damaged; save the session again.")
        names = tuple(clean_name(name) for name in names)
        return cls(names, order, frozenset(hidden), candidates, owners, together, brushed)


def clean_name(name: str) -> str:
    """A name in one line of letters that can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME]


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_OBJECTS


def _list(data: dict[str, Any], name: str, is_one) -> tuple:
    values = data.get(name, [])
    if not isinstance(values, list) or len(values) > 10 * MAX_OBJECTS or not all(map(is_one, values)):
        raise PromptError(f"'{name}' is damaged in the list of objects; save the session again.")
    return tuple(values)
