"""A mask prompt from a file: a picture, or a data set in COCO's format.

Both come from other programs, so anything may be in them; whatever does not fit the photo is one sentence.
"""

import io
import json
import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama.errors import PromptError
from sama.photo.source import base_name, short_name
from sama.request.checks import MAX_MASK_PIXELS, Size

MAX_BYTES = 200_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
# Of JSON in UTF-8 and UTF-16, with and without a byte order mark.
_BEGINNINGS = (b"{", b"\xef\xbb\xbf{", b"\xff\xfe{\0", b"\xfe\xff\0{", b"{\0", b"\0{")


def read_mask(path: str | os.PathLike, size: Size, photo: str) -> np.ndarray:
    """Return the mask (H, W) bool in a file, for a photo of `size` (width, height) called `photo`.

    A picture marks the object where it is light, or opaque if it has transparency; a mask of 0 and 1 is one, too. Of a
    COCO data set all annotations of the photo are taken together: of the one with its name, else of the only one.
    Raises PromptError.
    """
    name = short_name(Path(path).name)
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
    return _picture_mask(data, name, size)


def _picture_mask(data: bytes, name: str, size: Size) -> np.ndarray:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Exception as error:  # a damaged file may raise anything in Pillow
        raise PromptError(
            f"The mask {name} is neither a picture nor a COCO file; give a PNG that is white on the object."
        ) from error
    _check_size(name, image.size, size)
    try:
        return _inside(image)
    except Exception as error:  # as above
        raise PromptError(f"The mask {name} is damaged; save it again.") from error


def _inside(image: Image.Image) -> np.ndarray:
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
        if (alpha < 255).any():
            return alpha > 127
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        whole = 1.0 if values.max() <= 1 else 255.0 if values.max() <= 255 else 65535.0
    else:
        # Of a palette the colours count: black stands for what is not marked, in whatever order they are.
        values = np.asarray(image.convert("L"))
        whole = 1.0 if values.max() <= 1 else 255.0
    return values > whole / 2


def _check_size(name: str, size: Size, photo: Size) -> None:
    if tuple(size) != tuple(photo):
        raise PromptError(
            f"The mask {name} is {size[0]} x {size[1]} pixels and the upright photo {photo[0]} x {photo[1]}; "
            "make them equal."
        )
    if size[0] * size[1] > MAX_MASK_PIXELS:
        raise PromptError(f"The mask {name} is over {MAX_MASK_PIXELS:,} pixels; use a smaller photo.")


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
            _check_size(name, (columns, rows), size)
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
