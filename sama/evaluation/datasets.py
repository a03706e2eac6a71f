"""Folders of photos with true masks or mattes.

DIR/images/NAME.(jpg|jpeg|png)
DIR/labels/NAME.png     integer map, 0 = background, every other id an object; or
DIR/alphas/NAME.png     8-bit matte of one object (wins where both folders exist)
DIR/trimaps/NAME.png    optional, beside alphas: 0 background, 255 foreground, else unknown
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.photo.opening import MAX_PIXELS, open_image

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")
OBJECT_MODES = ("each", "union")
SMALLEST_OBJECT = 10  # pixels of alpha > 0.5; with fewer a prompt means nothing


@dataclass(frozen=True)
class TrueObject:
    """One object to find: alpha (H, W) float32 in [0, 1], unknown (H, W) bool from the trimap."""

    name: str
    alpha: np.ndarray
    unknown: np.ndarray | None = None

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool: alpha > 0.5."""
        return self.alpha > 0.5


@dataclass(frozen=True)
class Scene:
    """A photo (H, W, 3) uint8; its truth: (H, W) int32 labels or a float32 matte in [0, 1]."""

    name: str
    image: np.ndarray
    truth: np.ndarray
    unknown: np.ndarray | None = None

    @property
    def is_matte(self) -> bool:
        """Whether the truth is a matte, not labels."""
        return np.issubdtype(self.truth.dtype, np.floating)

    def objects(self, mode: str = "each") -> Iterator[TrueObject]:
        """Yield an object per label id (`each`) or all as one (`union`); a matte is always one."""
        if self.is_matte:
            yield TrueObject(self.name, self.truth, self.unknown)
        elif mode == "union":
            yield TrueObject(self.name, (self.truth > 0).astype(np.float32))
        else:
            for identity in np.unique(self.truth[self.truth > 0]):
                alpha = (self.truth == identity).astype(np.float32)
                yield TrueObject(f"{self.name}#{identity}", alpha)


class Dataset:
    """The photos of a folder in the order of their names; the first `limit` of them.

    Files are paired at construction, so that a misnamed one is reported before hours of work, and
    read when iterated. Raises SamaError for a folder without photos or truth, a photo without its
    pair, or a pair without its photo.
    """

    def __init__(self, folder: str | Path, *, limit: int | None = None, max_pixels: int = MAX_PIXELS):
        self.folder = Path(folder)
        self._max_pixels = max_pixels
        if limit is not None and limit < 1:
            raise SamaError(f"--limit is {limit}: give the number of photos to evaluate, 1 or more.")
        if not (self.folder / "images").is_dir():
            raise SamaError(f"{self.folder} has no images/: give a folder that holds images/.")
        self.has_alphas = (self.folder / "alphas").is_dir()
        truth_folder = self.folder / ("alphas" if self.has_alphas else "labels")
        if not truth_folder.is_dir():
            raise SamaError(
                f"{self.folder} has neither labels/ nor alphas/: add the true masks beside images/."
            )
        photos = _by_stem(self.folder / "images", PHOTO_SUFFIXES)
        truths = _by_stem(truth_folder, (".png",))
        if not photos:
            raise SamaError(f"{self.folder / 'images'} has no .jpg or .png files: put the photos there.")
        if unpaired := sorted(photos.keys() ^ truths.keys()):
            name = unpaired[0]
            lacking = truth_folder if name in photos else self.folder / "images"
            raise SamaError(f"{name} is not in {lacking}: photos and truth must pair up by name.")
        self._pairs = [(photos[stem], truths[stem]) for stem in sorted(photos)[:limit]]

    def __len__(self) -> int:
        """Number of photos."""
        return len(self._pairs)

    def __iter__(self) -> Iterator[Scene]:
        """Read one scene after the other; raises SamaError for a file that will not do."""
        for photo_path, truth_path in self._pairs:
            image = open_image(photo_path, max_pixels=self._max_pixels).rgb
            truth = _read_matte(truth_path) if self.has_alphas else _read_labels(truth_path)
            trimap_path = self.folder / "trimaps" / truth_path.name
            unknown = None
            if self.has_alphas and trimap_path.exists():
                trimap = _read_grey(trimap_path)
                unknown = (trimap > 0) & (trimap < 255)
                _check_size(trimap_path, unknown, image)
            _check_size(truth_path, truth, image)
            yield Scene(photo_path.stem, image, truth, unknown)


def _by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in suffixes:
            continue
        if path.stem in found:
            raise SamaError(f"{folder} has both {found[path.stem].name} and {path.name}: keep one of them.")
        found[path.stem] = path
    return found


def _open(path: Path) -> Image.Image:
    try:
        image = Image.open(path)
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SamaError(f"{path} cannot be read as PNG ({error}): save it again.") from error
    return image


def _read_labels(path: Path) -> np.ndarray:
    image = _open(path)
    if image.mode not in ("1", "L", "P") and not image.mode.startswith("I"):
        raise SamaError(f"{path} is a {image.mode} picture: save labels as a one-channel PNG of object ids.")
    return np.asarray(image).astype(np.int32)  # for a palette picture these are the indices


def _read_grey(path: Path) -> np.ndarray:
    image = _open(path)
    if image.mode not in ("1", "L"):
        raise SamaError(f"{path} is a {image.mode} picture: save it as an 8-bit grey PNG.")
    return np.asarray(image.convert("L"))


def _read_matte(path: Path) -> np.ndarray:
    return _read_grey(path).astype(np.float32) / 255


def _check_size(path: Path, array: np.ndarray, image: np.ndarray) -> None:
    if array.shape != image.shape[:2]:
        (h, w), (height, width) = array.shape, image.shape[:2]
        raise SamaError(
            f"{path} is {w}x{h} but its upright photo is {width}x{height}: make their sizes equal."
        )
