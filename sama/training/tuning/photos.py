"""The photographs that somebody fine-tunes on: which there are, which teach, which check and which are held out."""

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.photo.opening import MAX_PIXELS, open_image
from sama.training.data.sources import Folder, LabelledPhoto, open_photo, pairs_of

LEAST = 6  # photographs: with fewer, a third and a sixth of them are nothing
HELD_OUT = 1 / 3
CHECKED = 1 / 6  # of those that are not held out
BAND = 2  # pixels on either side of a drawn edge that are not taught


@dataclass(frozen=True)
class OwnPhoto:
    """A photograph and its truth; digest: of the upright pixels, `Photo.digest`; truth_digest: of the truth's bytes."""

    photo: Path
    truth: Path
    digest: str
    truth_digest: str

    @property
    def name(self) -> str:
        """What both files are called, as evaluations call them."""
        return unicodedata.normalize("NFC", self.photo.stem)

    def read(self) -> LabelledPhoto:
        """The photograph, upright, with its labels or matte. Raises SamaError."""
        rgb = Image.fromarray(open_image(self.photo).rgb)
        return open_photo(self.photo, self.truth, Folder("", band=BAND), rgb)


@dataclass(frozen=True)
class Split:
    """`taught` photographs change the weights, `checked` ones choose which of the weights on the way are kept, and
    `held_out` ones are answered before and after alone."""

    taught: tuple[OwnPhoto, ...]
    checked: tuple[OwnPhoto, ...]
    held_out: tuple[OwnPhoto, ...]


def truth_of(folder: Path) -> str:
    """What tells the truth in a folder: `labels` where there are some, which tell objects apart, else `alphas`.

    Raises SamaError where there is neither.
    """
    for truth in ("labels", "alphas"):
        if pairs_of(folder, truth):
            return truth
    raise SamaError(
        f"{folder} has no images/ with labels/ or alphas/ of the same names; put photographs and their masks there."
    )


def photos_of(folder: Path, *, max_pixels: int = MAX_PIXELS) -> list[OwnPhoto]:
    """The photographs of a folder that have a truth, in the order of their digests, each once however often it is
    there. Raises SamaError."""
    found: dict[str, OwnPhoto] = {}
    for photo, truth in pairs_of(folder, truth_of(folder)):
        digest = open_image(photo, max_pixels=max_pixels).digest
        found[digest] = OwnPhoto(photo, truth, digest, hashlib.sha256(truth.read_bytes()).hexdigest())
    return [found[digest] for digest in sorted(found)]


def split(photos: list[OwnPhoto], held_out: list[OwnPhoto] | None = None) -> Split:
    """Hold out a third, by the digests alone: the same photographs are held out whatever else is in the folder's order.

    held_out: photographs of another folder to hold out instead; those among `photos` are left out of them. Raises
    SamaError for too few.
    """
    given = held_out is not None
    if given:
        shown = {photo.digest for photo in held_out or ()}
        photos = [photo for photo in photos if photo.digest not in shown]
    least = LEAST * 2 // 3 if given else LEAST
    if len(photos) < least:
        raise SamaError(f"There are {len(photos)} photographs to learn from; give at least {least}.")
    mixed = sorted(photos, key=lambda photo: hashlib.sha256(photo.digest.encode()).digest())
    kept = held_out if held_out is not None else mixed[: max(1, round(len(mixed) * HELD_OUT))]
    rest = mixed if given else mixed[len(kept) :]
    checks = max(1, round(len(rest) * CHECKED))
    return Split(tuple(rest[checks:]), tuple(rest[:checks]), tuple(kept))


def around(photo: LabelledPhoto, rng: np.random.Generator, margins: tuple[float, float]) -> LabelledPhoto:
    """A square-like part of a photograph around one of its objects, `margins` times as large as that: what a closer
    look shows. The photograph itself where it shows none."""
    labels = photo.labels
    objects = np.unique(labels[labels > 0])
    if not len(objects):
        return photo
    rows, columns = np.nonzero(labels == rng.choice(objects))
    height, width = labels.shape
    side = max(np.ptp(rows), np.ptp(columns), 16) * rng.uniform(*margins)
    x = rng.uniform(columns.max() - side, columns.min()) if side > np.ptp(columns) else columns.min()
    y = rng.uniform(rows.max() - side, rows.min()) if side > np.ptp(rows) else rows.min()
    x0, y0 = int(np.clip(x, 0, max(0, width - side))), int(np.clip(y, 0, max(0, height - side)))
    x1, y1 = min(width, int(x0 + side) + 1), min(height, int(y0 + side) + 1)
    window = slice(y0, y1), slice(x0, x1)
    return LabelledPhoto(
        photo.rgb.crop((x0, y0, x1, y1)),
        labels[window],
        photo.folder,
        None if photo.void is None else photo.void[window],
        None if photo.alpha is None else photo.alpha[window],
        photo.path,
    )
