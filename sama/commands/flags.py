"""The flags that several commands share, each declared once, and the predictor that they describe."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sama.predict.loading import Predictor


def add_prompt_flags(parser: argparse.ArgumentParser) -> None:
    """--box and --point, texts for `sama.request.prompts.parse_box` and `parse_point`, and `order`, that of both."""
    how = {"action": _InOrder, "default": []}
    parser.add_argument("--box", **how, metavar="x0,y0,x1,y1", help="may repeat")
    parser.add_argument(
        "--point",
        **how,
        metavar="x,y[,0|1]",
        help="1 keeps, 0 removes; may repeat; against a --box the later counts",
    )
    parser.set_defaults(order=[])


class _InOrder(argparse.Action):
    """Append a value, and note that it came after those of the other flags."""

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), values])
        namespace.order = [*namespace.order, self.dest]


def add_mask_flag(parser: argparse.ArgumentParser) -> None:
    """--mask, a file for `sama.request.mask_files.read_mask`."""
    parser.add_argument(
        "--mask",
        type=Path,
        metavar="FILE",
        help="a picture of the photo's size, white on the object, grey for soft, or a COCO file; the matte follows it, "
        "if there is nothing else",
    )


def add_readout_flag(parser: argparse.ArgumentParser, what: str) -> None:
    """--readout, see `sama.video.settings.FollowSettings`."""
    from sama.video.settings import NONE

    text = f"{what}: a file of `train` (default: {NONE})"
    parser.add_argument("--readout", default=NONE, metavar="FILE", help=text)


def add_finish_flags(parser: argparse.ArgumentParser) -> None:
    """How an answer is finished: see `finish_settings`."""
    from sama.methods import METHODS
    from sama.request.settings import ESTIMATED, KEPT, MASK, MATTE, PHOTO, REMOVED

    own = [name for name, method in METHODS.items() if not method.foreign]
    parser.add_argument(
        "--candidate", type=int, metavar="N", help="which of SAM's masks SAMA refines, from 0"
    )
    parser.add_argument(
        "--background",
        metavar="WHAT",
        help="transparent (the default), a colour, blur[:SIGMA] or image:PATH[:cover|contain]",
    )
    parser.add_argument(
        "--foreground",
        choices=(ESTIMATED, PHOTO),
        help="colours of the cut-out: estimated (the default), or the photo's",
    )
    parser.add_argument(
        "--cutout-from",
        choices=(MATTE, MASK),
        help="makes cut-out and composite: the matte (the default), or the mask",
    )
    parser.add_argument(
        "--haze",
        choices=(REMOVED, KEPT),
        help="what the matte has away from the object; removed by default",
    )
    parser.add_argument(
        "--method",
        "--matte",
        choices=METHODS,
        metavar="NAME",
        help=f"of {', '.join(own)}, or of the field, see `weights`; by default sama, closed_form without SAMA "
        "weights, from_mask for a mask alone",
    )


def finish_settings(args: argparse.Namespace) -> dict[str, Any]:
    """What of `add_finish_flags` was given, by the names of session files."""
    names = {name: name for name in ("background", "candidate", "foreground", "cutout_from", "haze")}
    given = {name: getattr(args, flag) for name, flag in (names | {"matte": "method"}).items()}
    return {name: value for name, value in given.items() if value is not None}


def add_model_flags(parser: argparse.ArgumentParser, *, session: bool = False) -> None:
    """--model, --checkpoint and --sama-weights; session: a session file may name the model, so there is no default."""
    otherwise = "mini, or the session's" if session else "mini"
    parser.add_argument(
        "--model",
        metavar="NAME",
        default=None if session else "mini",
        help=f"one that `weights` lists; by default {otherwise}",
    )
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="backbone weights, for models not embedded"
    )
    parser.add_argument(
        "--sama-weights",
        metavar="FILE|ID",
        help="SAMA weights, not embedded ones: a path, or owner/name[:file] (hub)",
    )


def add_photo_flags(parser: argparse.ArgumentParser) -> None:
    """--max-megapixels, for `open_image`: see `max_pixels`."""
    from sama.photo.opening import MAX_PIXELS

    parser.add_argument(
        "--max-megapixels",
        type=_megapixels,
        metavar="N",
        default=MAX_PIXELS / 1e6,
        help=f"refuse larger photos; {MAX_PIXELS / 1e6:g} by default",
    )


def max_pixels(args: argparse.Namespace) -> int:
    """What --max-megapixels allows, in pixels."""
    return max(1, round(args.max_megapixels * 1e6))


def add_device_flags(parser: argparse.ArgumentParser, *, dtype: bool = False, compile: bool = False) -> None:
    """--device, and where it is wanted --dtype, --compile and --runtime."""
    parser.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or mps")
    if dtype:
        parser.add_argument(
            "--dtype", default="auto", metavar="NAME", help="auto, float32, bfloat16 or float16"
        )
    if compile:
        parser.add_argument("--compile", action="store_true", help="compile the image encoder; a slow start")
        parser.add_argument("--runtime", default="auto", metavar="NAME", help="auto, torch or openvino")


def load_predictor(args: argparse.Namespace, *, model: str | None = None) -> Predictor:
    """Load what the flags of a model and a device say; model: instead of --model. Raises WeightsError, DeviceError."""
    from sama.predict.loading import load  # imported late: torch takes seconds, --help should not

    return load(model or args.model, **load_options(args))


def load_options(args: argparse.Namespace) -> dict[str, Any]:
    """What the flags of a model and a device say to `sama.load`, beside the model's name."""
    names = ("device", "dtype", "compile", "runtime", "checkpoint", "sama_weights")
    return {name: value for name, value in vars(args).items() if name in names}


def _megapixels(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is no number of megapixels above 0")
    return value
