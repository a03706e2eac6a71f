"""A mask prompt from a file: a picture, or a data set in COCO's format.

Both come from other programs, so anything may be in them; whatever does not fit the photo is one sentence.
"""

import json
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sama.errors import PhotoError, PromptError
from sama.photo.source import base_name, short_name
from sama.request.masks import Size, check_size, open_mask

MAX_BYTES = 200_000_000
# Of JSON in UTF-8 and UTF-16, with and without a byte order mark.
_BEGINNINGS = (b"{", b"\xef\xbb\xbf{", b"\xff\xfe{\0", b"\xfe\xff\0{", b"{\0", b"\0{")


def read_mask(path: str | os.PathLike, size: Size, photo: str, *, name: str | None = None) -> np.ndarray:
    """Return the mask (H, W) in a file, bool or float32 logits, for a photo of `size` (width, height) called `photo`.

    A picture is what `open_mask` takes. Of a COCO data set all annotations of the photo are taken together: of the one
    with its name, else of the only one. name: what the file is called, where not as it lies there. Raises PromptError.
    """
    name = short_name(name or Path(path).name)
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise PromptError(f"The mask {name} cannot be read ({reason}); check its path.") from error
    if len(data) > MAX_BYTES:
        raise PromptError(f"The mask {name} is over {MAX_BYTES / 1e6:g} MB; save it as PNG.")
    if data.lstrip(b" \t\r\n").startswith(_BEGINNINGS):
        return _coco_mask(data, name, size, photo)
    try:
        return open_mask(data, size, name=f"The mask {name}")
    except PhotoError as error:
        raise PromptError(f"{error} A mask is a picture, white on the object, or a COCO file.") from error


def holds_dataset(path: str | os.PathLike) -> bool:
    """Whether a file is a data set in COCO's format, or means to be one; a session file is none."""
    try:
        with Path(path).open("rb") as file:
            whole = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(whole, dict) and {"images", "annotations"} <= whole.keys()


def _coco_mask(data: bytes, name: str, size: Size, photo: str) -> np.ndarray:
    damaged = f"The mask {name} is not a COCO data set; give one with images and annotations."
    try:
        whole = json.loads(data)  # as bytes: with a byte order mark or without, UTF-8 or UTF-16
        images = {each["id"]: each for each in whole["images"]}
        annotations = [each for each in whole["annotations"] if each["image_id"] in images]
        names = {key: str(each.get("file_name", "")) for key, each in images.items()}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise PromptError(damaged) from error
    here = [key for key, called in names.items() if _same(base_name(called), photo)]
    if not here and len(images) > 1:
        raise PromptError(f"The mask {name} has no photo called {short_name(photo)}; check its file_name.")
    wanted = here or list(images)
    shapes = [each.get("segmentation") for each in annotations if each["image_id"] in wanted]
    if not shapes:
        raise PromptError(f"The mask {name} has no annotation of this photo; choose another file.")
    try:
        return _united(shapes, name, size)
    except PromptError:
        raise
    except Exception as error:  # pycocotools raises whatever its C code meets
        raise PromptError(damaged) from error


def _same(one: str, two: str) -> bool:
    """Whether two file names are one: macOS writes an accent as a letter of its own, others do not."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", two)


def _united(shapes: Iterable[Any], name: str, size: Size) -> np.ndarray:
    """The pixels that any of COCO's segmentations marks: compressed or plain run lengths, or lists of polygons."""
    width, height = size
    mask = np.zeros((height, width), bool)
    for shape in shapes:
        if isinstance(shape, dict):
            rows, columns = (int(each) for each in shape["size"])
            check_size((columns, rows), size, f"The mask {name}")
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
