"""`sama app`: load a model, build the page, serve it."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sama.commands.flags import (
    add_device_flags,
    add_model_flags,
    add_photo_flags,
    load_predictor,
    max_pixels,
)

if TYPE_CHECKING:
    from sama.objects.review import Proposal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `app` command."""
    parser.add_argument("--host", help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=_port, help="by default the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="open a public gradio.live link")
    parser.add_argument(
        "--accept", type=Path, metavar="DIR", help="offer to accept answers, which are written there"
    )
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser, dtype=True, compile=True)


def main(args: argparse.Namespace) -> int:
    """Serve until interrupted; raises SamaError, and returns 2 where the page cannot be served."""
    return serve(args, args.accept, [])


def serve(args: argparse.Namespace, accepted: Path | None, proposals: "list[Proposal]") -> int:
    """Serve the page; accepted: where accepted answers go; proposals: to go through, for `sama review`. See `main`."""
    # Imported late, so that --help and a bad flag answer at once.
    from sama.export.writing import check_folder
    from sama.predict.devices import resolve_device
    from sama.ui.examples_folder import examples_folder
    from sama.ui.handlers.accepting import Acceptance
    from sama.ui.model_thread import ModelThread
    from sama.ui.studio import build_studio, launch_options

    acceptance = None
    if accepted is not None:
        check_folder(accepted)
        acceptance = Acceptance(accepted.absolute(), proposals)
    thread = ModelThread() if resolve_device(args.device).type == "cpu" else None
    predictor = thread.call(load_predictor, args) if thread else load_predictor(args)
    print(f"{predictor.info.title} {predictor.info.running}")
    examples = examples_folder()
    studio = build_studio(predictor, examples, thread, max_pixels(args), acceptance)
    options = launch_options(examples)
    try:
        studio.launch(server_name=args.host, server_port=args.port, share=args.share, **options)
    except OSError as error:  # the port is taken, or the address is not ours
        print(
            f"sama: The page cannot be served there ({error}); try another --host or --port.", file=sys.stderr
        )
        return 2
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, choose one from 1 to 65535")
    return int(text)
