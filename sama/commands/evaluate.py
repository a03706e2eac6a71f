"""`sama evaluate`: prompt every object of a folder by every method, score the answers."""

import argparse
from pathlib import Path

from sama.commands.flags import add_device_flags, add_model_flags, add_photo_flags, max_pixels
from sama.evaluation.datasets import OBJECT_MODES
from sama.evaluation.prompting import PROMPT_KINDS
from sama.evaluation.report import format_table, prepare_output, write_json
from sama.evaluation.run import evaluate
from sama.methods import METHODS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `evaluate` command."""
    parser.add_argument(
        "directory", metavar="DIR", type=Path, help="folder with images/ and labels/ or alphas/"
    )
    parser.add_argument("--prompts", choices=PROMPT_KINDS, default="box", help="how each object is prompted")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results here")
    parser.add_argument(
        "--object", choices=OBJECT_MODES, default="each", help="every label id, or all as one"
    )
    parser.add_argument("--methods", metavar="NAMES", help=f"of {','.join(METHODS)} (default: all that fit)")
    parser.add_argument("--limit", metavar="N", type=int, help="only the first N photos")
    parser.add_argument(
        "--whole", action="store_true", help="answer small boxes on the whole photo, without a closer look"
    )
    parser.add_argument(
        "--unfiltered",
        action="store_true",
        help="take SAMA's maps as its heads give them, not along the photo's edges",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder for the contact sheet, if not FILE's")
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser)


def main(args: argparse.Namespace) -> int:
    """Run the command: print the table, write what was asked for. Raises SamaError."""
    sheet = None
    if args.json is not None:
        sheet = prepare_output(args.json).with_name(f"{args.json.stem}_cases.png")
    if args.out is not None:
        name = sheet.name if sheet else f"{args.directory.resolve().name}_{args.prompts}_cases.png"
        sheet = prepare_output(args.out / name)
    methods = None if args.methods is None else [m.strip() for m in args.methods.split(",")]
    results = evaluate(
        args.directory,
        prompts=args.prompts,
        object_mode=args.object,
        methods=methods,
        limit=args.limit,
        model=args.model,
        device=args.device,
        checkpoint=args.checkpoint,
        sama_weights=args.sama_weights,
        sheet=sheet,
        closer=not args.whole,
        edges=not args.unfiltered,
        max_pixels=max_pixels(args),
    )
    print(format_table(results))
    if args.json is not None:
        write_json(results, args.json)
    for path in (args.json, sheet):
        if path is not None:
            print(f"wrote {path}")
    return 0
