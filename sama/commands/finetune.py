"""`sama finetune`: teach SAM's decoder, SAMA's modules or both from photographs of one's own."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from sama.commands.flags import add_device_flags, add_model_flags
from sama.errors import SamaError

if TYPE_CHECKING:
    from sama.training.tuning.learning import Learned
    from sama.training.tuning.photos import Split

PARTS = ("sam", "sama", "both")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `finetune` command."""
    parser.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        help="images/ with labels/ or alphas/, such as accepted answers",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .safetensors file")
    parser.add_argument("--train", choices=PARTS, default="sam", help="what learns; sam by default")
    parser.add_argument(
        "--minutes", type=float, default=15.0, metavar="N", help="encoding and training; 15 by default"
    )
    parser.add_argument("--steps", type=int, metavar="N", help="instead: steps, the same every time")
    parser.add_argument(
        "--held-out", type=Path, metavar="DIR", help="measured before and after; by default a third of DIR"
    )
    parser.add_argument("--copies", type=int, default=6, metavar="N", help="of each photo; 6 by default")
    parser.add_argument("--batch", type=int, default=4, metavar="N", help="photos a step; 4 by default")
    parser.add_argument("--learning-rate", type=float, metavar="N", help="the highest, of SAM's part")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="where features are kept; by default beside FILE"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured here")
    add_model_flags(parser)
    add_device_flags(parser)


def main(args: argparse.Namespace) -> int:
    """Run the command: print the table, write weights and sheet. Raises SamaError."""
    from dataclasses import replace

    from sama.evaluation.before_after import (
        AFTER,
        BEFORE,
        format_before_after,
        gained,
        measure,
        save_before_after,
    )
    from sama.evaluation.report import prepare_output, write_json
    from sama.predict.loading import load
    from sama.training.tuning.photos import photos_of, split, truth_of
    from sama.training.tuning.tune import Plan, Start, tune

    out = prepare_output(args.out)
    if out.suffix != ".safetensors":
        raise SamaError(
            f"{out.name} is not called .safetensors; call it {out.with_suffix('.safetensors').name}."
        )
    if args.json is not None:
        prepare_output(args.json)
    cache = args.cache or out.with_name(f"{out.stem}_features")
    plan = Plan(cache, args.train, args.minutes, args.steps, args.copies, args.batch, device=args.device)
    if args.learning_rate is not None:
        plan = replace(plan, pace=replace(plan.pace, rate=args.learning_rate))
    plan.check()
    photos = photos_of(args.directory)
    elsewhere = None if args.held_out is None else photos_of(args.held_out)
    parts = split(photos, elsewhere)
    folder = args.held_out or args.directory
    truth, names = truth_of(folder), [photo.name for photo in parts.held_out]
    print(_told(parts), file=sys.stderr)

    how = {"device": args.device, "checkpoint": args.checkpoint}
    given = {BEFORE: args.sama_weights, AFTER: out}
    measured = {BEFORE: measure(folder, names, truth, load(args.model, **how, sama_weights=given[BEFORE]))}
    start = Start.of(args.model, checkpoint=args.checkpoint, sama_weights=args.sama_weights)
    about = {"data": args.directory.resolve().name, "photographs": len(photos), "parts": plan.parts}
    with _Bar() as bar:
        done = tune(start, parts, plan, out, about, bar.tell)
    measured[AFTER] = measure(folder, names, truth, load(args.model, **how, sama_weights=given[AFTER]))
    sheet = out.with_name(f"{out.stem}_held_out.png")
    if args.json is not None:
        found = {"measured": measured, "learned": {k: vars(v) for k, v in done.items()}}
        write_json(json.loads(json.dumps(found)), args.json)
    print(format_before_after(measured))
    print(_kept(done))
    if gained(measured) <= 0:
        print(
            "sama: One click is answered no better than before; give more photos, or more --minutes.",
            file=sys.stderr,
        )
    predictors = {when: load(args.model, **how, sama_weights=file) for when, file in given.items()}
    save_before_after(folder, names, truth, predictors, sheet)
    print(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB) and {sheet}")
    return 0


def _kept(done: "dict[str, Learned]") -> str:
    """Which weights the file holds, a line for each part."""
    lines = []
    for name, part in done.items():
        what = f"those of step {part.kept} of {part.steps}" if part.kept else "the base's, which nothing beat"
        lines.append(f"weights of {name}: {what}")
    return "\n".join(lines)


def _told(parts: "Split") -> str:
    return (
        f"{len(parts.taught)} photographs to learn from, {len(parts.checked)} to check with on the way, "
        f"{len(parts.held_out)} held out"
    )


class _Bar:
    """A bar for each stage of the work."""

    def __init__(self):
        self.stage, self.bar = "", None

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_unused) -> None:
        if self.bar is not None:
            self.bar.close()

    def tell(self, stage: str, share: float, text: str) -> None:
        """Show what is being done, the share that is done, and a few words."""
        if self.bar is None or stage != self.stage:
            self.__exit__()
            self.stage = stage
            self.bar = tqdm(total=100, desc=stage, unit="%", bar_format="{l_bar}{bar}| {postfix}")
        self.bar.n = round(100 * share, 1)
        self.bar.set_postfix_str(text)
