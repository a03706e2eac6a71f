"""What methods have scored: object by object, by group, and all together."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sama.evaluation.datasets import Scene, TrueObject
from sama.evaluation.groups import group_of, kind_of, ordered
from sama.evaluation.methods import Scored
from sama.evaluation.metrics import INSIDE, MaskScores, MatteScores, iou, mean_of, opaque_inside
from sama.evaluation.race import LEVELS, Curve, mean_curve

FOUND = 0.9  # IoU above which SAM has found an object


@dataclass
class Board:
    """What one method has scored so far."""

    masks: MaskScores = field(default_factory=MaskScores)
    mattes: MatteScores = field(default_factory=MatteScores)
    rows: list[dict[str, float]] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def add(
        self, scene: Scene, truth: TrueObject, answer: Scored, inside: np.ndarray | None
    ) -> dict[str, float]:
        """Score one answer and return its row: metrics by name. inside: see `Scoreboard.add`."""
        self.masks.add(answer.mask, answer.probability, truth.mask, truth.known)
        row = dict(self.masks.rows[-1])
        if scene.is_matte:
            self.mattes.add(answer.matte, truth.alpha, truth.unknown)
            row |= self.mattes.rows[-1]
        if inside is not None:
            row[INSIDE] = float(answer.matte[inside].mean())
        if answer.curve is not None:
            self.curves.append(answer.curve)
            row |= answer.curve.nocs
        if answer.seconds is not None:
            row["seconds"] = answer.seconds
        self.rows.append(row)
        return row

    def results(self) -> dict[str, float]:
        """Means over all objects, by metric."""
        masks = self.masks.results()
        return masks | {name: value for name, value in mean_of(self.rows).items() if name not in masks}

    def race(self) -> dict[str, Any]:
        """See `evaluate`: the mean curve, and how often each level was reached."""
        reached = {str(level): sum(each.reaches(level) for each in self.curves) for level in LEVELS}
        return {"IoU": mean_curve(self.curves), "reached": reached}


class Scoreboard:
    """What every method has scored, and what is known of every object."""

    def __init__(self, names: tuple[str, ...], group_words: int = 1):
        self.boards = {name: Board() for name in names}
        self.objects: list[dict[str, Any]] = []
        self.skipped: list[str] = []
        self._group_words = group_words

    @property
    def ranking(self) -> str:
        """The method whose failures the contact sheet shows."""
        return "sama" if "sama" in self.boards else next(iter(self.boards))

    def add(self, scene: Scene, truth: TrueObject, answers: dict[str, Scored]) -> dict[str, dict[str, float]]:
        """Score one object's answers, by method, and return their rows.

        The matte's mean over the object's opaque inside is measured where SAM found the object at all: how opaque an
        answer to another object is says nothing.
        """
        inside = self._inside(truth, answers)
        rows = {name: board.add(scene, truth, answers[name], inside) for name, board in self.boards.items()}
        curves = {name: each.curve.ious for name, each in answers.items() if each.curve is not None}
        self.objects.append(
            {
                "name": truth.name,
                "photo": scene.name,
                "object": truth.identity,
                "group": group_of(scene.name, self._group_words),
                "pixels": int(np.count_nonzero(truth.mask)),
                "methods": rows,
                **({"race": curves} if curves else {}),
            }
        )
        return rows

    def _inside(self, truth: TrueObject, answers: dict[str, Scored]) -> np.ndarray | None:
        seen = [answers[name].mask for name in ("sam",) if name in answers]
        seen += [each.sam for each in answers.values() if each.sam is not None]
        if not seen or iou(truth.judged(seen[0]), truth.mask) <= FOUND:
            return None
        inside = opaque_inside(truth.alpha)
        return inside if inside.any() else None

    def results(self) -> dict[str, Any]:
        """See `evaluate`: counts, means by method, by group and over groups, and every object's row."""
        groups = self._groups()
        return {
            "n": len(self.objects),
            "skipped": len(self.skipped),
            "skipped_objects": self.skipped,
            "inside_objects": len([each for each in next(iter(self.boards.values())).rows if INSIDE in each]),
            "methods": {name: board.results() for name, board in self.boards.items()},
            "grouped_by": kind_of(list(groups)) if groups else None,
            "groups": groups,
            "mean_of_groups": {
                name: mean_of([each["methods"][name] for each in groups.values()])
                for name in (self.boards if groups else ())
            },
            "race": {name: board.race() for name, board in self.boards.items() if board.curves},
            "objects": self.objects,
        }

    def _groups(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for group in ordered({each["group"] for each in self.objects if each["group"] is not None}):
            members = [each["methods"] for each in self.objects if each["group"] == group]
            means = {name: mean_of([each[name] for each in members]) for name in self.boards}
            found[group] = {"n": len(members), "methods": means}
        return found
