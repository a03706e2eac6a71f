"""What is made of SAM's answer: its candidates as thumbnails, of which SAMA refines the chosen one, and whose matte is
shown; a `gr.HTML` component.

Event: `input` (another choice). Prop that the server sets: `offer` {key, seq, chosen, items, trained, grey}, where
`key` names the photo, `seq` the prompts, an item is {src, score}, `trained` says whether there are weights of SAMA's,
and `grey` that the matte is grey inside (`grey.py`), so that the page asks whether the object is solid.
Props that never change: `methods`, a list of {name, label, title, note}, where mattes may come from, the first unless
another is chosen; `opaque`, the name of the one that makes a solid object opaque: that is said of one photo's object,
never of the next.
"""

from typing import Any

import numpy as np
from gradio.data_classes import GradioModel
from PIL import Image
from pydantic import field_validator

from sama import methods
from sama.export.palette import SAM_COLOUR
from sama.methods.base import OWN_ALPHA
from sama.photo.resize import fit_within
from sama.predict.answer import Answer, ModelInfo
from sama.ui.candidates.grey import is_grey
from sama.ui.component import DataComponent
from sama.ui.component.data import Whole
from sama.ui.pictures import mask_url

OPAQUE = "solid"  # the method for objects that let nothing through
SIDE = 96  # of a thumbnail's mask, the longer one, in pixels


class ChoiceData(GradioModel):
    """What travels between page and server: the candidate number `index` of the answer to prompts number `seq`, and
    the method that mattes come from, for the photo `matte_for` alone or, where that is empty, for all, and whether they
    keep their haze, see `sama.matting.haze`."""

    seq: Whole = -1
    index: Whole = 0
    matte: str = "sama"
    keep_haze: bool = False
    matte_for: str = ""

    @field_validator("matte")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in {method.name for method in methods.mattes()}:
            raise ValueError(f"no method of that name makes mattes: {name!r:.40}")
        return name

    def candidate(self, seq: int) -> int | None:
        """The choice while the prompts are still number `seq`; None, for SAM's best, once they have changed."""
        return self.index if seq == self.seq else None

    def method(self, info: ModelInfo, key: str | None = None, *, transparent: bool = False) -> str:
        """Where the matte of the photo `key` comes from; the model's own instead of what this model or photo cannot
        give, or what was chosen for another photo. transparent: whether the photo's file has a transparency of its
        own."""
        offered = {method.name: method for method in methods.mattes(info)}
        chosen = offered.get(self.matte)
        there = chosen is not None and (transparent or OWN_ALPHA not in chosen.needs)
        return self.matte if there and self.matte_for in ("", key) else methods.default_method(info)


class Candidates(DataComponent):
    """The thumbnails and the switch."""

    NAME = "candidates"
    STYLES = ("candidates.css",)
    SCRIPTS = ("candidates.js",)
    CONSTANTS = {"opaque": OPAQUE}
    data_model = ChoiceData


def offer(answer: Answer, key: str, seq: int, *, trained: bool) -> dict[str, Any]:
    """Return the prop for an answer to prompts number `seq` on the photo `key`; some hundred bytes a candidate."""
    union = answer.union
    pairs = zip(union.masks, union.scores, strict=True)
    items = [
        {"src": mask_url(_small(mask), SAM_COLOUR), "score": round(float(score), 3)} for mask, score in pairs
    ]
    about = {"key": key, "seq": seq, "chosen": union.chosen, "items": items}
    return {**about, "trained": trained, "grey": trained and is_grey(answer)}


def _small(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool at thumbnail size: a pixel is set where at least half of it was."""
    size = fit_within(mask.shape[1], mask.shape[0], SIDE)
    grey = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)
    return np.asarray(grey) > 127
