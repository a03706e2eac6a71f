"""`python -m sama examples`: answer the example photos ahead, so that the studio shows them without asking a model."""

import argparse
from pathlib import Path

from sama import methods
from sama.export import stored_answers
from sama.photo.opening import open_image
from sama.request.request import Request
from sama.request.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path("examples"), metavar="DIR")
    parser.add_argument("--model", default="mini", help="see python -m sama weights")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--checkpoint", type=Path, help="backbone weights, for models not embedded")
    parser.add_argument("--sama-weights", help="SAMA weights instead of the embedded")


def main(args: argparse.Namespace) -> int:
    """Write DIR/answers/NAME.png for every DIR/NAME.json; raises SamaError."""
    from sama.predict.loading import load  # imported late: torch takes seconds, --help should not

    predictor = load(
        args.model, device=args.device, checkpoint=args.checkpoint, sama_weights=args.sama_weights
    )
    for file in sorted(args.folder.glob("*.json")):
        path = answer(predictor, file)
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


def answer(predictor, file: Path) -> Path:
    """Answer the session in `file`, whose photo lies beside it, and return where the answer is stored.

    predictor: a `SamaPredictor` with SAMA weights. Raises PhotoError, PromptError.
    """
    session, photo = Session.load(file), open_image(file.with_suffix(".jpg"))
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
