"""True masks and mattes from files: what their values mean, and one sentence for each file that will not do."""

from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError

VOID = 255  # what many label maps call that which nobody decided
NAMED = 5  # files that one sentence lists


def open_picture(path: Path) -> Image.Image:
    """Open and decode a picture; raises SamaError for what is none or is damaged."""
    try:
        image = Image.open(path)
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        kind = path.suffix.lstrip(".").upper() or "picture"
        raise SamaError(f"{path} cannot be read as {kind} ({error}): save it again.") from error
    return image


def read_labels(path: Path) -> np.ndarray:
    """(H, W) int32 object ids, of a palette picture its indices; raises SamaError."""
    image = open_picture(path)
    if image.mode not in ("1", "L", "P") and not image.mode.startswith("I"):
        raise SamaError(f"{path} is a {image.mode} picture: save labels as a one-channel PNG of object ids.")
    return np.asarray(image).astype(np.int32)


def read_grey(path: Path) -> np.ndarray:
    """(H, W) uint8; raises SamaError."""
    image = open_picture(path)
    if image.mode not in ("1", "L"):
        raise SamaError(f"{path} is a {image.mode} picture: save it as an 8-bit grey PNG.")
    return np.asarray(image.convert("L"))


def read_matte(path: Path) -> np.ndarray:
    """(H, W) float32 in [0, 1]; raises SamaError."""
    return read_grey(path).astype(np.float32) / 255


def check_size(path: Path, shape: tuple[int, ...], photo_size: tuple[int, int] | None) -> None:
    """Raise SamaError unless a map of `shape` (H, W) has the upright photo's size (width, height), where that is
    known."""
    height, width = shape
    if photo_size is not None and (width, height) != photo_size:
        expected = "x".join(map(str, photo_size))
        raise SamaError(
            f"{path} is {width}x{height} but its upright photo is {expected}: make their sizes equal."
        )


def void_of(labels: np.ndarray, ignore: int | None) -> np.ndarray | None:
    """Where a label map (H, W) says that nobody decided, (H, W) bool; None for nowhere.

    ignore: the label that says so, 0 for none. None: 255 where the map holds other objects, too, and none above 255;
    where it holds nothing else, 255 is the object, as in masks of 0 and 255. Recipes of `sama train` mean the same by
    their key `ignore`.
    """
    value = VOID if ignore is None else ignore
    void = labels == value
    if value == 0 or not void.any():
        return None
    if ignore is not None:
        return void
    others = labels[~void]
    return void if others.max(initial=0) > 0 and others.max() <= VOID else None


def refuse(problems: list[tuple[str, SamaError]]) -> None:
    """Raise one SamaError for (file, what is wrong with it) of all files that will not do; nothing for none."""
    if not problems:
        return
    _, first = problems[0]
    if len(problems) == 1:
        raise first
    raise SamaError(f"{first} Nor will {listed([name for name, _ in problems[1:]])} do.") from first


def listed(names: list[str]) -> str:
    """The first few of many names, for a sentence."""
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + rest
