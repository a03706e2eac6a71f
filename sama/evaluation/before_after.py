"""What fine-tuning did: the same held-out photographs answered before and after, as a table and a sheet."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from sama.evaluation.columns import DECIMALS, GROUPS
from sama.evaluation.datasets import Dataset, Scene, TrueObject
from sama.evaluation.methods import answering
from sama.evaluation.prompting import simulate
from sama.evaluation.run import evaluate
from sama.export.rows import TILE, Row, chosen, on_colour, picture, save_sheet
from sama.photo.resize import fit_within

ASKED = {"one click": "point1", "box": "box"}
BEFORE, AFTER = "before", "after"
Predictors = dict[str, Any]  # by BEFORE, AFTER
Measured = dict[str, dict[str, dict]]  # what `evaluate` returns, by BEFORE, AFTER and by ASKED


def measure(
    folder: Path, only: Collection[str], truth: str, predictor: Any, *, progress: bool = True
) -> dict[str, dict]:
    """SAM and, where it has weights, SAMA, on the photographs of a folder that are called `only`, for each of ASKED;
    truth: `labels` or `alphas`. Raises SamaError."""
    methods = ["sam", "sama"] if predictor.info.trained else ["sam"]
    return {
        name: evaluate(
            folder,
            prompts=kind,
            methods=methods,
            predictor=predictor,
            only=only,
            truth=truth,
            progress=progress,
        )
        for name, kind in ASKED.items()
    }


def format_before_after(measured: Measured) -> str:
    """The table: a line for each method and measure, two columns for each way of asking."""
    first = measured[BEFORE]["one click"]
    lines = [f"held out: {first['n']} objects"]
    heads = [f"{name}, {when}" for name in ASKED for when in (BEFORE, AFTER)]
    lines.append(" " * 24 + "".join(f"{head:>19}" for head in heads))
    for method in first["methods"]:
        for measure_name in _measures(first["methods"][method]):
            cells = [
                measured[when][name]["methods"][method].get(measure_name)
                for name in ASKED
                for when in (BEFORE, AFTER)
            ]
            told = ["-" if v is None else f"{v:.{DECIMALS[measure_name]}f}" for v in cells]
            lines.append(f"{method + ' ' + measure_name:<24}" + "".join(f"{cell:>19}" for cell in told))
    return "\n".join(lines)


def gained(measured: Measured, method: str = "sam", name: str = "one click") -> float:
    """By how much the mean IoU has risen."""
    before, after = (measured[when][name]["methods"][method]["mIoU"] for when in (BEFORE, AFTER))
    return after - before


def save_before_after(
    folder: Path, only: Collection[str], truth: str, predictors: Predictors, path: Path
) -> None:
    """Write a sheet: the largest object of each photograph, clicked once, in truth, before and after. Raises
    SamaError."""
    dataset = Dataset(folder, only=only, truth=truth)
    shown = chosen([pair.name for pair in dataset.pairs])
    rows = []
    for scene in tqdm(dataset, "sheet", unit="photo", disable=None):
        objects = [each for each in scene.objects() if not each.too_small]
        if scene.name in shown and objects:
            largest = max(objects, key=lambda each: np.count_nonzero(each.mask))
            rows.append(_row(scene, largest, predictors))
    save_sheet(rows, path)


def _row(scene: Scene, truth: TrueObject, predictors: Predictors) -> Row:
    height, width = scene.image.shape[:2]
    size = fit_within(width, height, TILE)
    small = Image.fromarray(scene.image).resize(size, Image.Resampling.BOX)
    colours = np.asarray(small, np.float32)

    def tile(mask: np.ndarray) -> Image.Image:
        grey = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)
        return on_colour(colours, np.asarray(grey, np.float32) / 255)

    tiles, told = [picture(colours), tile(truth.mask)], []
    for when, predictor in predictors.items():
        for _ in predictor.set_image(scene.image):
            pass
        for method in ("sam", "sama") if predictor.info.trained else ("sam",):
            _, found = simulate(
                ASKED["one click"], truth.mask, answering(method, scene.image, predictor), truth.name
            )
            tiles.append(tile(found.mask))
            told.append(f"{method} {when} {_iou(truth.judged(found.mask), truth.mask):.2f}")
    return Row(f"{scene.name}: photo, truth, {', '.join(told)}", tiles)


def _iou(mask: np.ndarray, truth: np.ndarray) -> float:
    return np.count_nonzero(mask & truth) / max(1, np.count_nonzero(mask | truth))


def _measures(found: dict[str, float]) -> Iterator[str]:
    for _, names, _ in GROUPS:
        yield from (name for name in names if name in found)
