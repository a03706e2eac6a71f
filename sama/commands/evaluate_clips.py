"""`sama evaluate --video`: mark the first frame of every clip, follow, score all other frames."""

import argparse

from sama.commands.flags import load_predictor
from sama.errors import SamaError
from sama.evaluation.clip_contestants import DEFAULT
from sama.evaluation.clip_report import format_clips
from sama.evaluation.report import prepare_output, write_json

REFUSED = {"csv": None, "answers": [], "whole": False, "keep_haze": False, "out": None}


def main(args: argparse.Namespace) -> int:
    """Run the command; args: of `sama evaluate`. Raises SamaError."""
    for name, default in REFUSED.items():
        if getattr(args, name) != default:
            flag = name.replace("_", "-")
            raise SamaError(f"--{flag} is for folders of photos; leave it out with --video.")
    if args.json is not None:
        prepare_output(args.json)
    from sama.evaluation.clip_run import evaluate_clips
    from sama.video.settings import FollowSettings

    methods = DEFAULT if args.methods is None else [name.strip() for name in args.methods.split(",")]
    results = evaluate_clips(
        args.directory,
        load_predictor(args),
        prompts=args.prompts,
        object_mode=args.object,
        methods=methods,
        settings=FollowSettings(edges=not args.unfiltered, readout=args.readout),
        limit=args.limit,
        ignore=args.ignore,
    )
    try:
        if args.json is not None:
            write_json(results, args.json)
    finally:
        print(format_clips(results))
    if args.json is not None:
        print(f"wrote {args.json}")
    return 0
