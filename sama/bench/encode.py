"""The image encoder: one view, the four local views, and a whole photo with the embedded model."""

from collections import deque
from collections.abc import Collection, Iterator

import torch

from sama.bench import scenes
from sama.bench.lab import Lab
from sama.bench.rows import Row, row_name
from sama.bench.timing import Side, interleave
from sama.predict.loading import Predictor

FLOAT32, BFLOAT16 = torch.float32, torch.bfloat16
VIEWS = {FLOAT32: "encode_view_fp32", BFLOAT16: "encode_view_bf16"}
LOCAL = "encode_local"
OFFICIAL_NOTE = (
    "encode_view, encode_local: the global view and the four local views of a square photo of 1024 pixels; stock: "
    "SamPredictor.set_image in float32, once and four times."
)
MINI_NOTE = "mini_encode_photo: all five views of a square photo of 1024 pixels."


def official(lab: Lab, model: str, wanted: Collection[str]) -> Iterator[Row]:
    """Rows of one view in both number formats and of the local views in the lab's; wanted: names of rows."""
    photo = scenes.photo(lab.side, lab.side)
    formats = {dtype: row_name(model, what) for dtype, what in VIEWS.items()}
    formats = {dtype: name for dtype, name in formats.items() if name in wanted}
    local = row_name(model, LOCAL)
    loaded = {
        dtype: lab.load(model, dtype) for dtype in {*formats, *([lab.format] if local in wanted else [])}
    }
    stock = lab.stock(next(iter(loaded.values())))
    sides = {"stock": Side(lambda: stock.set_image(photo))}
    for dtype, name in formats.items():
        sides[name] = Side(lambda ours=loaded[dtype]: next(iter(ours.set_image(photo))))
    if local in wanted:
        sides[local] = _local_views(loaded[lab.format], photo)
    times = interleave(sides, repeats=lab.repeats, device=lab.place, progress=lab.progress)
    for dtype, name in formats.items():
        yield times[name].row(name, times[name].over(times["stock"]), loaded[dtype].info)
    if local in wanted:
        yield times[local].row(local, times[local].over(times["stock"], 4), loaded[lab.format].info)


def mini(lab: Lab, name: str) -> Iterator[Row]:
    """The row of a photo that the embedded model encodes."""
    photo, ours = scenes.photo(lab.side, lab.side), lab.load("mini")
    sides = {name: Side(lambda: exhaust(ours.set_image(photo)))}
    times = interleave(sides, repeats=lab.repeats, device=lab.place, progress=lab.progress)
    yield times[name].row(name, None, ours.info)


def exhaust(steps: Iterator) -> None:
    """Encode what is left."""
    deque(steps, maxlen=0)


def _local_views(ours: Predictor, photo) -> Side:
    steps = iter(())

    def encode_global() -> None:
        nonlocal steps
        steps = iter(ours.set_image(photo))
        next(steps)

    return Side(lambda: exhaust(steps), prepare=encode_global)
