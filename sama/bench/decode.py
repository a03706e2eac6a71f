"""One click: SAM's answer, and SAMA's on top of it."""

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np

from sama.bench import scenes
from sama.bench.encode import exhaust
from sama.bench.lab import Lab
from sama.bench.rows import Row, row_name
from sama.bench.timing import Side, interleave
from sama.methods import answer
from sama.request.prompts import Prompts
from sama.request.request import Request

SAM, SAMA = "decode_sam", "decode_sama"
OFFICIAL_NOTE = (
    "decode_sam, decode_sama: an answer to one click, answered at 1024 x 1024 pixels; SAMA's includes SAM's; stock: "
    "SamPredictor.predict for the same click in float32."
)
MINI_NOTE = "mini_decode: SAM's and SAMA's answer to one click, at 1024 x 1024 pixels."


def official(lab: Lab, model: str, wanted: Collection[str]) -> Iterator[Row]:
    """Rows of one click, answered by SAM alone and by SAMA; wanted: names of rows."""
    photo, click = scenes.photo(lab.side, lab.side), _click(lab)
    ours = lab.load(model)
    exhaust(ours.set_image(photo))
    stock = lab.stock(ours)
    stock.set_image(photo)
    points, labels = np.array([click.prompts.points[0][:2]]), np.array([1])
    sides = {"stock": Side(lambda: stock.predict(points, labels, multimask_output=True))}
    for name, method in ((row_name(model, SAM), "sam"), (row_name(model, SAMA), "sama")):
        if name in wanted:
            asked = replace(click, method=method)
            sides[name] = Side(lambda asked=asked: answer(ours, asked))
    times = interleave(sides, repeats=lab.repeats, device=lab.place, progress=lab.progress)
    for name in list(sides)[1:]:
        yield times[name].row(name, times[name].over(times["stock"]), ours.info)


def mini(lab: Lab, name: str) -> Iterator[Row]:
    """The row of a click that the embedded model answers."""
    ours = lab.load("mini")
    exhaust(ours.set_image(scenes.photo(lab.side, lab.side)))
    click = _click(lab)
    sides = {name: Side(lambda: answer(ours, click))}
    times = interleave(sides, repeats=lab.repeats, device=lab.place, progress=lab.progress)
    yield times[name].row(name, None, ours.info)


def _click(lab: Lab) -> Request:
    return Request.of(Prompts(points=((lab.side / 2, lab.side / 2, 1),)), (lab.side, lab.side))
