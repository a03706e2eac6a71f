"""What a person asks of one photo, checked when it is made; nobody downstream checks again."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

from sama.errors import PromptError
from sama.request import checks as check
from sama.request.listing import Listing
from sama.request.prompts import Prompts
from sama.request.readings import notes_on, refuse_parts


@dataclass(frozen=True, eq=False)
class Request:
    """Prompts on a photo, and how they are to be answered; made by `Request.of`.

    photo_size: (width, height) of the photo; prompts: valid on it. method: a name of `sama.methods.METHODS`, None for
    the model's own. candidate: which of SAM's masks is refined, of the first object, None for SAM's best. output_size:
    (width, height) of the answer. closer=False answers on the whole photo even where boxes are small; edges=False gives
    what SAMA's heads give, not their maps along the photo's edges. keep_logits: whether a matte's logits are kept
    beside it, for whoever enlarges them. keep_haze: whether the matte keeps what is away from the object. notes: how
    prompts were understood that can be read in several ways, a sentence each. listing: which clicks are whose, and what
    the objects are called.
    """

    photo_size: tuple[int, int]
    prompts: Prompts
    method: str | None
    candidate: int | None
    output_size: tuple[int, int]
    closer: bool = True
    edges: bool = True
    keep_logits: bool = False
    keep_haze: bool = False
    notes: tuple[str, ...] = ()
    listing: Listing = Listing()

    @classmethod
    def of(
        cls,
        prompts: Prompts,
        photo_size: tuple[int, int],
        *,
        method: str | None = None,
        candidate: int | None = None,
        output_size: tuple[int, int] | None = None,
        closer: bool = True,
        edges: bool = True,
        keep_logits: bool = False,
        keep_haze: bool = False,
        listing: Listing | None = None,
    ) -> "Request":
        """Check prompts against a photo of `photo_size` (width, height); the answer has its size unless another is
        asked for. Raises PromptError."""
        given, prompts = prompts, prompts.validate(photo_size)
        boxes = [
            check.box(box) for box in check.sequence(given.boxes, "boxes")
        ]  # neither ordered nor clipped
        refuse_parts(prompts.points, boxes, photo_size)
        notes = (*notes_on(boxes, photo_size), *_notes_on_order(prompts, (listing or Listing()).owners))
        size = output_size or photo_size
        how = closer, edges, keep_logits, keep_haze, notes, listing or Listing()
        request = cls(photo_size, prompts, method, candidate, size, *how)
        request.listing.check(len(request.objects), len(prompts.points), len(prompts.strokes))
        for number, each in enumerate(request.objects):
            _check_candidate(request.candidate_of(number), each.candidates)
        return request

    @cached_property
    def objects(self) -> tuple[Prompts, ...]:
        """The prompts of each object: one for each box, with the clicks inside it, and one for all other clicks, but
        for clicks whose owners the listing names."""
        return tuple(self.prompts.groups(self.listing.owners, self.listing.brushed))

    def candidate_of(self, number: int) -> int | None:
        """Which of SAM's masks of object `number` is refined, None for SAM's best."""
        own = self.listing.candidate(number)
        return self.candidate if own is None and number == 0 else own

    def asks_like(self, other: "Request") -> bool:
        """Whether both have the same answer, but for what its objects are called, their order, and which are hidden."""
        plain = [
            replace(each, listing=replace(each.listing, names=(), order=(), hidden=frozenset()), notes=())
            for each in (self, other)
        ]
        return all(getattr(plain[0], f.name) == getattr(plain[1], f.name) for f in fields(self))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the answer."""
        return self.output_size[1], self.output_size[0]


def _check_candidate(candidate: int | None, count: int) -> None:
    if candidate is not None and not 0 <= candidate < count:
        raise PromptError(f"SAM has {count} candidate(s) here; choose one from 0 to {count - 1}.")


def _notes_on_order(prompts: Prompts, owners: tuple[int | None, ...]) -> tuple[str, ...]:
    count = prompts.overruled(owners)
    if not count:
        return ()
    clicks = "1 click does" if count == 1 else f"{count} clicks do"
    return (
        f"{clicks} not count beside a box that came later and says otherwise; click there again to correct it.",
    )
