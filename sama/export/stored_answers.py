"""Answers computed ahead, one PNG beside each example photo, so that showing an example asks no model.

A file holds, from top to bottom, planes of bytes at the preview's size: the logits of SAM's chosen mask and of SAMA's,
the matte, its trimap where the head has told one, and SAM's other candidates. Logits keep their sign exactly, so the
masks are lossless. A text entry of the PNG says what it was computed from; an answer to anything else is none.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sama.photo.resize import fit_within
from sama.predict.answer import ALPHA, SAM, SAMA, TRIMAP, Answer, ObjectAnswer

if TYPE_CHECKING:
    from sama.predict.answer import ModelInfo
    from sama.request.prompts import Prompts

PREVIEW_SIDE = 1024  # longer side of the pictures that the studio works on, in pixels
FORMAT = 1
_ENTRY = "sama"
_RANGE = 8.0  # logits beyond this are as good as certain


@dataclass(frozen=True)
class Source:
    """What an answer was computed from: the digest of the photo's pixels, the prompts, the weights, the size (width,
    height) of the answer."""

    photo: str
    prompts: "Prompts"
    weights: str
    size: tuple[int, int]

    @property
    def key(self) -> str:
        """Differs when any of it differs."""
        parts = [FORMAT, self.photo, self.prompts.to_dict(), self.weights, *self.size]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def source(photo: str, prompts: "Prompts", info: "ModelInfo", size: tuple[int, int]) -> Source:
    """Return the source of a model's answer; photo: digest of its pixels, size: (width, height) of the preview."""
    return Source(photo, prompts, info.weights_digest, size)


def path_of(photo: Path) -> Path:
    """Return where the answer to an example photo is stored."""
    return photo.parent / "answers" / f"{photo.stem}.png"


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of a photo's preview, (width, height): at most PREVIEW_SIDE, never more than the photo's."""
    return fit_within(width, height, PREVIEW_SIDE)


def save(path: Path, answer: Answer, of: Source) -> None:
    """Write an answer, all its objects as one; raises ValueError for one without SAMA's mask and matte."""
    union = answer.union
    if SAMA not in union.layers or ALPHA not in union.layers:
        raise ValueError("only complete answers are stored")
    others = [mask for i, mask in enumerate(union.masks) if i != union.chosen]
    planes = [_to_bytes(union.layers[SAM]), _to_bytes(union.layers[SAMA])]
    shares = [union.layers[name] for name in (ALPHA, TRIMAP) if name in union.layers]
    planes += [np.rint(share * 255).astype(np.uint8) for share in shares]
    planes += [mask.astype(np.uint8) * 255 for mask in others]
    about = {
        "key": of.key,
        "scores": [round(float(score), 4) for score in union.scores],
        "chosen": union.chosen,
        "matte": answer.method,
        "trimap": TRIMAP in union.layers,
    }
    entry = PngInfo()
    entry.add_text(_ENTRY, json.dumps(about))
    partial = path.with_name(
        f".{path.name}.partial"
    )  # aside, so that whoever is cut off leaves the one before
    try:
        Image.fromarray(np.concatenate(planes)).save(partial, "PNG", optimize=True, pnginfo=entry)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load(path: Path, of: Source) -> Answer | None:
    """Read an answer, as one object; None where there is none, or it answers something else."""
    try:
        with Image.open(path) as image:
            about = json.loads(image.info[_ENTRY])
            if about["key"] != of.key:
                return None
            stack = np.asarray(image)
    except (OSError, KeyError, ValueError, AttributeError):
        return None
    width, height = of.size
    sam, sama, alpha, *others = stack.reshape(-1, height, width)
    trimap = others.pop(0) if about.get("trimap") else None
    masks = [other > 127 for other in others]
    masks.insert(about["chosen"], sam > 127)
    layers = {
        SAM: _to_logits(sam),
        SAMA: _to_logits(sama),
        ALPHA: alpha.astype(np.float32) / np.float32(255),
    }
    if trimap is not None:
        layers[TRIMAP] = np.rint(trimap / 127.5).astype(np.float32) / np.float32(2)
    scores = np.array(about["scores"], np.float32)
    found = ObjectAnswer(of.prompts, np.stack(masks), scores, about["chosen"], layers)
    return Answer(about["matte"], (found,))


def _to_bytes(logits: np.ndarray) -> np.ndarray:
    """Logits (H, W) as bytes: above 127 exactly where they are positive."""
    steps = np.minimum(np.abs(logits) / _RANGE, 1) * 127
    return np.where(logits > 0, 128 + np.floor(steps), 127 - np.floor(steps)).astype(np.uint8)


def _to_logits(values: np.ndarray) -> np.ndarray:
    return (values.astype(np.float32) - np.float32(127.5)) * np.float32(_RANGE / 127.5)
