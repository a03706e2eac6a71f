"""`sama train`: run a recipe."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from sama.commands.flags import add_device_flags
from sama.errors import SamaError
from sama.predict.devices import resolve_device
from sama.training.data.sources import Sources
from sama.training.recipe import Recipe, check, read_recipe, with_folder
from sama.training.run import Workplace, run

# Flags that stand for a key of the recipe of the same name.
OVERRIDES = {
    "minutes": (float, "training time in all, resumes included"),
    "steps": (int, "budget in steps instead of minutes"),
    "batch": (int, "images a step"),
    "prompts": (int, "objects an image"),
    "small_size": (int, "side of a view in the first part of the run"),
    "learning_rate": (float, "the highest"),
    "warmup": (int, "steps until the full learning rate"),
    "seed": (int, "of data, prompts and weights"),
    "init": (str, 'weights to start from; "embedded" for those that ship'),
    "backbone": (str, "sama: what it stands on, a name of `sama weights`"),
    "backbone_weights": (str, "sama: the backbone's weights, by default its own"),
    "watched": (int, "validation photos a folder"),
    "watch_minutes": (float, "time between two validations"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `train` command."""
    parser.add_argument("recipe", type=Path, help="TOML file; flags win over what it says")
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="DIR[:WEIGHT]",
        help="folder with the recipe's folders and val/, by default the current one; or, any number of times, one more "
        "folder: images/ with labels/ or alphas/, RGBA foregrounds, or backgrounds",
    )
    parser.add_argument(
        "--out", type=Path, help="folder for state, log, sheet, weights; by default runs/RECIPE"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the state in --out")
    parser.add_argument(
        "--sources", nargs="+", metavar="NAME", help="the recipe's folders to use, all by default"
    )
    for name, (kind, meaning) in OVERRIDES.items():
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, type=kind, metavar="N" if kind is not str else "NAME", help=meaning)
    add_device_flags(parser)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that prepare data")
    parser.add_argument(
        "--paint",
        choices=["workers", "device"],
        help="where composites are painted, by default on the device if it is no processor",
    )


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend."""
    recipe = read_recipe(args.recipe)
    given = {name: getattr(args, name) for name in OVERRIDES if getattr(args, name) is not None}
    recipe = replace(recipe, **given)
    check(recipe)
    own = recipe.data.keys()
    recipe, root = with_data(recipe, args.data)
    sources = None if args.sources is None else [*args.sources, *(recipe.data.keys() - own)]
    Sources(
        recipe.data, root, sources
    )  # what is wrong with them is said here, not by a process that prepares data
    absent = [name for name in recipe.absent(root) if sources is None or name in sources]
    if absent:
        print(f"sama: not under {root}, so left out: {', '.join(absent)}.", file=sys.stderr)
    place = Workplace(
        data=root,
        out=args.out or Path("runs") / args.recipe.stem,
        device=str(resolve_device(args.device)),
        workers=args.workers,
        paint_on_device=None if args.paint is None else args.paint == "device",
        sources=sources,
    )
    print(run(recipe, place, resume=args.resume))
    return 0


def with_data(recipe: Recipe, given: list[str]) -> tuple[Recipe, Path]:
    """The recipe with the folders `given` as DIR or DIR:WEIGHT added to it, and the one among them, else the current
    folder, that its own folders are relative to: the one with train/ or val/ in it.

    Raises SamaError for a folder that is not there or has nothing to learn from, a weight that is none, and two roots.
    """
    roots = []
    for text in given:
        path, weight = _parsed(text)
        if not path.is_dir():
            raise SamaError(f"There is no folder {path}; check --data.")
        if (path / "train").is_dir() or (path / "val").is_dir():
            roots.append(path)
        else:
            recipe = with_folder(recipe, path, weight)
    if len(roots) > 1:
        raise SamaError(f"{roots[0]} and {roots[1]} both hold train/ or val/; give one of them.")
    return recipe, roots[0] if roots else Path()


def _parsed(text: str) -> tuple[Path, float]:
    head, colon, tail = text.rpartition(":")
    drive = len(head) == 1 and tail[:1] in ("/", "\\")  # C:\\data is a folder in Windows
    if not colon or drive or Path(text).is_dir():
        return Path(text), 1.0
    try:
        weight = float(tail)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < float("inf"):
        raise SamaError(f"--data {text}: write DIR:WEIGHT with a weight of 0 or more, or DIR alone.")
    return Path(head), weight
