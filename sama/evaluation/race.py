"""The click race: an automatic user clicks for every method at its own largest error, and counts.

Source of the measure: Xu et al. 2016, Sofiiuk et al. 2021 (RITM): NoC@85 is the number of clicks until the IoU is 0.85,
and as many as were allowed where it never is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from sama.evaluation.metrics import iou
from sama.evaluation.prompting import A, HasMask, clicked
from sama.request.checks import Point
from sama.request.prompts import Prompts

LEVELS = (85, 90)
CLICKS = 10  # unless another number is asked for
MOST_CLICKS = 50
NOCS = tuple(f"NoC@{level}" for level in LEVELS)


@dataclass
class Curve:
    """One method's race for one object: the IoU after each click, and the clicks. `count` of them were allowed."""

    count: int
    ious: list[float] = field(default_factory=list)
    clicks: tuple[Point, ...] = ()

    def noc(self, level: int) -> int:
        """The number of clicks until the IoU is `level` per cent, `count` where it never is."""
        return next((n for n, value in enumerate(self.ious, 1) if 100 * value >= level), self.count)

    def reaches(self, level: int) -> bool:
        """Whether it gets there."""
        return any(100 * value >= level for value in self.ious)

    @property
    def nocs(self) -> dict[str, float]:
        """NOCS by name."""
        return {name: float(self.noc(level)) for name, level in zip(NOCS, LEVELS, strict=True)}

    @property
    def whole(self) -> list[float]:
        """`count` values: where nothing was left to correct, the last one goes on."""
        return [*self.ious, *[self.ious[-1]] * (self.count - len(self.ious))]


def run(
    answer: Callable[[Prompts], A],
    truth: np.ndarray,
    count: int = CLICKS,
    known: np.ndarray | None = None,
) -> Iterator[tuple[Curve, Prompts, A]]:
    """Yield a method's curve so far, the prompts and the answer, after every click. truth, known: (H, W) bool, see
    `simulate`."""
    curve = Curve(count)
    for prompts, found in clicked(count, truth, answer, known):
        mask = found.mask if known is None else found.mask & known
        curve.ious.append(iou(mask, truth if known is None else truth & known))
        curve.clicks = prompts.points
        yield curve, prompts, found


def race(
    answers: Mapping[str, Callable[[Prompts], HasMask]], truth: np.ndarray, count: int = CLICKS
) -> Iterator[dict[str, Curve]]:
    """Let methods race on one object side by side; yield all curves, by name, after every click of each."""
    runs = {name: run(answer, truth, count) for name, answer in answers.items()}
    curves: dict[str, Curve] = {}
    while runs:
        for name in list(runs):
            step = next(runs[name], None)
            if step is None:
                del runs[name]
                continue
            curves[name] = step[0]
            yield curves


def mean_curve(curves: list[Curve]) -> list[float]:
    """The mean IoU after each click, over objects."""
    return [float(value) for value in np.mean([each.whole for each in curves], axis=0)]
