"""`sama batch`: a folder of photos in, a folder of cut-outs out."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from sama.commands.flags import (
    add_device_flags,
    add_finish_flags,
    add_model_flags,
    add_photo_flags,
    add_prompt_flags,
    finish_settings,
    load_options,
    max_pixels,
)
from sama.commands.predict import NOT_FOUND
from sama.errors import PromptError
from sama.request.prompts import Prompts, parse_box, parse_point

if TYPE_CHECKING:
    from sama.objects.batch import Report
    from sama.objects.batch.sources import Source

FAILURES = 1  # the exit code where a photo failed
_SOURCES = "--sessions, --coco, --everything, or --box and --point"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `batch` command."""
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="folder of photos")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a folder in it for each photo"
    )
    parser.add_argument(
        "--sessions", type=Path, metavar="DIR", help="prompts: session files; by default those beside photos"
    )
    parser.add_argument("--coco", type=Path, metavar="FILE", help="prompts: a COCO file, by file_name")
    parser.add_argument("--coco-use", choices=("box", "mask"), help="boxes (the default), or the mask")
    parser.add_argument("--everything", action="store_true", help="prompts: the largest object there is")
    add_prompt_flags(parser)
    parser.add_argument("--only", action="append", metavar="FILE", help="such as cutout.png; may repeat")
    parser.add_argument("--workers", type=int, metavar="N", help="processes, each with a model")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="a Ray cluster's host:port, auto or local (starts one)"
    )
    parser.add_argument("--again", action="store_true", help="make anew what is there; kept otherwise")
    add_finish_flags(parser)
    add_photo_flags(parser)
    add_model_flags(parser, session=True)
    add_device_flags(parser, dtype=True)


def main(args: argparse.Namespace) -> int:
    """Run the command. Raises SamaError where nothing can be done at all; returns 0, FAILURES where a photo has no
    files, or NOT_FOUND where one has files of nothing, or hardly anything."""
    source = _source(args)

    from sama.objects.batch import batch

    bar = None

    def show(done: int, total: int, kept: int) -> None:
        nonlocal bar
        bar = bar or tqdm(total=total, initial=kept, unit="photo", file=sys.stderr)
        bar.update(done - bar.n)

    try:
        report = batch(
            args.photos,
            args.out,
            source,
            model=args.model,
            settings=finish_settings(args),
            only=args.only,
            workers=args.workers,
            ray=args.ray,
            again=args.again,
            max_pixels=max_pixels(args),
            progress=show,
            **load_options(args),
        )
    finally:
        if bar is not None:
            bar.close()
    return _tell(report)


def _tell(report: "Report") -> int:
    for sentence in report.notes:
        print(f"sama: passed over {sentence}", file=sys.stderr)
    for each in (*report.failed, *report.missed):
        print(f"sama: {each.photo}: {each.message}", file=sys.stderr)
    made = len(report.results) - len(report.failed) - report.kept
    print(f"{made} photos cut out, {report.kept} kept, in {report.out}; see report.csv and contact_sheet.png")
    if report.failed:
        print(f"sama: {len(report.failed)} photos failed, see above.", file=sys.stderr)
        return FAILURES
    return NOT_FOUND if report.missed else 0


def _source(args: argparse.Namespace) -> "Source | None":
    """Where prompts come from; None for the default. Raises PromptError for several places."""
    from sama.objects.batch import BOX, Coco, Largest, Same, Sessions

    drawn = bool(args.box or args.point)
    if sum((args.sessions is not None, args.coco is not None, args.everything, drawn)) > 1:
        raise PromptError(f"Give one of {_SOURCES}.")
    if args.coco_use is not None and args.coco is None:
        raise PromptError("--coco-use goes with --coco; give the file, or leave it out.")
    if args.coco is not None:
        coco = Coco(args.coco, args.coco_use or BOX)
        coco.dataset  # noqa: B018  reads it, before a model is loaded
        return coco
    if args.sessions is not None:
        return Sessions.found(args.sessions, without=args.out)
    if args.everything:
        return Largest()
    if not drawn:
        return None
    points, boxes = map(parse_point, args.point), map(parse_box, args.box)
    return Same(Prompts(tuple(points), tuple(boxes), order=tuple(args.order)))
