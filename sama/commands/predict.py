"""`sama predict`: a photo and prompts in; masks, matte, cut-out and composite out."""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from sama.commands.flags import (
    add_device_flags,
    add_finish_flags,
    add_mask_flag,
    add_model_flags,
    add_photo_flags,
    add_prompt_flags,
    finish_settings,
    load_predictor,
    max_pixels,
)
from sama.errors import PromptError, WeightsError
from sama.methods import METHODS, answer, method_of
from sama.methods.from_mask import asked_of
from sama.methods.own import check_own
from sama.photo.opening import Photo, open_image
from sama.request.listing import Listing, clean_name
from sama.request.mask_files import read_mask
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.request.request import Request
from sama.request.session import Session
from sama.request.settings import Settings

if TYPE_CHECKING:
    from sama.methods.words import Found
    from sama.predict.answer import Answer


NOT_FOUND = 3  # the exit code of an answer that is empty, or nearly


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `predict` command."""
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    add_prompt_flags(parser)
    parser.add_argument(
        "--together",
        action="store_true",
        help="several boxes are one object; by default each is one of its own",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="TEXT",
        help="of an object, in the order of boxes; may repeat",
    )
    add_mask_flag(parser)
    parser.add_argument(
        "--text",
        metavar="WORDS",
        help="boxes around all that is named, such as 'a dog, a cat'",
    )
    parser.add_argument("--detector", metavar="NAME", help="for --text: grounding_dino or owlv2")
    parser.add_argument(
        "--session",
        type=Path,
        metavar="FILE",
        help="replay a session.json; other flags replace what it says",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    add_finish_flags(parser)
    add_photo_flags(parser)
    add_model_flags(parser, session=True)
    add_device_flags(parser, dtype=True, compile=True)


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend, before anything is written. Returns 0, or
    NOT_FOUND where the files hold an object that is empty or nearly so."""
    photo = open_image(args.photo, max_pixels=max_pixels(args), keep_own=True)
    for note in photo.notes:
        print(f"photo: {note}")
    request, settings, model = _request(args, photo)

    for line in _understood(request):
        print(line)

    from sama.bench.peak import peak_rss
    from sama.export.outputs import Outputs
    from sama.export.writing import check_folder, write_outputs
    from sama.methods.findings import finding_of

    check_own(request.method, photo.name, photo.alpha)
    check_folder(args.out)
    predictor = load_predictor(args, model=model)
    info = predictor.info
    print(f"model: {info.title}, weights {info.weights_digest}, {info.running}")
    method = method_of(request.method, info)
    for note in (*info.notes, *([f"{method.title}: licence {method.licence}"] if method.foreign else [])):
        print(f"note: {note}")
    method.check(request, info)  # before the photo is encoded, which takes seconds
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
    finding = finding_of(answered, request)
    if finding.text and not finding.missed:
        print(f"note: {finding.text}")
    print("seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    peak = peak_rss()
    memory = "" if peak is None else f", peak memory {peak / 2**20:.0f} MiB"
    print(f"photo {photo.size[0]} x {photo.size[1]}{memory}")
    if finding.missed:
        print(f"sama: {finding.text}", file=sys.stderr)
        return NOT_FOUND
    return 0


def _understood(request: Request) -> Iterator[str]:
    """What the prompts were taken for, line by line."""
    for x0, y0, x1, y1 in request.prompts.boxes:
        yield f"box: from {x0:g},{y0:g} to {x1:g},{y1:g}, {x1 - x0:g} x {y1 - y0:g} pixels"
    for note in request.notes:
        yield f"note: {note}"


def _answer(predictor, request: Request) -> "Answer":
    """Answer, with a bar where that takes seconds."""
    method = method_of(request.method, predictor.info)
    with tqdm(total=100, unit="%", file=sys.stderr, disable=not method.slow) as bar:
        bar.set_description(method.named(method.title, predictor.info))

        def show(fraction: float) -> None:
            bar.update(round(100 * fraction) - bar.n)

        return answer(predictor, request, show)


def _found(args: argparse.Namespace, photo: Photo) -> "list[Found]":
    """What --text names in the photo, said line by line; nothing without it."""
    if args.text is None:
        if args.detector is not None:
            raise PromptError("--detector is for words; give --text, or leave it out.")
        return []
    from sama.methods.words import absent, find
    from sama.predict.devices import resolve_device

    if sentence := absent():
        raise WeightsError(sentence)
    found = find(photo.rgb, args.text, detector=args.detector, device=str(resolve_device(args.device)))
    for each in found:
        print(f"text: {each.words}, {each.score:.2f}")
    return found


def _request(args: argparse.Namespace, photo: Photo) -> tuple[Request, Settings, str]:
    """Request, settings and model: from the flags, or from a session file, of which flags replace parts."""
    flags = finish_settings(args)
    if args.session is None:
        named = _found(args, photo)
        points = tuple(parse_point(text) for text in args.point)
        mask = None if args.mask is None else read_mask(args.mask, photo.size, photo.name)
        boxes = (*(parse_box(text) for text in args.box), *(each.box for each in named))
        order = (*args.order, *("box" for _ in named))
        prompts = Prompts(points, boxes, mask, order if not named or args.order else ())
        if (method := asked_of(args.method, prompts)) is not None:
            flags |= {"matte": method}
        names = args.name or ["" for _ in args.box] * bool(named) + [each.words for each in named]
        listed = Listing(tuple(map(clean_name, names)), together=args.together)
        flags |= {"objects": listed.to_dict()}
        settings, model = Settings.from_dict(flags, methods=METHODS, paths=True), args.model or "mini"
    else:
        if args.box or args.point or args.mask is not None:
            raise PromptError("A session brings its own prompts; leave out --box, --point and --mask.")
        if args.text:
            raise PromptError("A session brings its own prompts; leave out --text.")
        if args.name or args.together:
            raise PromptError("A session brings its own objects; leave out --name and --together.")
        session = Session.load(args.session)
        session.check(photo)
        settings = Settings.from_dict(session.settings | flags, methods=METHODS, paths=True)
        prompts, model = session.prompts, args.model or session.model
    return Request.of(prompts, photo.size, **settings.asked), settings, model
