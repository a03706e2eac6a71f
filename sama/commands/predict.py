"""`python -m sama predict`: a photo and prompts in; masks, matte, cut-out and composite out."""

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from sama.errors import PromptError
from sama.methods import METHODS, answer, method_of
from sama.photo.opening import MAX_PIXELS, Photo, open_image
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import ESTIMATED, PHOTO, Settings

if TYPE_CHECKING:
    from sama.predict.answer import Answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `predict` command."""
    parser.add_argument("photo", type=Path)
    parser.add_argument("--box", action="append", default=[], metavar="x0,y0,x1,y1", help="may repeat")
    parser.add_argument(
        "--point", action="append", default=[], metavar="x,y[,0|1]", help="1 keeps, 0 removes; may repeat"
    )
    parser.add_argument(
        "--session",
        type=Path,
        help="replay a session.json instead of --box, --point; other flags replace what it says",
    )
    parser.add_argument("--candidate", type=int, help="which of SAM's masks SAMA refines, from 0")
    parser.add_argument(
        "--background",
        help="transparent (the default), a colour, blur[:SIGMA] or image:PATH[:cover|contain]",
    )
    parser.add_argument(
        "--foreground",
        choices=(ESTIMATED, PHOTO),
        help="colours of the cut-out: estimated without the old background (the default), or the photo's",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--model", help="see python -m sama weights; by default mini, or the session's")
    parser.add_argument("--checkpoint", type=Path, help="backbone weights, for models not embedded")
    parser.add_argument(
        "--sama-weights", help="SAMA weights instead of the embedded: a path, or owner/name[:file] of the hub"
    )
    parser.add_argument(
        "--method",
        "--matte",
        choices=METHODS,
        help="whose mask and matte: sama by default, closed_form without SAMA weights, or another of the table",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")
    parser.add_argument("--compile", action="store_true", help="torch.compile the image encoder")
    parser.add_argument("--max-megapixels", type=float, default=MAX_PIXELS / 1e6)


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend, before anything is written."""
    photo = open_image(args.photo, max_pixels=round(args.max_megapixels * 1e6), keep_own=True)
    for note in photo.notes:
        print(f"photo: {note}")
    request, settings, model = _request(args, photo)

    from sama.export.outputs import Outputs
    from sama.export.writing import write_outputs
    from sama.predict.loading import load

    predictor = load(
        model,
        device=args.device,
        dtype=args.dtype,
        compile=args.compile,
        checkpoint=args.checkpoint,
        sama_weights=args.sama_weights,
    )
    info = predictor.info
    print(f"model: {info.title}, weights {info.weights_digest}, {info.running}")
    for note in info.notes:
        print(f"note: {note}")
    seconds = {"encode": 0.0}
    bar = tqdm(total=info.views, unit="view", file=sys.stderr)
    for progress in predictor.set_image(photo.rgb):
        bar.set_description(progress.text)
        bar.update()
        seconds["encode"] = progress.seconds
    bar.close()
    answered = _answer(predictor, request)
    seconds |= answered.seconds
    started = time.perf_counter()
    written = write_outputs(args.out, Outputs(photo, answered, request, settings, info))
    seconds["foreground, composite, files"] = time.perf_counter() - started
    for path in written:
        print(f"wrote {path}")
    print("seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    # ru_maxrss is in KiB on Linux, in bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (2**20 if sys.platform == "darwin" else 2**10)
    print(f"photo {photo.size[0]} x {photo.size[1]}, peak memory {peak_mib:.0f} MiB")
    return 0


def _answer(predictor, request: Request) -> "Answer":
    """Answer, with a bar where that takes seconds."""
    method = method_of(request.method, predictor.info)
    with tqdm(total=100, unit="%", file=sys.stderr, disable=not method.slow) as bar:
        bar.set_description(method.title)

        def show(fraction: float) -> None:
            bar.update(round(100 * fraction) - bar.n)

        return answer(predictor, request, show)


def _request(args: argparse.Namespace, photo: Photo) -> tuple[Request, Settings, str]:
    """Request, settings and model: from the flags, or from a session file, of which flags replace parts."""
    flags = {
        name: getattr(args, name)
        for name in ("background", "candidate", "foreground")
        if getattr(args, name) is not None
    } | ({} if args.method is None else {"matte": args.method})
    if args.session is None:
        points = tuple(parse_point(text) for text in args.point)
        prompts = Prompts(points, tuple(parse_box(text) for text in args.box))
        settings, model = Settings.from_dict(flags, methods=METHODS, paths=True), args.model or "mini"
    else:
        if args.box or args.point:
            raise PromptError("A session brings its own prompts; leave out --box and --point.")
        session = Session.load(args.session)
        session.check(photo)
        settings = Settings.from_dict(session.settings | flags, methods=METHODS, paths=True)
        prompts, model = session.prompts, args.model or session.model
    asked = {"method": settings.method, "candidate": settings.candidate}
    return Request.of(prompts, photo.size, **asked), settings, model
