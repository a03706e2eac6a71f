"""Data sets in COCO's format: which annotations a photo has, their boxes, and the pixels that they mark.

They come from other programs, so anything may be in them; whatever does not fit the photo is one sentence.
"""

import json
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sama.errors import PromptError
from sama.photo.source import base_name, short_name
from sama.request import checks as check
from sama.request.checks import Box
from sama.request.masks import Size, check_size

MAX_BYTES = 200_000_000

Annotation = dict[str, Any]


def contents(path: str | os.PathLike, called: str, remedy: str) -> bytes:
    """Read a file of at most MAX_BYTES; called: what sentences begin with; remedy: for a larger one. Raises
    PromptError."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise PromptError(f"{called} cannot be read ({reason}); check its path.") from error
    if len(data) > MAX_BYTES:
        raise PromptError(f"{called} is over {MAX_BYTES / 1e6:g} MB; {remedy}.")
    return data


class Dataset:
    """A data set, read once and asked photo by photo."""

    def __init__(self, data: bytes, called: str):
        """data: the file; called: what sentences begin with. Raises PromptError for what is no data set."""
        self.called = called
        try:
            whole = json.loads(data)  # as bytes: with a byte order mark or without, UTF-8 or UTF-16
            names = {each["id"]: str(each.get("file_name", "")) for each in whole["images"]}
            self._annotations: dict[Any, list[Annotation]] = {key: [] for key in names}
            for each in whole["annotations"]:
                if each["image_id"] in names:
                    each.get("segmentation")
                    self._annotations[each["image_id"]].append(each)
            categories = whole.get("categories") or []
            self._categories = {each["id"]: str(each.get("name", "")) for each in categories}
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise PromptError(_damaged(called)) from error
        self._keys: dict[str, list[Any]] = {}
        for key, name in names.items():
            self._keys.setdefault(same_name(base_name(name)), []).append(key)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Dataset":
        """Read a file; raises PromptError."""
        name = short_name(Path(path).name)
        return cls(contents(path, f"The file {name}", "split it"), f"The file {name}")

    def annotations(self, photo: str, *, alone: bool = False) -> list[Annotation]:
        """What is annotated of the photo called so, at least one; alone: else of the only photo, whatever its name.
        Raises PromptError."""
        here = self._keys.get(same_name(photo), [])
        if not here and not (alone and len(self._annotations) == 1):
            raise PromptError(f"{self.called} has no photo called {short_name(photo)}; check its file_name.")
        found = [each for key in here or self._annotations for each in self._annotations[key]]
        if not found:
            raise PromptError(f"{self.called} has no annotation of this photo; choose another file.")
        return found

    def name(self, annotation: Annotation) -> str:
        """What an annotation calls its object: its own name, else its category's, else nothing."""
        own = annotation.get("name")
        return own if isinstance(own, str) else self._categories.get(annotation.get("category_id"), "")


def same_name(name: str) -> str:
    """A file's name as it compares: macOS writes an accent as a letter of its own, others do not."""
    return unicodedata.normalize("NFC", name)


def box_in(annotation: Annotation, called: str) -> Box | None:
    """The corners of an annotation's bbox, which is x, y, width, height; None where it has none. Raises PromptError."""
    given = annotation.get("bbox")
    if not given:
        return None
    try:
        x, y, width, height = (float(value) for value in given)
    except (TypeError, ValueError) as error:
        raise PromptError(
            f"{called} has a bbox that is not x, y, width, height in pixels; correct it."
        ) from error
    return check.box((x, y, x + width, y + height))


def united(annotations: Iterable[Annotation], called: str, size: Size) -> np.ndarray:
    """The pixels (H, W) bool that any of the annotations' segmentations marks, of a photo of size (width, height).
    Raises PromptError."""
    try:
        return _united([each.get("segmentation") for each in annotations], called, size)
    except PromptError:
        raise
    except Exception as error:  # pycocotools raises whatever its C code meets
        raise PromptError(_damaged(called)) from error


def _damaged(called: str) -> str:
    return f"{called} is not a COCO data set; give one with images and annotations."


def _united(shapes: Iterable[Any], name: str, size: Size) -> np.ndarray:
    """The pixels that any of COCO's segmentations marks: compressed or plain run lengths, or lists of polygons."""
    width, height = size
    mask = np.zeros((height, width), bool)
    for shape in shapes:
        if isinstance(shape, dict):
            rows, columns = (int(each) for each in shape["size"])
            check_size((columns, rows), size, name)
            counts = shape["counts"]
            mask |= _filled(counts if isinstance(counts, list) else _lengths(str(counts)), size)
        elif not isinstance(shape, list):
            raise ValueError("no segmentation")
        else:
            mask |= _drawn([np.array(each, float) for each in shape if len(each) >= 6], size)
    return mask


def _lengths(text: str) -> list[int]:
    """The run lengths in COCO's compressed text; its own C code would write wherever a false one leads."""
    lengths, value, bits = [], 0, 0
    for letter in text.encode("ascii"):
        digit = letter - 48
        if not 0 <= digit < 64 or bits > 60:
            raise ValueError("no run lengths")
        value |= (digit & 31) << bits
        bits += 5
        if not digit & 32:
            if digit & 16:
                value -= 1 << bits
            lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
            value = bits = 0
    return lengths


def _filled(counts: list[int], size: Size) -> np.ndarray:
    """Runs outside and inside in turn, down the columns, as (H, W) bool; they must fill the picture exactly."""
    lengths = np.array(counts)
    sound = lengths.ndim == 1 and lengths.dtype.kind in "iu" and (lengths >= 0).all()
    if not sound or lengths.sum() != size[0] * size[1]:
        raise ValueError("run lengths that do not fill the picture")
    inside = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return inside.reshape(size).T


def _drawn(polygons: list[np.ndarray], size: Size) -> np.ndarray:
    """Polygons x, y, x, y, ... filled by COCO's own rule, as (H, W) bool."""
    from pycocotools import mask as coco

    width, height = size
    if not polygons:
        return np.zeros((height, width), bool)
    if not all(each.ndim == 1 and np.isfinite(each).all() for each in polygons):
        raise ValueError("a polygon of no numbers")
    far = 2 * max(size)  # the C code walks along every edge, however long
    within = [each.clip(-far, far).tolist() for each in polygons]
    return coco.decode(coco.merge(coco.frPyObjects(within, height, width))) > 0
