"""`python app.py`: load a model, build the studio, serve it."""

import spaces  # noqa: F401, I001  a ZeroGPU Space needs this before anything touches CUDA

import argparse
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent / "examples"


class _Parser(argparse.ArgumentParser):
    """Refuses bad flags with one sentence."""

    def error(self, message: str):
        self.exit(2, f"{message[0].upper()}{message[1:]}; see python app.py --help.\n")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, choose one from 1 to 65535")
    return int(text)


def _flags(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(description=__doc__)
    parser.add_argument("--model", default="mini", help="see python -m sama weights")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")
    parser.add_argument("--compile", action="store_true", help="torch.compile the image encoder")
    parser.add_argument("--host", help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=_port, help="by default the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="open a public gradio.live link")
    parser.add_argument("--checkpoint", type=Path, help="backbone weights, for models not embedded")
    parser.add_argument(
        "--sama-weights", help="SAMA weights instead of the embedded: a path, or owner/name[:file] of the hub"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code, 2 for what the user can mend."""
    flags = _flags(arguments)
    # Imported late, so that --help and a bad flag answer at once.
    from sama.errors import SamaError
    from sama.predict.devices import resolve_device
    from sama.predict.loading import load
    from sama.ui.model_thread import ModelThread
    from sama.ui.studio import build_studio, launch_options

    try:
        thread = ModelThread() if resolve_device(flags.device).type == "cpu" else None
        options = {
            "device": flags.device,
            "dtype": flags.dtype,
            "compile": flags.compile,
            "checkpoint": flags.checkpoint,
            "sama_weights": flags.sama_weights,
        }
        predictor = thread.call(load, flags.model, **options) if thread else load(flags.model, **options)
        print(f"{predictor.info.title} {predictor.info.running}")
        studio = build_studio(predictor, EXAMPLES, thread)
    except SamaError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        studio.launch(
            server_name=flags.host,
            server_port=flags.port,
            share=flags.share,
            **launch_options(EXAMPLES),
        )
    except OSError as error:  # the port is taken, or the address is not ours
        print(f"The page cannot be served there ({error}); try another --host or --port.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
