"""What is made of SAM's answer: its candidates as thumbnails, of which SAMA refines the chosen one, and whose matte is
shown; a `gr.HTML` component.

Event: `input` (another choice). Prop that the server sets: `offer` {key, seq, chosen, items, trained}, where `key`
names the photo, `seq` the prompts, an item is {src, score}, and `trained` says whether there is a choice of mattes.
"""

from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
import numpy as np
from gradio.data_classes import GradioModel
from PIL import Image

from sama.palette import SAM_COLOUR
from sama.ui.pictures import mask_url
from sama.ui.prompter import asset, script

if TYPE_CHECKING:
    from sama.prediction import ModelInfo, Prediction

SIDE = 96  # of a thumbnail's mask, the longer one, in pixels


class ChoiceData(GradioModel):
    """What travels between page and server: the candidate number `index` of the answer to prompts number `seq`, and
    where mattes come from, `sama` or `closed_form`."""

    seq: int = -1
    index: int = 0
    matte: Literal["sama", "closed_form"] = "sama"

    def candidate(self, seq: int) -> int | None:
        """The choice while the prompts are still number `seq`; None, for SAM's best, once they have changed."""
        return self.index if seq == self.seq else None

    def method(self, info: "ModelInfo") -> str:
        """Where the matte comes from; without SAMA's weights there is no choice."""
        return self.matte if info.trained else info.matte_method


_SCHEMA = ChoiceData.model_json_schema()  # Gradio asks for it several times at every update


class Candidates(gr.HTML):
    """The thumbnails and the switch."""

    data_model = ChoiceData

    def __init__(self, value: Any = None, **props: Any):
        """value: None or ChoiceData; props: see the module, and whatever `gr.HTML` takes."""
        props.setdefault("html_template", asset("candidates.html"))
        props.setdefault("css_template", asset("candidates.css"))
        props.setdefault("js_on_load", script("candidates.js"))
        props.setdefault("apply_default_css", False)
        super().__init__(value, **props)

    def preprocess(self, payload: ChoiceData | None) -> ChoiceData:
        """Return the page's value."""
        return payload or ChoiceData()

    def postprocess(self, value: ChoiceData | None) -> ChoiceData:
        """Return the value for the page."""
        return value or ChoiceData()

    def api_info(self) -> dict[str, Any]:
        """The schema of the value."""
        return dict(_SCHEMA)

    def example_payload(self) -> dict[str, Any]:
        """No choice."""
        return ChoiceData().model_dump()

    def example_value(self) -> dict[str, Any]:
        """No choice."""
        return ChoiceData().model_dump()


def offer(prediction: "Prediction", key: str, seq: int, *, trained: bool) -> dict[str, Any]:
    """Return the prop for an answer to prompts number `seq` on the photo `key`; some hundred bytes a candidate."""
    pairs = zip(prediction.sam_masks, prediction.sam_scores, strict=True)
    items = [
        {"src": mask_url(_small(mask), SAM_COLOUR), "score": round(float(score), 3)} for mask, score in pairs
    ]
    return {"key": key, "seq": seq, "chosen": prediction.chosen, "items": items, "trained": trained}


def _small(mask: np.ndarray) -> np.ndarray:
    """A mask (H, W) bool at thumbnail size: a pixel is set where at least half of it was."""
    scale = min(1, SIDE / max(mask.shape))
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    grey = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)
    return np.asarray(grey) > 127
