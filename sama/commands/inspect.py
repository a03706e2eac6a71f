"""`sama inspect`: what lies behind one answer, as pictures and numbers."""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from sama.commands.flags import (
    add_device_flags,
    add_model_flags,
    add_photo_flags,
    add_prompt_flags,
    load_predictor,
    max_pixels,
)
from sama.photo.opening import open_image
from sama.request.prompts import Prompts, parse_box, parse_point
from sama.request.request import Request

REPORT = "inspection.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `inspect` command."""
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    add_prompt_flags(parser)
    parser.add_argument(
        "--candidate", type=int, metavar="N", help="which of SAM's masks SAMA refines, from 0"
    )
    parser.add_argument("--whole", action="store_true", help="do not look closer at a small box")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pictures")
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser, dtype=True)


def main(args: argparse.Namespace) -> int:
    """Run the command; nothing is written before everything is known. Raises SamaError."""
    photo = open_image(args.photo, max_pixels=max_pixels(args))
    points, boxes = tuple(map(parse_point, args.point)), tuple(map(parse_box, args.box))
    prompts = Prompts(points, boxes, order=tuple(args.order))
    request = Request.of(prompts, photo.size, candidate=args.candidate, closer=not args.whole)

    from sama.evaluation.inspecting import inspect, shown
    from sama.evaluation.sureness import doubt_about
    from sama.export.writing import explained, staging

    predictor = load_predictor(args)
    seconds = {}
    for progress in predictor.set_image(photo.rgb):
        seconds[f"encode {progress.text}"] = progress.seconds - sum(seconds.values())
    found = inspect(predictor, request)
    doubt = doubt_about(predictor, request)
    seconds |= found.seconds
    pictures = {each.name: shown(each) for each in found.maps}
    pictures["disagreement"] = np.rint(255 * doubt.disagreement).astype(np.uint8)
    info = predictor.info
    report = {
        "photo": photo.name,
        "size": list(photo.size),
        "model": info.name,
        "weights": info.weights_digest,
        "box": found.box,
        "pictures": {each.name: each.title for each in found.maps},
        "sure": doubt.sure,
        "click_next": doubt.place,
        "milliseconds": {name: 1000 * value for name, value in seconds.items()},
        "notes": found.notes,
    }
    with explained(args.out), staging(args.out) as folder:
        for name, picture in pictures.items():
            Image.fromarray(picture).save(folder / f"{name}.png")
        (folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        for path in sorted(folder.iterdir()):
            path.replace(args.out / path.name)
    for line in _told(report, list(pictures), args.out):
        print(line)
    return 0


def _told(report: dict, names: list[str], out: Path) -> list[str]:
    lines = [f"wrote {out / f'{name}.png'}" for name in names] + [f"wrote {out / REPORT}"]
    if report["box"] is not None:
        lines.append(f"looked at the part {report['box']} of the photo (--whole: at all of it)")
    lines += [f"note: {note}" for note in report["notes"]]
    place = report["click_next"]
    lines.append(f"sure: {report['sure']:.3f}" + (f", click next at {place[0]},{place[1]}" if place else ""))
    times = ", ".join(f"{name} {value:.0f}" for name, value in report["milliseconds"].items())
    return [*lines, f"milliseconds: {times}"]
