"""Evaluation on clips: mark the first frame of each, follow, score every frame."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sama.errors import SamaError
from sama.evaluation.clip_contestants import (
    DEFAULT,
    NAMES,
    ClipContestant,
    contestants_of,
    seconds_of,
)
from sama.evaluation.clip_metrics import ClipScores
from sama.evaluation.datasets import OBJECT_MODES, Dataset, Scene, TrueObject
from sama.predict.loading import Predictor
from sama.request.prompts import Prompts, box_of
from sama.video.flow import Motion, grey_of
from sama.video.settings import FollowSettings

PROMPTS = ("box", "mask")


@dataclass
class _Tracked:
    """One object of a clip, who looks for it, and what they have scored."""

    identity: int | None
    contestants: list[ClipContestant]
    scores: dict[str, ClipScores] = field(default_factory=dict)

    def step(self, index: int, scene: Scene, truth: TrueObject, motion: Motion | None, kind: str) -> None:
        """Answer and score a frame; without motion it is the first."""
        prompts = prompt_of(truth, kind) if motion is None else None
        for each in self.contestants:
            for name, found in each.step(index, scene.image, motion, prompts).items():
                scores = self.scores.setdefault(name, ClipScores())
                matte = truth.alpha if scene.is_matte else None
                scores.add(found.mask, truth.mask, found.alpha, matte, truth.known, counts=motion is not None)
                scores.lost += found.lost


def prompt_of(truth: TrueObject, kind: str) -> Prompts:
    """The tight box of an object, or its mask."""
    return Prompts(mask=truth.mask) if kind == "mask" else Prompts(boxes=(box_of(truth.mask),))


def clip_folders(folder: Path) -> list[Path]:
    """The clips of a folder: its folders that hold images/. Raises SamaError where there is none."""
    found = sorted(each for each in folder.iterdir() if (each / "images").is_dir()) if folder.is_dir() else []
    if not found:
        raise SamaError(
            f"{folder} has no clips: put each as a folder CLIP with images/ and labels/ or alphas/ there."
        )
    return found


def evaluate_clips(
    folder: str | Path,
    predictor: Predictor,
    *,
    prompts: str = "box",
    object_mode: str = "each",
    methods: Sequence[str] = DEFAULT,
    settings: FollowSettings | None = None,
    limit: int | None = None,
    ignore: int | None = None,
    progress: bool = True,
) -> dict:
    """Evaluate on DIR/CLIP/images/NNNNN.jpg with labels/NNNNN.png or alphas/NNNNN.png, frames in the order of names.

    prompts: the first frame's tight `box`, or its `mask`. object_mode: `each` label id that the first frame has by
    itself, or their `union`. methods: of NAMES. limit: the first so many clips. ignore: see `void_of`.

    Returns {"dataset", "prompts", "object", "model", "weights", "device", "notes", "seconds", "frames_per_second" (of
    SAMA, after the first frame), "n" (objects), "methods": {name: {"j", "f", "j_and_f", and with alphas/ "mad", "mse",
    "grad", "dtssd"}}, means over objects; "clips": [{"clip", "object", "frames", "lost" (frames on which SAMA says
    so), "methods"}]}. The first frame is left out of all but the step from it to the second. Raises SamaError.
    """
    _check(prompts, object_mode)
    settings, names = settings or FollowSettings(), tuple(methods)
    contestants_of(names, predictor, settings)
    folders = clip_folders(Path(folder))[:limit]
    sets = [Dataset(each, ignore=ignore) for each in folders]
    notes = []
    for each in sets:
        each.check(progress=False)
        notes += [f"{each.folder.name}: {note}" for note in each.notes]
    started, clips, took = time.perf_counter(), [], []
    bar = tqdm(total=sum(map(len, sets)), unit="frame", disable=not progress)
    for each in sets:
        tracked = _follow_one(each, predictor, settings, names, prompts, object_mode, bar)
        if not tracked:
            notes.append(f"{each.folder.name}: its first frame shows nothing, so it is left out.")
        for one in tracked:
            took += seconds_of(one.contestants)
            clips.append(_row(each, one))
    bar.close()
    if not clips:
        raise SamaError(f"No clip of {folder} has an object on its first frame: nothing can be evaluated.")
    info = predictor.info
    return {
        "dataset": Path(folder).resolve().name,
        "prompts": prompts,
        "object": object_mode,
        "model": info.name,
        "weights": info.weights_digest,
        "device": info.device,
        "notes": [*info.notes, *notes],
        "seconds": time.perf_counter() - started,
        "frames_per_second": len(took) / sum(took) if took else None,
        "n": len(clips),
        "methods": _means([row["methods"] for row in clips]),
        "clips": clips,
    }


def _check(prompts: str, object_mode: str) -> None:
    if prompts not in PROMPTS:
        raise SamaError(f"Clips are prompted by {' or '.join(PROMPTS)}: give one of them as --prompts.")
    if object_mode not in OBJECT_MODES:
        raise SamaError(f"There is no object mode {object_mode!r}: choose from {', '.join(OBJECT_MODES)}.")


def _follow_one(
    clip: Dataset,
    predictor: Predictor,
    settings: FollowSettings,
    names: tuple[str, ...],
    prompts: str,
    mode: str,
    bar: tqdm,
) -> list[_Tracked]:
    """Score all objects of a clip; one frame is in memory at a time."""
    tracked: list[_Tracked] = []
    before: np.ndarray | None = None
    for index, scene in enumerate(clip):
        grey = grey_of(scene.image)
        motion = None if before is None else Motion.between(before, grey)
        before = grey
        if motion is None:
            tracked = [
                _Tracked(truth.identity, contestants_of(names, predictor, settings))
                for truth in scene.objects(mode)
                if not truth.too_small
            ]
        for one in tracked:
            one.step(index, scene, _truth(scene, one.identity, mode), motion, prompts)
        bar.update()
        if not tracked:
            break
    return tracked


def _truth(scene: Scene, identity: int | None, mode: str) -> TrueObject:
    """The object in a frame, empty where it is not there."""
    if identity is None:
        (truth,) = scene.objects(mode)
        return truth
    alpha = (scene.truth == identity).astype(np.float32)
    return TrueObject(f"{scene.name}#{identity}", alpha, known=scene.known, identity=identity)


def _row(clip: Dataset, one: _Tracked) -> dict:
    results = {name: scores.results() for name, scores in one.scores.items()}
    lost = one.scores["sama"].lost if "sama" in one.scores else None
    return {
        "clip": clip.folder.name,
        "object": one.identity,
        "frames": len(clip),
        "lost": lost,
        "methods": {name: results[name] for name in NAMES if name in results},
    }


def _means(rows: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """By method and measure, the mean over the objects that have it."""
    found: dict[str, dict[str, float]] = {}
    for name in rows[0]:
        measures = dict.fromkeys(measure for row in rows for measure in row[name])
        found[name] = {m: float(np.mean([row[name][m] for row in rows if m in row[name]])) for m in measures}
    return found
