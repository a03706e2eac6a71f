"""What happens after the matte, at a photo's full size: colours, composite, files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from sama.bench import scenes
from sama.bench.lab import Lab
from sama.bench.rows import Row
from sama.bench.timing import Side, interleave
from sama.export.outputs import Outputs
from sama.export.writing import write_outputs
from sama.matting import composite, composite_bytes, estimate_foreground, parse_background
from sama.photo.opening import Photo, image_digest
from sama.predict.answer import ALPHA, SAM, SAMA, Answer, ObjectAnswer
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.settings import Settings

FOREGROUND_NOTE = (
    "foreground: estimate_foreground and composite with a matte of 1024 pixels, hair and all, enlarged; stock: "
    "PyMatting's estimate_foreground_ml alone, at full size."
)
COMPOSITE_NOTE = "composite: the composite alone, as bytes."
EXPORT_NOTE = "export: every file of an answer, foreground estimation included."
PROCESSOR = torch.device("cpu")  # wherever the models are
_WHITE = np.ones(3, np.float32)


def foreground(lab: Lab, name: str, size: str) -> Iterator[Row]:
    """The row of foreground and composite, for a size in `lab.sizes`."""
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    photo, alpha = scenes.photo(*lab.sizes[size]), scenes.matte(*lab.sizes[size])
    colours = photo.astype(np.float32) / np.float32(255)
    sides = {
        "stock": Side(lambda: estimate_foreground_ml(colours, alpha)),
        name: Side(lambda: composite(estimate_foreground(photo, alpha), alpha, _WHITE)),
    }
    times = interleave(sides, repeats=lab.repeats, device=PROCESSOR, progress=lab.progress)
    yield times[name].row(name, times[name].over(times["stock"]))


def compositing(lab: Lab, name: str, size: str) -> Iterator[Row]:
    """The row of a composite, for a size in `lab.sizes`."""
    alpha = scenes.matte(*lab.sizes[size])
    colours = scenes.photo(*lab.sizes[size]).astype(np.float32) / np.float32(255)
    sides = {name: Side(lambda: composite_bytes(colours, alpha, _WHITE))}
    times = interleave(sides, repeats=lab.repeats, device=PROCESSOR, progress=lab.progress)
    yield times[name].row(name, None)


def export(lab: Lab, name: str, size: str) -> Iterator[Row]:
    """The row of writing an answer's files, for a size in `lab.sizes`."""
    rgb, alpha = scenes.photo(*lab.sizes[size]), scenes.matte(*lab.sizes[size])
    photo = Photo(rgb, None, "photo.jpg", image_digest(rgb), (), None)
    mask, logits = alpha > 0.5, alpha - np.float32(0.5)
    click = Prompts(points=((rgb.shape[1] / 2, rgb.shape[0] / 2, 1),))
    layers = {SAM: logits, SAMA: logits, ALPHA: alpha}
    answer = Answer("sama", (ObjectAnswer(click, mask[None], np.ones(1, np.float32), 0, layers),))
    request = Request.of(click, photo.size)
    settings, info = Settings(parse_background("white")), lab.load("mini").info
    with tempfile.TemporaryDirectory(prefix="sama-bench-") as folder:

        def write() -> None:
            write_outputs(Path(folder), Outputs(photo, answer, request, settings, info))

        sides = {name: Side(write)}
        times = interleave(sides, repeats=lab.repeats, device=PROCESSOR, progress=lab.progress)
    yield times[name].row(name, None)
