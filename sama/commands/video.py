"""`sama video`: a clip and marks on its frames in; mattes, cut-outs and composites of every frame out."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from sama.commands.flags import (
    add_device_flags,
    add_mask_flag,
    add_model_flags,
    add_prompt_flags,
    add_readout_flag,
    load_predictor,
)
from sama.commands.predict import NOT_FOUND
from sama.errors import PromptError
from sama.request.mask_files import read_mask
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.video.settings import MEMORY, SEPARATE, FollowSettings

if TYPE_CHECKING:
    from sama.predict.loading import Predictor
    from sama.video.clips import Pace
    from sama.video.frames import Clip
    from sama.video.writing import ClipWriter

MOST = 3  # sentences about lost frames that are printed
_HOW = FollowSettings()


class _OnFrame(argparse.Action):
    """Note which frame the marks after it are on."""

    def __call__(self, parser, namespace, values, option_string=None):
        namespace.order = [*namespace.order, values]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `video` command."""
    parser.add_argument("clip", type=Path, metavar="CLIP", help="a film, an animation or a folder of frames")
    add_prompt_flags(parser)
    parser.add_argument(
        "--frame",
        action=_OnFrame,
        type=int,
        metavar="N",
        help="the marks after it are on this one, from 0; may repeat (default: the first)",
    )
    add_mask_flag(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--as",
        dest="files",
        default="webm",
        metavar="NAMES",
        help="of webm, prores, png, green, composite, matte; several with commas (default: webm)",
    )
    parser.add_argument("--background", metavar="WHAT", help="of the composite: a colour, blur or image:PATH")
    parser.add_argument(
        "--foreground", choices=("estimated", "photo"), default="estimated", help="its colours"
    )
    parser.add_argument("--from", dest="start", type=int, default=0, metavar="N", help="the first frame")
    parser.add_argument("--to", dest="end", type=int, metavar="N", help="the last frame")
    parser.add_argument(
        "--views", type=int, default=_HOW.views, metavar="1|5", help="of each frame; 5 is slower"
    )
    parser.add_argument(
        "--damping", type=float, default=_HOW.damping, metavar="X", help="of flicker, from 0 to 0.9"
    )
    parser.add_argument(
        "--matte-from", choices=(SEPARATE, MEMORY), default=SEPARATE, help="the frame alone, or memory too"
    )
    add_readout_flag(parser, "memory of the mask")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what became of every frame")
    add_model_flags(parser)
    add_device_flags(parser, dtype=True)


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError. Returns 0, or NOT_FOUND where the object was lost on a frame."""
    settings = FollowSettings(
        views=args.views, damping=args.damping, matte_from=args.matte_from, readout=args.readout
    )

    from sama.evaluation.report import prepare_output, write_json
    from sama.video.clip import open_clip
    from sama.video.writing import writer

    if args.json is not None:
        prepare_output(args.json)
    with open_clip(args.clip) as clip:
        for note in clip.notes:
            print(f"clip: {note}")
        prompts, names = marks_of(args, clip), [name.strip() for name in args.files.split(",")]
        how = {"background": args.background or "transparent", "foreground": args.foreground == "estimated"}
        with writer(names, args.out, clip, start=min(prompts), **how) as files:
            predictor = load_predictor(args)
            rows = _follow(predictor, clip, prompts, settings, args, files)
    lost = [row["lost"] for row in rows if row["lost"]]
    if args.json is not None:
        write_json({"clip": clip.name, "size": list(clip.size), "frames": rows}, args.json)
        print(f"wrote {args.json}")
    for path in files.paths:
        print(f"wrote {path}")
    for note in files.notes:
        print(f"note: {note}")
    for sentence in lost[:MOST]:
        print(f"sama: {sentence}", file=sys.stderr)
    if len(lost) > MOST:
        print(f"sama: And so on, {len(lost)} frames in all; --json FILE lists them.", file=sys.stderr)
    return NOT_FOUND if lost else 0


def _follow(
    predictor: "Predictor",
    clip: "Clip",
    prompts: dict[int, Prompts],
    settings: FollowSettings,
    args: argparse.Namespace,
    files: "ClipWriter",
) -> list[dict]:
    """Follow and write; what became of every frame."""
    from sama.video.clips import follow_clip

    end = None if args.end is None else args.end + 1
    bar, rows = tqdm(total=clip.frames, unit="frame", file=sys.stderr), []

    def show(pace: "Pace") -> None:
        bar.total = pace.total
        bar.update(pace.done - bar.n)

    with bar:
        found = follow_clip(predictor, clip, prompts, settings, start=args.start, end=end, progress=show)
        for frame in found:
            files.write(frame.rgb, frame.alpha)
            rows.append(frame.report)
    return rows


def marks_of(args: argparse.Namespace, clip: "Clip") -> dict[int, Prompts]:
    """The prompts by their frames: those before the first --frame are on the first frame, as is a mask without any.

    Raises PromptError where nothing is marked.
    """
    number, points, boxes = args.start, iter(args.point), iter(args.box)
    marks: dict[int, list[Prompts]] = {}
    for word in args.order:
        if word == "point":
            mark = Prompts(points=(parse_point(next(points)),), order=("point",))
        elif word == "box":
            mark = Prompts(boxes=(parse_box(next(boxes)),), order=("box",))
        else:
            number = word
            continue
        marks.setdefault(number, []).append(mark)
    found = {at: _joined(each) for at, each in marks.items()}
    if args.mask is not None:
        frames = [word for word in args.order if isinstance(word, int)]
        first = frames[0] if frames else args.start
        mask, given = read_mask(args.mask, clip.size, args.mask.name), found.get(first, Prompts())
        found[first] = Prompts(given.points, given.boxes, mask, given.order)
    if not found:
        raise PromptError(
            "Nothing is marked; give --box or --point, and --frame N before those on another frame."
        )
    return {at: each.validate(clip.size) for at, each in found.items()} if len(found) == 1 else found


def _joined(marks: list[Prompts]) -> Prompts:
    return Prompts(
        tuple(point for each in marks for point in each.points),
        tuple(box for each in marks for box in each.boxes),
        None,
        tuple(word for each in marks for word in each.order),
    )
