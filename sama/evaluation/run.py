"""Evaluation: prompt every object of a folder by every method, score the answers."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from sama.errors import SamaError
from sama.evaluation.contact_sheet import ContactSheet, Shown
from sama.evaluation.contestants import Contestant, Entry
from sama.evaluation.datasets import OBJECT_MODES, SMALLEST_OBJECT, Dataset, Scene, TrueObject
from sama.evaluation.layouts import LAYOUTS
from sama.evaluation.published_folders import PublishedDataset
from sama.evaluation.race import CLICKS
from sama.evaluation.scoreboard import Scoreboard
from sama.photo.opening import MAX_PIXELS


@dataclass
class _Run:
    """An evaluation on its way: who answers, and what they have scored."""

    contestants: dict[str, Contestant]
    object_mode: str
    predictor: Any
    board: Scoreboard
    sheet: ContactSheet | None

    def score(self, scene: Scene) -> None:
        """Prompt every object of a photo and score the answers."""
        encoded = self.predictor is None
        for truth in scene.objects(self.object_mode):
            if truth.too_small:
                self.board.skipped.append(truth.name)
                continue
            if not encoded:
                for _ in self.predictor.set_image(scene.image):
                    pass  # encode every view now, so that no method's answer is timed with it
                encoded = True
            self._score_one(scene, truth)

    def _score_one(self, scene: Scene, truth: TrueObject) -> None:
        answers = {name: each.answer(scene, truth) for name, each in self.contestants.items()}
        rows = self.board.add(scene, truth, {name: answer for name, (_, answer) in answers.items()})
        if self.sheet is None:
            return
        shown = []
        for name, (prompts, answer) in answers.items():
            caption = f"{name}  IoU {rows[name]['IoU']:.3f}"
            if scene.is_matte:
                caption += f"  MSE {rows[name]['MSE']:.2f}"
            shown.append(Shown(caption, prompts, answer))
        row = rows[self.board.ranking]
        self.sheet.add(scene.image, truth, shown, row["MSE"] if scene.is_matte else 1 - row["IoU"])


# Long because most of it says what goes in and what comes out.
def evaluate(
    folder: str | Path,
    *,
    prompts: str = "box",
    object_mode: str = "each",
    methods: list[str] | None = None,
    answers: Sequence[str | Path] = (),
    limit: int | None = None,
    ignore: int | None = None,
    group_words: int = 1,
    model: str = "mini",
    device: str = "auto",
    checkpoint: Path | None = None,
    sama_weights: str | Path | None = None,
    predictor=None,
    layout: str | None = None,
    sheet: str | Path | None = None,
    closer: bool = True,
    edges: bool = True,
    keep_haze: bool = False,
    max_pixels: int = MAX_PIXELS,
    clicks: int = CLICKS,
    progress: bool = True,
    only: Collection[str] | None = None,
    truth: str | None = None,
) -> dict:
    """Evaluate methods on a folder as `sama.evaluation.datasets` describes it.

    prompts: one of PROMPT_KINDS. object_mode: `each` label id by itself or their `union`. methods: names in the table
    of methods, or of those that make mattes from masks where masks are given; by default all that take the prompt and
    have weights, and none where there are answers. answers: folders with what other programs found, DIR or NAME=DIR,
    see `sama.evaluation.answers`. limit: the first so many photos. ignore: the label that is neither object nor
    background, see `sama.evaluation.pictures.void_of`. group_words: see `sama.evaluation.groups`. checkpoint,
    sama_weights: see `sama.load`. predictor: used instead of loading `model` on `device`. layout: of
    `sama.evaluation.layouts.LAYOUTS`, where the folder holds a published data set as it was unpacked. sheet: where to
    write a PNG of the worst and median cases. closer, edges, keep_haze: see `Request`. max_pixels: of a photo, see
    `open_image`. clicks: of a race. progress: show a bar on stderr. only, truth: see `Dataset`.

    Returns {"dataset", "prompts", "object", "model" (None where no method needs one), "weights" (their digest),
    "layout", "device", "closer", "edges", "keep_haze", "notes" (of the model, such as missing weights, and how labels
    were understood), "seconds" (of everything after loading the model), "answers": {name: folder},
    "n" (objects scored), "skipped" (objects under SMALLEST_OBJECT px), "skipped_objects" (their names),
    "inside_objects" (objects that have "inside_alpha"), "methods": {name: {metric: number}},
    "grouped_by" ("family", "source" or None), "groups": {group: {"n", "methods" as above, without F_max}},
    "mean_of_groups": {name: {metric: the mean over groups}}, "race": {name: {"IoU": the mean after each click,
    "reached": {level: number of objects}}} of prompts "race", else empty, "objects": [{"name", "photo", "object" (its
    label id or None), "group" (or None), "pixels", "methods": {name: {metric: number}}, and of a race "race": {name:
    the IoU after each click}}]}.

    Matte metrics appear only for folders with alphas/: labels are no mattes. "inside_alpha" is there for objects that
    SAM found (IoU above FOUND) and that are opaque INSIDE_DEPTH px deep. A method's "seconds" is the mean time to
    answer one object, all its clicks together, without encoding the photo, but with encoding the part of it that is
    looked at closer; other programs' answers have none. Raises SamaError for folders, files and names that will not
    do, and reads all labels first.
    """
    if object_mode not in OBJECT_MODES:
        raise SamaError(f"There is no object mode {object_mode!r}: choose from {', '.join(OBJECT_MODES)}.")
    if group_words < 0:
        raise SamaError(f"--group-words is {group_words}: give a number of words, 0 for no groups.")
    entry = Entry.of(methods, prompts, answers, clicks)
    dataset = _dataset(folder, layout, limit, ignore, max_pixels, only, truth)
    dataset.check(progress=progress)
    for each in entry.answers:
        each.check(dataset, object_mode)
    if not entry.needs_model:
        predictor = None
    elif predictor is None:
        predictor = _load(model, device, checkpoint, sama_weights)
    how = {"closer": closer, "edges": edges, "keep_haze": keep_haze}
    contestants = entry.contestants(predictor, how)
    contact_sheet = ContactSheet(mattes=dataset.has_alphas) if sheet is not None else None
    started = time.perf_counter()
    board = Scoreboard(tuple(contestants), group_words)
    run = _Run(contestants, object_mode, predictor, board, contact_sheet)
    for scene in tqdm(dataset, unit="photo", disable=not progress):
        run.score(scene)
    if not board.objects:
        raise SamaError(
            f"{folder} has no object of {SMALLEST_OBJECT} pixels or more: nothing can be evaluated."
        )
    info = None if predictor is None else predictor.info
    results = {
        "dataset": Path(folder).resolve().name if layout is None else LAYOUTS[layout].title,
        "layout": layout,
        "prompts": prompts,
        "object": object_mode,
        "model": info and info.name,
        "weights": info and info.weights_digest,
        "device": info and info.device,
        **how,
        "notes": [*(info.notes if info else ()), *dataset.notes],
        "seconds": time.perf_counter() - started,
        "answers": {each.name: str(each.folder) for each in entry.answers},
        **board.results(),
    }
    if contact_sheet is not None and sheet is not None:
        measure = "MSE" if dataset.has_alphas else "1 - IoU"
        title = f"{results['dataset']}, {prompts}: ranked by the {measure} of {board.ranking}"
        try:
            contact_sheet.save(Path(sheet), title)
        except OSError as error:  # the numbers are worth more than their picture
            results["notes"].append(f"{sheet} could not be written ({error.strerror}).")
    return results


def _dataset(
    folder: str | Path,
    layout: str | None,
    limit: int | None,
    ignore: int | None,
    max_pixels: int,
    only: Collection[str] | None,
    truth: str | None,
) -> Dataset:
    if layout is None:
        return Dataset(folder, limit=limit, ignore=ignore, max_pixels=max_pixels, only=only, truth=truth)
    if ignore is not None:
        raise SamaError("--dataset says what its labels mean: leave out --ignore.")
    return PublishedDataset(layout, folder, limit=limit, max_pixels=max_pixels)


def _load(model: str, device: str, checkpoint: Path | None, sama_weights: str | Path | None):
    # Imported here: torch takes seconds, and grabcut or a predictor passed in need none of it.
    from sama.predict.loading import load

    return load(model, device=device, checkpoint=checkpoint, sama_weights=sama_weights)
