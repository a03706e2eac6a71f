"""`sama bench`: measure this machine, side by side with the stock implementations."""

import argparse
import sys
from pathlib import Path

from sama.commands.flags import add_device_flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `bench` command."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows there")
    parser.add_argument("--model", nargs="+", metavar="NAME", help="vit_b and mini by default")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="rows to measure, all by default")
    parser.add_argument(
        "--repeats", type=int, metavar="N", help="rounds after the warm-up; 3, or 20 with --ui"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="weights of the one official model; else random ones",
    )
    parser.add_argument("--ui", action="store_true", help="measure the page in a browser instead")
    parser.add_argument(
        "--soak", type=float, metavar="MINUTES", help="let visitors come to the page for so long instead"
    )
    parser.add_argument("--visitors", type=int, metavar="N", help="how many come to --soak, 20 by default")
    add_device_flags(parser, dtype=True)


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend."""
    from sama.bench.report import check_target, table, write_json
    from sama.bench.rows import BenchError

    if args.repeats is not None and args.repeats < 1:
        raise BenchError("At least one round is needed; correct --repeats.")
    if args.json is not None:
        check_target(args.json)
    if args.soak is not None:
        return _soak(args)
    if args.visitors is not None:
        raise BenchError("--visitors come to --soak only; say for how many minutes.")
    if args.ui and (args.only or args.model or args.checkpoint):
        raise BenchError("--ui measures the page alone; leave out --only, --model and --checkpoint.")
    rows, notes = _page(args) if args.ui else _models(args)
    print(table(rows))
    for note in notes:
        print(note)
    if args.json is not None:
        write_json(args.json, rows)
    return 0


def _soak(args: argparse.Namespace) -> int:
    """Returns 1 where something is not well."""
    from sama.bench.report import table, write_json
    from sama.bench.rows import BenchError
    from sama.bench.soak import GROWTH, soak

    if args.ui or args.only or args.model or args.checkpoint or args.repeats:
        raise BenchError("--soak goes with --visitors and --json alone; leave out the other flags.")
    visitors = 20 if args.visitors is None else args.visitors
    if not 0 < args.soak <= 24 * 60 or not 1 <= visitors <= 100:
        raise BenchError("--soak takes minutes up to a day, --visitors a number from 1 to 100; correct them.")
    rows, well = soak(minutes=args.soak, visitors=visitors, progress=_progress)
    print(table(rows))
    print(f"Well means: no errors, nothing mixed, no traceback, at most {GROWTH} MiB more at the end.")
    print("All is well." if well else "Not all is well.")
    if args.json is not None:
        write_json(args.json, rows)
    return 0 if well else 1


def _page(args: argparse.Namespace) -> tuple[list[dict], list[str]]:
    from sama.bench.studio import measure

    repeats = {} if args.repeats is None else {"repeats": args.repeats}
    return measure(progress=_progress, **repeats), []


def _models(args: argparse.Namespace) -> tuple[list[dict], list[str]]:
    from sama.bench.lab import Lab
    from sama.bench.registry import MODELS, benchmarks, select
    from sama.bench.report import machine
    from sama.bench.rows import BenchError
    from sama.weights.records import RECORDS

    models = args.model or MODELS
    selected = select(benchmarks(models), args.only)
    if args.checkpoint is not None:
        official = [name for name in models if RECORDS[name].backbone_file is None]
        if len(official) != 1:
            raise BenchError("--checkpoint belongs to one official model; name it with --model.")
        if not args.checkpoint.is_file():
            raise BenchError(f"There is no checkpoint {args.checkpoint.name} there; check the path.")
    repeats = 3 if args.repeats is None else args.repeats
    with Lab(args.device, args.dtype, repeats, args.checkpoint, progress=_progress) as lab:
        rows = [row.to_dict() for benchmark, wanted in selected for row in benchmark.measure(lab, wanted)]
        notes = [
            "",
            f"{machine(lab.place)}. Medians over rounds after a warm-up: {repeats}; the sides take turns.",
            *(f"{caption}." for caption in lab.captions),
            "ratio: our time divided by the stock time of the same run. peak MiB: memory added by the step at its "
            "peak, for rss that of the whole process.",
            *dict.fromkeys(benchmark.note for benchmark, _ in selected),
        ]
    return rows, notes


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
