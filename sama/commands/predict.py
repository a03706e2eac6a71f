"""`python -m sama predict`: a photo and prompts in; masks, matte, cut-out and composite out."""

import argparse
import resource
import sys
import time
from pathlib import Path

from tqdm import tqdm

from sama.errors import PromptError
from sama.imaging import MAX_PIXELS, Photo, open_image
from sama.matting import parse_background
from sama.prompts import Prompts, Session, parse_box, parse_point


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `predict` command."""
    parser.add_argument("photo", type=Path)
    parser.add_argument("--box", action="append", default=[], metavar="x0,y0,x1,y1", help="may repeat")
    parser.add_argument(
        "--point", action="append", default=[], metavar="x,y[,0|1]", help="1 keeps, 0 removes; may repeat"
    )
    parser.add_argument("--session", type=Path, help="replay a session.json instead of --box, --point")
    parser.add_argument("--candidate", type=int, help="which of SAM's masks SAMA refines")
    parser.add_argument(
        "--background",
        default="transparent",
        help="transparent, a colour, blur[:SIGMA] or image:PATH[:cover|contain]",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--model", default="mini")
    parser.add_argument("--checkpoint", type=Path, help="backbone weights, for models not embedded")
    parser.add_argument("--sama-weights", type=Path, help="SAMA weights instead of the embedded ones")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--dtype", default="auto", help="auto, float32 or bfloat16")
    parser.add_argument("--max-megapixels", type=float, default=MAX_PIXELS / 1e6)


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend, before anything is written."""
    photo = open_image(args.photo, max_pixels=round(args.max_megapixels * 1e6))
    for note in photo.notes:
        print(f"photo: {note}")
    prompts, settings, model = _request(args, photo)
    background = parse_background(settings["background"])

    from sama.export import write_outputs
    from sama.predictor import load

    predictor = load(
        model,
        device=args.device,
        dtype=args.dtype,
        checkpoint=args.checkpoint,
        sama_weights=args.sama_weights,
    )
    info = predictor.info
    print(f"model: {info.title}, weights {info.weights_digest}, on {info.device} in {info.dtype}")
    for note in info.notes:
        print(f"note: {note}")
    seconds = {"encode": 0.0}
    bar = tqdm(total=5, unit="view", file=sys.stderr)
    for progress in predictor.set_image(photo.rgb):
        bar.set_description(progress.text)
        bar.update()
        seconds["encode"] = progress.seconds
    bar.close()
    prediction = predictor.predict(prompts, candidate=settings["candidate"])
    seconds |= prediction.seconds
    started = time.perf_counter()
    session = Session(photo.digest, photo.size, photo.name, prompts, model, settings)
    written = write_outputs(args.out, photo, prediction, background, session)
    seconds["foreground, composite, files"] = time.perf_counter() - started
    for path in written:
        print(f"wrote {path}")
    print("seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    # ru_maxrss is in KiB on Linux, in bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (2**20 if sys.platform == "darwin" else 2**10)
    print(f"photo {photo.size[0]} x {photo.size[1]}, peak memory {peak_mib:.0f} MiB")
    return 0


def _request(args: argparse.Namespace, photo: Photo) -> tuple[Prompts, dict, str]:
    """Prompts, settings and model: from the flags, or from a session file."""
    if args.session is None:
        prompts = Prompts(
            points=tuple(parse_point(text) for text in args.point),
            boxes=tuple(parse_box(text) for text in args.box),
        )
        settings = {"background": args.background, "candidate": args.candidate}
        return prompts.validate(photo.size), settings, args.model
    if args.box or args.point:
        raise PromptError("A session brings its own prompts; leave out --box and --point.")
    session = Session.load(args.session)
    session.check(photo)
    settings = {"background": args.background, "candidate": args.candidate} | session.settings
    return session.prompts.validate(photo.size), settings, session.model
