"""`sama app`: load a model, build the page, serve it."""

import argparse
import sys

from sama.commands.flags import (
    add_device_flags,
    add_model_flags,
    add_photo_flags,
    load_predictor,
    max_pixels,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `app` command."""
    parser.add_argument("--host", help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=_port, help="by default the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="open a public gradio.live link")
    add_photo_flags(parser)
    add_model_flags(parser)
    add_device_flags(parser, dtype=True, compile=True)


def main(args: argparse.Namespace) -> int:
    """Serve until interrupted; raises SamaError, and returns 2 where the page cannot be served."""
    # Imported late, so that --help and a bad flag answer at once.
    from sama.predict.devices import resolve_device
    from sama.ui.examples_folder import examples_folder
    from sama.ui.model_thread import ModelThread
    from sama.ui.studio import build_studio, launch_options

    thread = ModelThread() if resolve_device(args.device).type == "cpu" else None
    predictor = thread.call(load_predictor, args) if thread else load_predictor(args)
    print(f"{predictor.info.title} {predictor.info.running}")
    examples = examples_folder()
    studio = build_studio(predictor, examples, thread, max_pixels(args))
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
