"""Checks of single prompt values: each returns a clean value or raises PromptError."""

import base64
import io
import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from sama.errors import PromptError
from sama.request.masks import SURE, Size

MAX_MASK_PIXELS = 200_000_000
MAX_POINTS, MAX_BOXES = 1000, 100  # each box is decoded by itself, and may be looked at more closely

Point = tuple[float, float, int]
Box = tuple[float, float, float, float]


def sequence(value: Any, what: str) -> Sequence:
    """Return value if it is a list, a tuple or an array."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return value
    raise PromptError(f"The {what} must be a list of numbers.")


def points_of(value: Any) -> Sequence:
    """Return value if it is a list of at most MAX_POINTS."""
    return _at_most(sequence(value, "points"), MAX_POINTS, "points")


def boxes_of(value: Any) -> Sequence:
    """Return value if it is a list of at most MAX_BOXES."""
    return _at_most(sequence(value, "boxes"), MAX_BOXES, "boxes")


def _at_most(values: Sequence, most: int, what: str) -> Sequence:
    if len(values) > most:
        raise PromptError(f"There are {len(values)} {what} and the limit is {most}; leave some out.")
    return values


def numbers(value: Any, count: int, what: str) -> tuple[float, ...]:
    """Return `count` finite floats."""
    values = sequence(value, what)
    if len(values) != count:
        raise PromptError(f"A {what} has {count} numbers, not {len(values)}; correct it.")
    if not all(isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in values):
        raise PromptError(f"A {what} must be made of numbers; correct it.")
    try:
        floats = tuple(float(v) for v in values)
    except OverflowError:
        floats = (math.inf,)
    if not all(map(math.isfinite, floats)):
        raise PromptError(f"A {what} must not contain NaN or infinity; correct it.")
    return floats


def point(value: Any) -> Point:
    """Return (x, y, label) with label 0 or 1."""
    x, y, label = numbers(value, 3, "point")
    if label not in (0, 1):
        raise PromptError(f"The label of a point is 1 (object) or 0 (background), not {label:g}; correct it.")
    return x, y, int(label)


def point_inside(value: Any, size: Size) -> Point:
    """Return (x, y, label) within the photo, its far edges included."""
    x, y, label = point(value)
    width, height = size
    if not (0 <= x <= width and 0 <= y <= height):
        raise PromptError(
            f"The point ({x:g}, {y:g}) lies outside the photo of {width} x {height} pixels; click inside it."
        )
    return x, y, label


def box(value: Any) -> Box:
    """Return (x0, y0, x1, y1), not yet ordered or clipped."""
    x0, y0, x1, y1 = numbers(value, 4, "box")
    return x0, y0, x1, y1


def box_inside(value: Any, size: Size) -> Box:
    """Return (x0, y0, x1, y1), ordered and clipped to the photo."""
    xa, ya, xb, yb = numbers(value, 4, "box")
    (x0, x1), (y0, y1) = sorted((xa, xb)), sorted((ya, yb))
    text = f"({x0:g}, {y0:g}, {x1:g}, {y1:g})"
    if x0 == x1 or y0 == y1:
        raise PromptError(f"The box {text} has no area; draw it from corner to corner.")
    width, height = size
    clipped = max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))
    if clipped[0] >= clipped[2] or clipped[1] >= clipped[3]:
        raise PromptError(
            f"The box {text} lies outside the photo of {width} x {height} pixels; draw it inside."
        )
    return clipped


def mask_of_size(mask: Any, size: Size) -> np.ndarray:
    """Return a mask (H, W) as bool or float32; NaN and masks that mark nothing are refused."""
    width, height = size
    if not isinstance(mask, np.ndarray) or mask.dtype.kind not in "bf":
        raise PromptError("The mask prompt must be an array of booleans or of float logits.")
    if mask.shape != (height, width):
        raise PromptError(
            f"The mask prompt must have the photo's size, {width} x {height} pixels; resize it."
        )
    if mask.dtype.kind == "f":
        mask = mask.astype(np.float32)
        if not np.isfinite(mask).all():
            raise PromptError("The mask prompt must not contain NaN or infinity; correct it.")
    if not (mask > 0).any():
        raise PromptError("The mask prompt marks no pixel; paint the object or leave it out.")
    return mask


def shown(text: str, most: int = 80) -> str:
    """Return text from a file as a sentence may hold it: in one line, of letters that can be printed and sent."""
    return "".join(c for c in text if c.isprintable())[:most]


def known_keys(data: Any, names: set[str], what: str) -> dict[str, Any]:
    """Return data if it is a dict with no key beside `names`."""
    if not isinstance(data, dict):
        raise PromptError(f"The {what} must be a JSON object; save the session again.")
    if unknown := [key for key in data if key not in names]:
        raise PromptError(f"The {what} has an unknown entry {unknown[0]!r:.40}; remove it.")
    return data


def encode_mask(mask: np.ndarray) -> str:
    """Return a mask (H, W) as base64 text of a PNG: 1 bit for a bool one, grey for logits, above 127 where positive."""
    buffer = io.BytesIO()
    mask_picture(mask).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def mask_picture(mask: np.ndarray) -> Image.Image:
    """Return a mask (H, W), bool or logits, as a picture of 1 bit or of 256 greys."""
    if mask.dtype == bool:
        return Image.fromarray(mask)
    share = (np.clip(mask / np.float32(SURE), -1, 1) + 1) * np.float32(127.5)
    return Image.fromarray(np.where(mask > 0, np.ceil(share - 0.01), np.floor(share + 0.01)).astype(np.uint8))


def decode_mask(text: Any, size: Size | None) -> np.ndarray:
    """Return the mask (H, W) in base64 text of a PNG, bool, or float32 logits where it is grey; the size is checked
    before decoding."""
    damaged = "The mask prompt is damaged; save the session again."
    if not isinstance(text, str):
        raise PromptError(damaged)
    try:
        image = PngImagePlugin.PngImageFile(io.BytesIO(base64.b64decode(text, validate=True)))
    except Exception as error:  # a damaged file may raise anything in Pillow
        raise PromptError(damaged) from error
    width, height = image.size
    if size is not None and image.size != tuple(size):
        raise PromptError(
            f"The mask prompt must have the photo's size, {size[0]} x {size[1]} pixels; resize it."
        )
    if width * height > MAX_MASK_PIXELS:
        raise PromptError(f"The mask prompt is over {MAX_MASK_PIXELS:,} pixels; use a smaller photo.")
    try:
        grey = np.asarray(image.convert("L"))
    except Exception as error:  # as above
        raise PromptError(damaged) from error
    hard = np.isin(grey, (0, 255)).all()
    return grey > 127 if hard else (grey / np.float32(127.5) - 1) * np.float32(SURE)
