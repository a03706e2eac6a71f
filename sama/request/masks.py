"""Masks that somebody has: arrays and picture files of a photo's size, as masks or soft masks of prompts.

A prompt's mask is bool, or float32 logits for a soft one. How much of a soft mask a pixel has becomes a logit on a
straight line, as the matting head was trained: nothing is -SURE, a half is 0, and all is SURE.
"""

import io
import os

import numpy as np
from PIL import Image, ImageOps

from sama.errors import PromptError
from sama.photo.opening import MAX_PIXELS, Photo, open_image
from sama.photo.source import Source

SURE = 8.0  # logit of a mask that knows no doubt
_GREY = 6  # how far the channels of a picture that counts as grey may lie apart: JPEG moves them
_NEAR = 12  # steps of 255 from black or white that count as such
_PLAIN = 0.9  # share of a picture's pixels that are black or white where it looks like a mask

Size = tuple[int, int]


def mask_of(mask: object, size: Size | None = None) -> np.ndarray:
    """Return a mask (H, W), bool for a hard one and float32 logits for a soft one, from an array of it.

    bool; whole numbers of 0 and 1, or up to 255 (up to 65535 in 16 bits); floats in [0, 1]. size: (width, height) of
    the photo. Raises PromptError for anything else, and for a mask without an object.
    """
    values = np.asarray(mask)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "buif":
        raise PromptError(
            "A mask is an array (height, width) of booleans, of bytes, or of floats from 0 to 1."
        )
    if size is not None:
        check_size(values.shape[::-1], size, "The mask")
    if values.dtype.kind != "b":
        values = _soft(values)
    if not (values > 0).any():
        raise PromptError(
            "The mask marks nothing: no pixel of it is more than half white; paint the object white."
        )
    return values


def open_mask(source: Source, size: Size | None = None, *, name: str | None = None) -> np.ndarray:
    """Return a mask as `mask_of` does, from a picture file: white on black, grey for soft, or a cut-out's transparency.

    size: (width, height) of the photo. Raises PhotoError for a file that cannot be read, PromptError for one that is no
    mask of that photo.
    """
    most = MAX_PIXELS if size is None else max(MAX_PIXELS, size[0] * size[1])
    photo = open_image(source, name=name, max_pixels=most)
    if size is not None:
        check_size(photo.size, size, photo.name)
    grey = _numbers(source) if photo.rgb.max() <= 1 else None
    if grey is None:
        grey = _two_colours(photo)
    if grey is None:
        grey = photo.alpha if photo.alpha is not None else grey_of(photo.rgb)
    if grey is None:
        raise PromptError(f"{photo.name} is a coloured picture, not a mask; save the mask white on black.")
    try:
        return mask_of(grey)
    except PromptError as error:
        raise PromptError(f"{photo.name} marks nothing; paint the object white on black.") from error


def grey_of(rgb: np.ndarray) -> np.ndarray | None:
    """The greys (H, W) uint8 of a picture (H, W, 3) uint8; None for a coloured one."""
    low, high = rgb.min(axis=2), rgb.max(axis=2)
    return None if int((high - low).max()) > _GREY else rgb[..., 1]


def looks_like_mask(rgb: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) uint8 is black and white with little between, as masks and mattes are and photos are
    not; a smaller copy tells as well."""
    grey = grey_of(rgb)
    if grey is None:
        return False
    black, white = (int(np.count_nonzero(x)) for x in (grey <= _NEAR, grey >= 255 - _NEAR))
    return bool(black and white) and black + white >= _PLAIN * grey.size


def _numbers(source: Source) -> np.ndarray | None:
    """The numbers (H, W) of a picture with 16 bits and more, of which a photo would be black: 0 and 1, say. None for
    other pictures."""
    try:
        if not isinstance(source, bytes | str | os.PathLike):
            source.seek(0)
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            return np.asarray(ImageOps.exif_transpose(image)) if image.mode[0] in "IF" else None
    except (OSError, ValueError):
        return None


def _two_colours(photo: Photo) -> np.ndarray | None:
    """(H, W) bool of a picture in black and one other colour, whatever that is: labels of one object are often nearly
    black, or red. None for other pictures."""
    other = np.asarray(photo.rgb.any(axis=2))
    if photo.alpha is not None or other.all() or not other.any():
        return None
    first = photo.rgb[np.unravel_index(int(other.argmax()), other.shape)]
    return other if bool((photo.rgb[other] == first).all()) else None


def check_size(mask: Size, photo: Size, name: str) -> None:
    """Raise PromptError unless a mask has the photo's size; both (width, height)."""
    if tuple(mask) == tuple(photo):
        return
    sizes = f"{mask[0]} x {mask[1]} pixels and the upright photo {photo[0]} x {photo[1]}"
    if tuple(mask) == tuple(photo[::-1]):
        raise PromptError(f"{name} is {sizes}; turn it as the photo is.")
    raise PromptError(f"{name} is {sizes}; make them equal.")


def given_logits(mask: np.ndarray) -> np.ndarray:
    """Float32 logits (H, W) of a prompt's mask, bool or logits."""
    if mask.dtype == bool:
        return np.where(mask, np.float32(SURE), np.float32(-SURE))
    return mask.astype(np.float32, copy=False)


def shares_of(mask: np.ndarray) -> np.ndarray:
    """A prompt's mask (H, W), bool or logits, as `mask_of` takes it: logits as floats in [0, 1]."""
    return mask if mask.dtype == bool else np.clip(mask / np.float32(2 * SURE) + np.float32(0.5), 0, 1)


def _soft(values: np.ndarray) -> np.ndarray:
    """Numbers as a mask: bool where there is nothing between none and all."""
    if values.dtype.kind == "f":
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
            raise PromptError("A mask of floats has values from 0 to 1; scale it, or give it as booleans.")
        share = values.astype(np.float32)
    else:
        low, high = int(values.min()), int(values.max())
        most = 1 if high <= 1 else 255 if high <= 255 else 65535
        if low < 0 or high > most:
            raise PromptError("A mask of whole numbers has values from 0 to 255; give it as booleans.")
        share = values.astype(np.float32) / np.float32(most)
    if np.isin(share, (0, 1)).all():
        return share > 0.5
    return (2 * share - 1) * np.float32(SURE)
