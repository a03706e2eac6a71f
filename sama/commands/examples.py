"""`sama examples`: answer the example photos ahead, so that the page shows them without asking a model."""

import argparse
from pathlib import Path

from sama import methods
from sama.commands.flags import (
    add_device_flags,
    add_model_flags,
    add_photo_flags,
    load_predictor,
    max_pixels,
)
from sama.export import stored_answers
from sama.photo.opening import MAX_PIXELS, open_image
from sama.request.request import Request
from sama.request.session import Session
from sama.ui.examples_folder import examples_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "folder", nargs="?", type=Path, default=examples_folder(), metavar="DIR", help="the page's by default"
    )
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser)


def main(args: argparse.Namespace) -> int:
    """Write DIR/answers/NAME.png for every DIR/NAME.json; raises SamaError."""
    predictor = load_predictor(args)
    for file in sorted(args.folder.glob("*.json")):
        path = answer(predictor, file, max_pixels(args))
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


def answer(predictor, file: Path, max_pixels: int = MAX_PIXELS) -> Path:
    """Answer the session in `file`, whose photo lies beside it, and return where the answer is stored.

    predictor: a `SamaPredictor` with SAMA weights. Raises PhotoError, PromptError.
    """
    session, photo = Session.load(file), open_image(file.with_suffix(".jpg"), max_pixels=max_pixels)
    session.check(photo)
    size = stored_answers.preview_size(*photo.size)
    for _ in predictor.set_image(photo.rgb):
        pass
    answered = methods.answer(predictor, Request.of(session.prompts, photo.size, output_size=size))
    path = stored_answers.path_of(file)
    path.parent.mkdir(exist_ok=True)
    source = stored_answers.source(photo.digest, session.prompts, predictor.info, size)
    stored_answers.save(path, answered, source)
    return path
