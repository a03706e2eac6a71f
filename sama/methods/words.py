"""Words become boxes: zero-shot detectors of other projects, run from files that a person has fetched.

Grounding DINO (Liu et al. 2023, arXiv 2303.05499) and OWLv2 (Minderer et al. 2023, arXiv 2306.09683) through the
package transformers. A new detector is a function here, a line in DETECTORS and a record. Like methods of the field
none is downloaded without being asked for, and without one words are refused in one sentence.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from sama.errors import PromptError, WeightsError
from sama.methods.field import Place
from sama.methods.transformers_sam import pretrained
from sama.request.checks import Box
from sama.request.listing import MAX_NAME
from sama.weights.field_records import FIELD_RECORDS, absence, files_here

MOST = 20  # boxes of one question, the surest first
SAME = 0.5  # boxes that overlap by more, as intersection over union, are one
LONGEST = 200  # letters of a question
_loading = threading.Lock()


@dataclass(frozen=True)
class Detector:
    """A detector on a device, loaded: `ask` takes a photo (h, w, 3) uint8 and phrases, and gives boxes (n, 4) in its
    pixels, scores (n,) in [0, 1] and the phrase of each, which may be empty."""

    ask: Callable[[np.ndarray, list[str]], tuple[np.ndarray, np.ndarray, list[str]]]


@dataclass(frozen=True)
class Found:
    """One thing that was found: its box in pixels of the photo, the words for it, and how sure the detector is."""

    box: Box
    words: str
    score: float


def grounding_dino(place: Place) -> Detector:
    """Grounding DINO: all phrases in one sentence, in small letters, each closed by a full stop."""
    from transformers import (
        BertTokenizer,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        GroundingDinoProcessor,
    )

    model = pretrained(GroundingDinoForObjectDetection, place.files, place.device)
    tokenizer = BertTokenizer(vocab=str(place.files[2]))
    process: Any = GroundingDinoProcessor(GroundingDinoImageProcessor(), tokenizer)

    def ask(photo: np.ndarray, phrases: list[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
        text = " ".join(f"{phrase.lower()}." for phrase in phrases)
        inputs = process(images=photo, text=text, return_tensors="pt")
        out = _run(model, inputs)
        (found,) = process.post_process_grounded_object_detection(
            out, inputs["input_ids"], threshold=0.3, text_threshold=0.25, target_sizes=[photo.shape[:2]]
        )
        words = [_phrase_of(each, phrases) for each in found["text_labels"]]
        return found["boxes"].float().numpy(), found["scores"].float().numpy(), words

    return Detector(ask)


def owlv2(place: Place) -> Detector:
    """OWLv2: each phrase by itself, as `a photo of ...`; the photo padded to a square."""
    from transformers import CLIPTokenizer, Owlv2ForObjectDetection, Owlv2ImageProcessor, Owlv2Processor

    model = pretrained(Owlv2ForObjectDetection, place.files, place.device)
    side = model.config.vision_config.image_size
    tokenizer = CLIPTokenizer(
        vocab=str(place.files[2]), merges=str(place.files[3]), pad_token="!", model_max_length=16
    )
    process: Any = Owlv2Processor(Owlv2ImageProcessor(size={"height": side, "width": side}), tokenizer)

    def ask(photo: np.ndarray, phrases: list[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
        asked = [[f"a photo of {phrase}" for phrase in phrases]]
        inputs = process(images=photo, text=asked, return_tensors="pt")
        out = _run(model, inputs)
        (found,) = process.post_process_grounded_object_detection(
            out, threshold=0.2, target_sizes=[photo.shape[:2]], text_labels=[phrases]
        )
        return found["boxes"].float().numpy(), found["scores"].float().numpy(), found["text_labels"]

    return Detector(ask)


DETECTORS: dict[str, Callable[[Place], Detector]] = {"grounding_dino": grounding_dino, "owlv2": owlv2}


def absent() -> str:
    """Why no detector can run here, and how to get one: one sentence, empty where there is one."""
    sentences = [_absence(name) for name in DETECTORS]
    return "" if "" in sentences else sentences[0]


def present() -> list[str]:
    """The detectors that can run here, the first of them being the default."""
    return [name for name in DETECTORS if not _absence(name)]


def phrases_of(text: str) -> list[str]:
    """What a person asks for, `a dog, two cats` being two things. Raises PromptError for nothing, or for an essay."""
    if len(text) > LONGEST:
        raise PromptError(f"The text has {len(text)} letters; ask for things in at most {LONGEST}.")
    phrases = [" ".join(part.split()) for part in re.split(r"[,.;\n]", text)]
    if not any(phrases):
        raise PromptError("The text names nothing; write what to find, such as: a dog, a cat.")
    return list(dict.fromkeys(phrase for phrase in phrases if phrase))


def find(
    photo: np.ndarray,
    text: str,
    photo_size: tuple[int, int] | None = None,
    *,
    detector: str | None = None,
    device: str = "cpu",
) -> list[Found]:
    """Return what a text names in a photo (h, w, 3) uint8, the surest first, at most MOST things.

    photo_size: (width, height) in whose pixels boxes are wanted, by default the photo's own. detector: a name of
    DETECTORS, by default the first that is here. Raises PromptError for a text that will not do and where nothing is
    found, WeightsError with what to do where no detector is here.
    """
    phrases = phrases_of(text)
    boxes, scores, words = _loaded_detector(detector, device).ask(photo, phrases)
    height, width = photo.shape[:2]
    across, down = photo_size or (width, height)
    x, y = across / width, down / height
    found = []
    for box, score, word in sorted(zip(boxes, scores, words, strict=True), key=lambda each: -each[1]):
        x0, x1 = (float(np.clip(v * x, 0, across)) for v in (box[0], box[2]))
        y0, y1 = (float(np.clip(v * y, 0, down)) for v in (box[1], box[3]))
        one = Found((x0, y0, x1, y1), (word or phrases[0])[:MAX_NAME], float(score))
        if x1 - x0 >= 1 and y1 - y0 >= 1 and all(_overlap(one.box, each.box) <= SAME for each in found):
            found.append(one)
    if not found:
        raise PromptError(f"Nothing here looks like {', '.join(phrases)}; use other words, or draw a box.")
    return found[:MOST]


def _absence(name: str) -> str:
    record = FIELD_RECORDS[name]
    return absence(record, here=files_here(record) is not None)


def _loaded_detector(name: str | None, device: str) -> Detector:
    if name is None:
        if sentence := absent():
            raise WeightsError(sentence)
        name = present()[0]
    if name not in DETECTORS:
        raise PromptError(f"There is no detector {name!r:.40}; choose {' or '.join(DETECTORS)}.")
    if sentence := _absence(name):
        raise WeightsError(sentence)
    with _loading:
        return _loaded(name, Place(device, tuple(files_here(FIELD_RECORDS[name]) or ())))


@lru_cache(maxsize=2)
def _loaded(name: str, place: Place) -> Detector:
    return DETECTORS[name](place)


def _run(model: Any, inputs: Any) -> Any:
    """The model's answer, moved to the CPU."""
    import torch

    device = next(model.parameters()).device
    with torch.inference_mode():
        out = model(**{name: value.to(device) for name, value in inputs.items()})
    for name in ("logits", "pred_boxes"):
        out[name] = out[name].float().cpu()
    return out


def _phrase_of(words: str, phrases: list[str]) -> str:
    """The phrase that a detector's words are part of, or the words themselves."""
    small = words.lower().strip(" .")
    return next((phrase for phrase in phrases if small and small in phrase.lower()), small)


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
