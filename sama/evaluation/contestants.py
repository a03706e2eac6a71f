"""Who answers in an evaluation: methods that are prompted, methods that are given a mask, and other programs' files."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from sama.errors import SamaError
from sama.evaluation.answers import AnswerFolder
from sama.evaluation.damage import DAMAGES
from sama.evaluation.datasets import Scene, TrueObject
from sama.evaluation.from_masks import MASK_METHODS
from sama.evaluation.methods import Scored, answering, choose_methods, drop_untrained, without_model
from sama.evaluation.prompting import SIMULATED, simulate
from sama.evaluation.race import CLICKS, MOST_CLICKS, run
from sama.request.prompts import Prompts

# The true mask, as it is or damaged, is handed to methods that make mattes from masks.
MASKS = {"mask": None} | {f"mask_{name}": damage for name, damage in DAMAGES.items()}
RACE = "race"
PROMPT_KINDS = (*SIMULATED, RACE, *MASKS)


class Contestant(Protocol):
    """Whoever answers, one object after the other."""

    def answer(self, scene: Scene, truth: TrueObject) -> tuple[Prompts, Scored]:
        """The prompts that led to an answer, and the answer with the seconds that it took."""
        ...


@dataclass(frozen=True)
class Prompted:
    """A method of the table; the predictor holds the scene's photo already. how: see `answering`."""

    method: str
    prompts: str
    predictor: Any
    how: dict[str, bool]

    def answer(self, scene: Scene, truth: TrueObject) -> tuple[Prompts, Scored]:
        """See `Contestant.answer`."""
        started = time.perf_counter()
        method = answering(self.method, scene.image, self.predictor, **self.how)
        prompts, found = simulate(self.prompts, truth.mask, method, truth.name, truth.known)
        return prompts, replace(found, seconds=time.perf_counter() - started)


@dataclass(frozen=True)
class Racing:
    """A method of the table that gets `clicks` clicks, each at its own largest error; see `Prompted`."""

    method: str
    clicks: int
    predictor: Any
    how: dict[str, bool]

    def answer(self, scene: Scene, truth: TrueObject) -> tuple[Prompts, Scored]:
        """See `Contestant.answer`: that to the last click."""
        started = time.perf_counter()
        method = answering(self.method, scene.image, self.predictor, **self.how)
        *_, (curve, prompts, found) = run(method, truth.mask, self.clicks, truth.known)
        return prompts, replace(found, seconds=time.perf_counter() - started, curve=curve)


@dataclass(frozen=True)
class Matted:
    """A method that makes a matte from a mask; it is given the true mask, damaged as `prompts`, of MASKS, says.
    how: see `answering`."""

    method: str
    prompts: str
    predictor: Any
    how: dict[str, bool]

    def answer(self, scene: Scene, truth: TrueObject) -> tuple[Prompts, Scored]:
        """See `Contestant.answer`."""
        damage = MASKS[self.prompts]
        mask = truth.mask if damage is None else damage(truth.mask)
        started = time.perf_counter()
        matte = MASK_METHODS[self.method].matte(scene.image, mask, self.predictor, self.how)
        return Prompts(), Scored(matte > 0.5, matte, matte, seconds=time.perf_counter() - started)


@dataclass(frozen=True)
class Foreign:
    """Another program's answers."""

    folder: AnswerFolder

    def answer(self, scene: Scene, truth: TrueObject) -> tuple[Prompts, Scored]:
        """See `Contestant.answer`."""
        return Prompts(), self.folder.answer(scene, truth)


@dataclass(frozen=True)
class Entry:
    """What is to be compared, checked: names of methods in the order in which they are reported, then of answers.

    named: whether the methods were named, so that one without weights is a mistake; clicks: of a race.
    """

    prompts: str
    methods: tuple[str, ...]
    named: bool
    answers: tuple[AnswerFolder, ...]
    clicks: int = CLICKS

    @classmethod
    def of(
        cls, methods: list[str] | None, prompts: str, answers: Sequence[str | Path], clicks: int = CLICKS
    ) -> "Entry":
        """Check names against the kind of prompt. Beside answers methods take part only if named. Raises SamaError."""
        if not 1 <= clicks <= MOST_CLICKS:
            raise SamaError(f"--clicks is {clicks}: give a number from 1 to {MOST_CLICKS}.")
        if prompts not in PROMPT_KINDS:
            raise SamaError(f"There is no prompt kind {prompts!r}: choose from {', '.join(PROMPT_KINDS)}.")
        folders = tuple(AnswerFolder.of(each) for each in answers)
        if methods is None and folders:
            names = ()
        elif prompts in MASKS:
            names = _choose_mask_methods(methods)
        else:
            names = choose_methods(methods, prompts)
        together = [*names, *(each.name for each in folders)]
        if twice := sorted({name for name in together if together.count(name) > 1}):
            raise SamaError(f"--answers: {twice[0]} names two things: write NAME=DIR with another name.")
        return cls(prompts, names, methods is not None, folders, clicks)

    @property
    def needs_model(self) -> bool:
        """Whether any of the methods needs one."""
        if self.prompts in MASKS:
            return any(MASK_METHODS[name].needs_model for name in self.methods)
        return not without_model(self.methods)

    def contestants(self, predictor: Any, how: dict[str, bool]) -> dict[str, Contestant]:
        """Who answers, by name. predictor: None where no model is needed. Raises SamaError for missing weights."""
        found: dict[str, Contestant] = {}
        if self.prompts in MASKS:
            found |= {name: Matted(name, self.prompts, predictor, how) for name in self.methods}
        else:
            names = (
                self.methods
                if predictor is None
                else drop_untrained(self.methods, self.named, predictor.info)
            )
            if self.prompts == RACE:
                found |= {name: Racing(name, self.clicks, predictor, how) for name in names}
            else:
                found |= {name: Prompted(name, self.prompts, predictor, how) for name in names}
        return found | {each.name: Foreign(each) for each in self.answers}


def _choose_mask_methods(names: list[str] | None) -> tuple[str, ...]:
    if names is None:
        return tuple(MASK_METHODS)
    for name in names:
        if name not in MASK_METHODS:
            raise SamaError(
                f"There is no method {name!r} that makes a matte from a mask: choose from {', '.join(MASK_METHODS)}."
            )
    if not names or len(set(names)) < len(names):
        raise SamaError("--methods must name each method once, separated by commas.")
    return tuple(names)
