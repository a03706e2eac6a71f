"""A mask prompt from a file: a picture, or a data set in COCO's format.

Both come from other programs, so anything may be in them; whatever does not fit the photo is one sentence.
"""

import json
import os
from pathlib import Path

import numpy as np

from sama.errors import PhotoError, PromptError
from sama.photo.source import short_name
from sama.request.coco_files import MAX_BYTES, Dataset, contents, united
from sama.request.masks import Size, open_mask

# Of JSON in UTF-8 and UTF-16, with and without a byte order mark.
_BEGINNINGS = (b"{", b"\xef\xbb\xbf{", b"\xff\xfe{\0", b"\xfe\xff\0{", b"{\0", b"\0{")


def read_mask(path: str | os.PathLike, size: Size, photo: str, *, name: str | None = None) -> np.ndarray:
    """Return the mask (H, W) in a file, bool or float32 logits, for a photo of `size` (width, height) called `photo`.

    A picture is what `open_mask` takes. Of a COCO data set all annotations of the photo are taken together: of the one
    with its name, else of the only one. name: what the file is called, where not as it lies there. Raises PromptError.
    """
    name = short_name(name or Path(path).name)
    data = contents(path, f"The mask {name}", "save it as PNG")
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
    annotations = Dataset(data, f"The mask {name}").annotations(photo, alone=True)
    return united(annotations, f"The mask {name}", size)
