"""`python -m sama ablate`: train and evaluate every variant of SAMA, and print the table."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from sama.commands.flags import add_device_flags, add_photo_flags, max_pixels
from sama.errors import SamaError
from sama.evaluation.run import evaluate
from sama.models.backbones import default_config
from sama.models.sama import TASKS
from sama.predict.devices import resolve_device
from sama.predict.loading import load
from sama.training.ablation import FOLDERS, VARIANTS, ConfidenceWatch, table
from sama.training.recipe import read_recipe
from sama.training.run import Workplace, train_sama

RECIPE = Path("recipes") / "sama_mini.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `ablate` command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the variants and the table")
    parser.add_argument(
        "--recipe", type=Path, default=RECIPE, help="for what is trained on, by default SAMA's own"
    )
    parser.add_argument(
        "--steps", type=int, default=600, help="of each variant; half where one task is trained"
    )
    parser.add_argument(
        "--small-size", type=int, default=256, help="side of a view in the first part of a run"
    )
    parser.add_argument(
        "--variants",
        nargs="+",
        choices=VARIANTS,
        default=list(VARIANTS),
        metavar="NAME",
        help=f"of {', '.join(VARIANTS)}; by default all",
    )
    parser.add_argument("--limit", type=int, help="only the first so many photos of each validation folder")
    parser.add_argument("--learning-rate", type=float, default=1.2e-3)
    parser.add_argument("--batch", type=int, default=4)
    add_photo_flags(parser)
    add_device_flags(parser)
    parser.add_argument("--seed", type=int, default=0)


def main(args: argparse.Namespace) -> int:
    """Run the command; a finished variant is not trained again, and one that was cut off goes on."""
    if not (args.data / "val").is_dir():
        raise SamaError(f"There is no folder {args.data / 'val'}; --data must hold train/ and val/.")
    results = {name: _variant(name, args) for name in args.variants}
    words = table({name: found["folders"] for name, found in results.items()}, args.steps)
    for name, found in results.items():
        for number, stats in enumerate(found["confidence"], 1):
            if stats:
                words += (
                    f"\n\n{VARIANTS[name].title}, Local-Adapter {number}: confidence {stats['mean']:.3f} on average, "
                    f"{stats['p5']:.3f} to {stats['p95']:.3f} for nine in ten cells."
                )
    print(words)
    (args.out / "ablation.json").write_text(json.dumps(results, indent=1), "utf-8")
    (args.out / "ablation.md").write_text(words + "\n", "utf-8")
    return 0


def _variant(name: str, args: argparse.Namespace) -> dict:
    folder = args.out / name
    finished = folder / "results.json"
    if finished.exists():
        return json.loads(finished.read_text("utf-8"))
    variant = VARIANTS[name]
    recipe = replace(
        read_recipe(args.recipe),
        init="",
        backbone_weights="",
        steps=max(1, args.steps * len(variant.tasks) // len(TASKS)),
        batch=args.batch,
        prompts=1,
        learning_rate=args.learning_rate,
        warmup=30,
        small_size=args.small_size,
        seed=args.seed,
        objective=variant.objective,
        watched=1,  # what counts is measured at the end
    )
    weights = train_sama(
        recipe,
        Workplace(args.data, folder, device=str(resolve_device(args.device))),
        config=variant.config(default_config("mini")),
        tasks=variant.tasks,
        resume=True,
    )
    predictor = load("mini", device=args.device, sama_weights=weights)
    found = {}
    with ConfidenceWatch(predictor.model) as watch:
        for each, mode in FOLDERS.items():
            found[each] = evaluate(
                args.data / "val" / each,
                object_mode=mode,
                methods=["sam", "sama"],
                predictor=predictor,
                closer=False,  # the paper's SAMA sees the whole photo, and its heads have the last word
                edges=False,
                limit=args.limit,
                max_pixels=max_pixels(args),
            )
    result = {"folders": found, "confidence": watch.results()}
    finished.write_text(json.dumps(result, indent=1), "utf-8")
    return result
