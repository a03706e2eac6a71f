"""`sama evaluate`: prompt every object of a folder by every method, score the answers."""

import argparse
from pathlib import Path

from sama.commands.flags import (
    add_device_flags,
    add_model_flags,
    add_photo_flags,
    add_readout_flag,
    max_pixels,
)
from sama.errors import SamaError
from sama.evaluation.contestants import PROMPT_KINDS, RACE
from sama.evaluation.datasets import OBJECT_MODES
from sama.evaluation.from_masks import MASK_METHODS
from sama.evaluation.published_folders import format_layouts
from sama.evaluation.race import CLICKS
from sama.evaluation.race_plot import save_plot
from sama.evaluation.report import format_columns, format_table, prepare_output, write_csv, write_json
from sama.evaluation.run import evaluate
from sama.methods import METHODS
from sama.video.settings import NONE


class _Say(argparse.Action):
    """Print what `const` returns, and stop; as --help does."""

    def __init__(self, option_strings, dest, **options):
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser, *_unused):
        print(self.const())
        parser.exit()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `evaluate` command."""
    parser.add_argument(
        "directory", metavar="DIR", type=Path, help="folder with images/ and labels/ or alphas/"
    )
    _add_dataset_flags(parser)
    parser.add_argument(
        "--video", action="store_true", help="DIR has clips, each as such a folder; marked on the first frame"
    )
    add_readout_flag(parser, "of --video")
    parser.add_argument(
        "--prompts", choices=PROMPT_KINDS, default="box", metavar="KIND", help=", ".join(PROMPT_KINDS)
    )
    parser.add_argument(
        "--clicks", metavar="N", type=int, default=CLICKS, help=f"of a race; {CLICKS} by default"
    )
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the results here, object by object too"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write a line for each object and method here"
    )
    parser.add_argument(
        "--object", choices=OBJECT_MODES, default="each", help="every label id, or all as one"
    )
    own = [name for name, method in METHODS.items() if not method.foreign]
    parser.add_argument(
        "--methods",
        metavar="NAMES",
        help=f"of {','.join(own)}, or of the field (see `weights`); with a mask of {','.join(MASK_METHODS)} "
        "(default: all that fit)",
    )
    parser.add_argument(
        "--answers",
        metavar="[NAME=]DIR",
        action="append",
        default=[],
        help="another program's masks or mattes, DIR/PHOTO.png; may repeat; then only --methods that are named run",
    )
    parser.add_argument(
        "--ignore",
        metavar="LABEL",
        type=int,
        help="what is neither object nor background; 0: none (default: 255 in maps with other labels)",
    )
    parser.add_argument("--limit", metavar="N", type=int, help="only the first N photos")
    parser.add_argument(
        "--group-words",
        metavar="N",
        type=int,
        default=1,
        help="how many words of NAME_OF_PHOTO are its family or source",
    )
    _add_answer_flags(parser)
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder for the pictures, if not FILE's")
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser)


def _add_dataset_flags(parser: argparse.ArgumentParser) -> None:
    """What the folder is, and what can be asked without one."""
    parser.add_argument(
        "--dataset", metavar="NAME", help="DIR is this published data set, as unpacked; see --datasets"
    )
    parser.add_argument(
        "--datasets",
        action=_Say,
        const=format_layouts,
        help="list published data sets and their folders, and stop",
    )
    parser.add_argument(
        "--columns", action=_Say, const=format_columns, help="say what every printed column means, and stop"
    )


def _add_answer_flags(parser: argparse.ArgumentParser) -> None:
    """How objects are answered."""
    parser.add_argument(
        "--whole", action="store_true", help="answer small things on the whole photo, without a closer look"
    )
    parser.add_argument(
        "--unfiltered",
        action="store_true",
        help="take SAMA's maps as its heads give them, not along the photo's edges",
    )
    parser.add_argument(
        "--keep-haze",
        action="store_true",
        help="leave in mattes what is away from the object, see `predict --haze`",
    )


def main(args: argparse.Namespace) -> int:
    """Run the command: print the table, write what was asked for. Raises SamaError."""
    if args.video:
        from sama.commands.evaluate_clips import main as on_clips

        return on_clips(args)
    if args.readout != NONE:
        raise SamaError("--readout is for clips; add --video, or leave it out.")
    sheet = None
    if args.csv is not None:
        prepare_output(args.csv)
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
        answers=args.answers,
        limit=args.limit,
        ignore=args.ignore,
        group_words=args.group_words,
        model=args.model,
        device=args.device,
        checkpoint=args.checkpoint,
        sama_weights=args.sama_weights,
        sheet=sheet,
        closer=not args.whole,
        edges=not args.unfiltered,
        keep_haze=args.keep_haze,
        layout=args.dataset,
        max_pixels=max_pixels(args),
        clicks=args.clicks,
    )
    try:  # whatever becomes of files and screen, one of them has the results of hours
        for path, write in ((args.json, write_json), (args.csv, write_csv)):
            if path is not None:
                write(results, path)
    finally:
        print(format_table(results))
    plot = None
    if args.prompts == RACE and sheet is not None:
        plot = sheet.with_name(f"{sheet.stem.removesuffix('_cases')}_race.png")
        save_plot(results, plot)
    for path in (args.json, args.csv, sheet, plot):
        if path is not None:
            print(f"wrote {path}")
    return 0
