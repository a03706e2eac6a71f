"""A folder of photos and segmentation labels becomes one of mattes.

DIR/images/NAME.*       photos of any kind that can be opened
DIR/labels/NAME.png     a map of numbers, 0 for the background, or a mask
OUT/alphas/NAME.png     the matte of a label with one object; NAME_3.png that of number 3 where there are several
OUT/contact_sheet.png   photo, label, matte and cut-out of some of them

Whoever stops it goes on by running it again: mattes that are there are kept.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage
from tqdm import tqdm

from sama.commands.matte_sheet import row_of
from sama.errors import SamaError
from sama.evaluation.datasets import SMALLEST_OBJECT, by_stem
from sama.evaluation.pictures import read_labels
from sama.export.rows import Row, chosen, save_sheet
from sama.matting import to_uint8
from sama.methods.matte import matte
from sama.photo.folders import PHOTOS
from sama.photo.opening import MAX_PIXELS, Photo, open_image
from sama.predict.loading import Predictor
from sama.request.masks import SURE, check_size, open_mask, shares_of

MOST = 100  # numbers in one label; more are a grey mask that is taken for a label
DOUBT = 0.1  # how far from an object what is not known may be part of it, of the root of its area


@dataclass(frozen=True)
class Labels:
    """How labels are read: objects, `each` number or their `union`; soft: as masks; ignore: the number that means that
    it is not known whose a pixel is."""

    objects: str = "each"
    soft: bool = False
    ignore: int | None = None

    def masks(self, path: Path, photo: tuple[int, int]) -> Iterator[tuple[int | None, np.ndarray]]:
        """Number and mask (H, W), bool or logits, of each object of a photo of size (width, height); the number is None
        where there is one alone. Raises SamaError."""
        if self.soft:
            yield None, open_mask(path, photo)
            return
        numbers = read_labels(path)
        check_size(numbers.shape[::-1], photo, path.name)
        unknown = None if self.ignore is None else numbers == self.ignore
        found, counts = np.unique(numbers[numbers > 0], return_counts=True)
        if len(found) > MOST:
            raise SamaError(
                f"{path.name} has {len(found)} different numbers; if it is a grey mask, add --soft."
            )
        kept = [
            int(n)
            for n, count in zip(found, counts, strict=True)
            if n != self.ignore and count >= SMALLEST_OBJECT
        ]
        if not kept:
            raise SamaError(
                f"{path.name} marks nothing of {SMALLEST_OBJECT} pixels or more; correct the label."
            )
        if self.objects == "union":
            yield None, _doubted(np.isin(numbers, kept), unknown)
            return
        for number in kept:
            yield (number if len(kept) > 1 else None), _doubted(numbers == number, unknown)


@dataclass
class Done:
    """What `convert` has done: mattes made and kept, one sentence for everything that failed."""

    folder: Path
    made: int = 0
    kept: int = 0
    errors: list[str] = field(default_factory=list)
    sheet: Path | None = None


def convert(
    source: Path,
    out: Path,
    labels: Labels,
    *,
    predictor: Callable[[], Predictor],
    again: bool = False,
    closer: bool = True,
    most: int = MAX_PIXELS,
) -> Done:
    """Make OUT/alphas of a folder; predictor: loads it, asked when the first matte is to be made; most: pixels of a
    photo.

    Raises SamaError where nothing can be done at all; a file that will not do is told in `Done.errors`.
    """
    photos, truths = _pairs(source)
    folder = out / "alphas"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SamaError(f"{folder} cannot be made ({error.strerror}); choose another --out.") from error
    done, work = Done(folder), _Work(labels, predictor, again, closer, most)
    names = sorted(photos.keys() | truths.keys())
    shown, rows = chosen(names), []
    for name in tqdm(names, unit="photo"):
        if name not in photos or name not in truths:
            missing = f"labels/{name}.png" if name in photos else f"photo {name} in images/"
            done.errors.append(f"{name}: there is no {missing}; add it.")
            continue
        try:
            row = work.photo(photos[name], truths[name], done, show=name in shown)
        except SamaError as error:
            done.errors.append(f"{name}: {error}")
            continue
        if row is not None:
            rows.append(row)
    if rows:
        done.sheet = out / "contact_sheet.png"
        save_sheet(rows, done.sheet)
    return done


class _Work:
    def __init__(
        self, labels: Labels, predictor: Callable[[], Predictor], again: bool, closer: bool, most: int
    ):
        self.labels, self.load, self.again, self.closer = labels, predictor, again, closer
        self.most = most
        self.predictor: Predictor | None = None

    def photo(self, image: Path, label: Path, done: Done, *, show: bool) -> Row | None:
        """Make the mattes of one photo that are not there; the first object's row for the sheet."""
        photo, row = open_image(image, max_pixels=self.most), None
        for number, mask in self.labels.masks(label, photo.size):
            path = done.folder / (f"{image.stem}.png" if number is None else f"{image.stem}_{number}.png")
            if path.exists() and not self.again:
                done.kept += 1
            else:
                alpha = to_uint8(self._matte(photo, mask))
                try:
                    write_png(path, alpha, dpi=photo.dpi)
                except OSError as error:
                    raise SamaError(
                        f"{path} cannot be written ({error.strerror}); make room there."
                    ) from error
                done.made += 1
            if show and row is None:
                row = row_of(path.stem, photo.rgb, mask, path)
        return row

    def _matte(self, photo: Photo, mask: np.ndarray) -> np.ndarray:
        if self.predictor is None:
            self.predictor = self.load()
        alpha = matte(photo.rgb, shares_of(mask), predictor=self.predictor, closer=self.closer)
        return photo.limit(alpha)


def write_png(path: Path, pixels: np.ndarray, **about) -> None:
    """Write a picture whole or not at all; raises OSError. about: what Pillow keeps with it, where it is not None."""
    kept = {name: value for name, value in about.items() if value is not None}
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".matte-", suffix=".png", delete=False) as file:
        temporary = Path(file.name)
    try:
        Image.fromarray(pixels).save(temporary, **kept)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def _doubted(mask: np.ndarray, unknown: np.ndarray | None) -> np.ndarray:
    """A mask (H, W) bool, or logits that are 0 near the object where it is not known whose a pixel is."""
    if unknown is None or not unknown.any():
        return mask
    away = np.asarray(ndimage.distance_transform_edt(~mask))
    near = unknown & (away <= DOUBT * np.sqrt(np.count_nonzero(mask)))
    logits = np.where(mask, np.float32(SURE), np.float32(-SURE))
    logits[near] = 0
    return logits


def _pairs(source: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Photos and labels of a folder by name."""
    for part in ("images", "labels"):
        if not (source / part).is_dir():
            raise SamaError(f"{source} has no {part}/; give a folder with images/ and labels/.")
    photos, truths = by_stem(source / "images", PHOTOS), by_stem(source / "labels", (".png",))
    if not photos:
        raise SamaError(f"{source / 'images'} has no photos; put them there.")
    return photos, truths
