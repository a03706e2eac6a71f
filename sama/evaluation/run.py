"""Evaluation: prompt every object of a folder by every method, score the answers."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from sama.errors import SamaError
from sama.evaluation.contact_sheet import ContactSheet, Shown
from sama.evaluation.datasets import OBJECT_MODES, SMALLEST_OBJECT, Dataset, Scene, TrueObject
from sama.evaluation.methods import (
    answering,
    choose_methods,
    drop_untrained,
    without_model,
)
from sama.evaluation.metrics import MaskScores, MatteScores
from sama.evaluation.prompting import PROMPT_KINDS, simulate
from sama.photo.opening import MAX_PIXELS


@dataclass
class _Board:
    """What one method has scored so far."""

    masks: MaskScores = field(default_factory=MaskScores)
    mattes: MatteScores = field(default_factory=MatteScores)
    seconds: list[float] = field(default_factory=list)

    def results(self) -> dict[str, float]:
        timing = {"seconds": float(np.mean(self.seconds))}
        return self.masks.results() | self.mattes.results() | timing


@dataclass
class _Run:
    """An evaluation on its way: what every method has scored, and how many objects were scored and skipped."""

    prompts: str
    object_mode: str
    boards: dict[str, _Board]
    predictor: Any
    sheet: ContactSheet | None
    how: dict[str, bool]
    count: int = 0
    skipped: int = 0

    @property
    def ranking(self) -> str:
        """The method whose failures the contact sheet shows."""
        return "sama" if "sama" in self.boards else next(iter(self.boards))

    def score(self, scene: Scene) -> None:
        """Prompt every object of a photo and score the answers."""
        encoded = self.predictor is None
        for truth in scene.objects(self.object_mode):
            if np.count_nonzero(truth.mask) < SMALLEST_OBJECT:
                self.skipped += 1
                continue
            if not encoded:
                for _ in self.predictor.set_image(scene.image):
                    pass  # encode every view now, so that no method's answer is timed with it
                encoded = True
            self._score_one(scene, truth)
            self.count += 1

    def _score_one(self, scene: Scene, truth: TrueObject) -> None:
        shown, errors = [], {}
        for name, board in self.boards.items():
            started = time.perf_counter()
            method = answering(name, scene.image, self.predictor, **self.how)
            prompts, answer = simulate(self.prompts, truth.mask, method)
            board.seconds.append(time.perf_counter() - started)
            overlap = board.masks.add(answer.mask, answer.probability, truth.mask)
            errors[name], caption = 1 - overlap, f"{name}  IoU {overlap:.3f}"
            if scene.is_matte:
                errors[name] = board.mattes.add(answer.matte, truth.alpha, truth.unknown)
                caption += f"  MSE {errors[name]:.2f}"
            shown.append(Shown(caption, prompts, answer))
        if self.sheet is not None:
            self.sheet.add(scene.image, truth, shown, errors[self.ranking])

    def results(self, dataset: str, seconds: float) -> dict[str, Any]:
        """What `evaluate` returns."""
        info = None if self.predictor is None else self.predictor.info
        return {
            "dataset": dataset,
            "n": self.count,
            "skipped": self.skipped,
            "prompts": self.prompts,
            "object": self.object_mode,
            "model": info and info.name,
            "weights": info and info.weights_digest,
            "device": info and info.device,
            **self.how,
            "notes": list(info.notes) if info else [],
            "seconds": seconds,
            "methods": {name: board.results() for name, board in self.boards.items()},
        }


# Long because most of it says what goes in and what comes out.
def evaluate(
    folder: str | Path,
    *,
    prompts: str = "box",
    object_mode: str = "each",
    methods: list[str] | None = None,
    limit: int | None = None,
    model: str = "mini",
    device: str = "auto",
    checkpoint: Path | None = None,
    sama_weights: str | Path | None = None,
    predictor=None,
    sheet: str | Path | None = None,
    closer: bool = True,
    edges: bool = True,
    max_pixels: int = MAX_PIXELS,
    progress: bool = True,
) -> dict:
    """Evaluate methods on a folder as `sama.evaluation.datasets` describes it.

    prompts: one of PROMPT_KINDS. object_mode: `each` label id by itself or their `union`. methods:
    names in the table of methods, by default all that take the prompt and have weights. limit: the first so
    many photos. checkpoint, sama_weights: see `sama.load`. predictor: used instead of loading
    `model` on `device`. sheet: where to write a PNG of the worst and median cases. closer,
    edges: see `Request`. max_pixels: of a photo, see `open_image`. progress: show a bar on stderr.

    Returns {"dataset", "n" (objects scored), "skipped" (objects under SMALLEST_OBJECT px),
    "prompts", "object", "model" (None where no method needs one), "weights" (their digest),
    "device", "closer", "edges", "notes" (the model's own, such as missing SAMA weights), "seconds" (of
    everything after loading the model), "methods": {name: {metric: number}}}. Matte metrics appear only for
    folders with alphas/: labels are no mattes. A method's "seconds" is the mean time to answer one
    object, all its clicks together, without encoding the photo, but with encoding the part of it
    that is looked at closer. Raises SamaError for folders, files and names that will not do.
    """
    if prompts not in PROMPT_KINDS:
        raise SamaError(f"There is no prompt kind {prompts!r}: choose from {', '.join(PROMPT_KINDS)}.")
    if object_mode not in OBJECT_MODES:
        raise SamaError(f"There is no object mode {object_mode!r}: choose from {', '.join(OBJECT_MODES)}.")
    names = choose_methods(methods, prompts)
    dataset = Dataset(folder, limit=limit, max_pixels=max_pixels)
    if without_model(names):
        predictor = None
    elif predictor is None:
        predictor = _load(model, device, checkpoint, sama_weights)
    if predictor is not None:
        names = drop_untrained(names, methods is not None, predictor.info)
    contact_sheet = ContactSheet(mattes=dataset.has_alphas) if sheet is not None else None
    started = time.perf_counter()
    how = {"closer": closer, "edges": edges}
    run = _Run(prompts, object_mode, {name: _Board() for name in names}, predictor, contact_sheet, how)
    for scene in tqdm(dataset, unit="photo", disable=not progress):
        run.score(scene)
    if not run.count:
        raise SamaError(
            f"{folder} has no object of {SMALLEST_OBJECT} pixels or more: nothing can be evaluated."
        )
    results = run.results(Path(folder).resolve().name, time.perf_counter() - started)
    if contact_sheet is not None and sheet is not None:
        measure = "MSE" if dataset.has_alphas else "1 - IoU"
        title = f"{results['dataset']}, {prompts}: ranked by the {measure} of {run.ranking}"
        contact_sheet.save(Path(sheet), title)
    return results


def _load(model: str, device: str, checkpoint: Path | None, sama_weights: str | Path | None):
    # Imported here: torch takes seconds, and grabcut or a predictor passed in need none of it.
    from sama.predict.loading import load

    return load(model, device=device, checkpoint=checkpoint, sama_weights=sama_weights)
