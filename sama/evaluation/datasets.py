"""Folders of photos with true masks or mattes.

DIR/images/NAME.(jpg|jpeg|png|webp)
DIR/labels/NAME.png     integer map, 0 = background, every other id an object, one id perhaps a void; or
DIR/alphas/NAME.png     8-bit matte of one object (wins where both folders exist)
DIR/trimaps/NAME.png    optional, beside alphas: 0 background, 255 foreground, else unknown
"""

import unicodedata
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sama.errors import SamaError
from sama.evaluation.pictures import (
    VOID,
    check_size,
    read_grey,
    read_labels,
    read_matte,
    refuse,
    void_of,
)
from sama.photo.opening import MAX_PIXELS, open_image, upright_size

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
OBJECT_MODES = ("each", "union")
SMALLEST_OBJECT = 10  # pixels of alpha > 0.5; with fewer a prompt means nothing
READERS = 4  # threads that check a folder; Pillow decodes outside Python's lock


@dataclass(frozen=True)
class TrueObject:
    """One object to find.

    alpha (H, W) float32 in [0, 1]; unknown (H, W) bool from the trimap; known (H, W) bool, False where the labels say
    that nobody decided, None where all is known; identity: its id in a label map.
    """

    name: str
    alpha: np.ndarray
    unknown: np.ndarray | None = None
    known: np.ndarray | None = None
    identity: int | None = None

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool: alpha > 0.5."""
        return self.alpha > 0.5

    @property
    def too_small(self) -> bool:
        """Whether it has too few pixels for a prompt to mean it."""
        return int(np.count_nonzero(self.mask)) < SMALLEST_OBJECT

    def judged(self, mask: np.ndarray) -> np.ndarray:
        """A mask (H, W) bool without what lies where nobody decided."""
        return mask if self.known is None else mask & self.known


@dataclass(frozen=True)
class Scene:
    """A photo (H, W, 3) uint8; its truth: (H, W) int32 labels, 0 in a void, or a float32 matte in [0, 1]."""

    name: str
    image: np.ndarray
    truth: np.ndarray
    unknown: np.ndarray | None = None
    known: np.ndarray | None = None

    @property
    def is_matte(self) -> bool:
        """Whether the truth is a matte, not labels."""
        return np.issubdtype(self.truth.dtype, np.floating)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.truth.shape[1], self.truth.shape[0]

    @cached_property
    def identities(self) -> list[int]:
        """The ids of a label map's objects, ascending."""
        return [int(each) for each in np.unique(self.truth[self.truth > 0])]

    def objects(self, mode: str = "each") -> Iterator[TrueObject]:
        """Yield an object per label id (`each`) or all as one (`union`); a matte is always one."""
        if self.is_matte:
            yield TrueObject(self.name, self.truth, self.unknown)
        elif mode == "union":
            yield TrueObject(self.name, (self.truth > 0).astype(np.float32), known=self.known)
        else:
            for identity in self.identities:
                alpha = (self.truth == identity).astype(np.float32)
                yield TrueObject(f"{self.name}#{identity}", alpha, known=self.known, identity=identity)


@dataclass(frozen=True)
class Pair:
    """A photo and its truth; title: what they are called, where that is not the photo's name."""

    photo: Path
    truth: Path
    title: str | None = None

    @property
    def name(self) -> str:
        """What both are called."""
        return self.title or _name_of(self.photo)


class Dataset:
    """The photos of a folder in the order of their names; the first `limit` of them.

    ignore: see `void_of`. only: names of the photos to take, of all; truth: `labels` or `alphas`, where both are there.
    Files are paired at construction, so that a misnamed one is reported before hours of work, and read when iterated;
    `check` reads them all. Raises SamaError for a folder without photos or truth, or either without the other.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        limit: int | None = None,
        ignore: int | None = None,
        max_pixels: int = MAX_PIXELS,
        only: Collection[str] | None = None,
        truth: str | None = None,
    ):
        self.folder, self.ignore, self._max_pixels = Path(folder), ignore, max_pixels
        self.notes: list[str] = []
        if limit is not None and limit < 1:
            raise SamaError(f"--limit is {limit}: give the number of photos to evaluate, 1 or more.")
        if not (self.folder / "images").is_dir():
            raise SamaError(f"{self.folder} has no images/: give a folder that holds images/.")
        self.has_alphas = (self.folder / "alphas").is_dir() if truth is None else truth == "alphas"
        if ignore is not None and self.has_alphas:
            raise SamaError(f"{self.folder} has alphas/, where no value is a label: leave out --ignore.")
        if ignore is not None and not 0 <= ignore < 2**16:
            raise SamaError(f"--ignore is {ignore}: give a label from 1 to 65535, or 0 for none.")
        truth_folder = self.folder / ("alphas" if self.has_alphas else "labels")
        if not truth_folder.is_dir():
            raise SamaError(f"{self.folder} has neither labels/ nor alphas/: add true masks beside images/.")
        photos = by_stem(self.folder / "images", PHOTO_SUFFIXES)
        truths = by_stem(truth_folder, (".png",))
        if not photos:
            raise SamaError(f"{self.folder / 'images'} has no .jpg or .png files: put the photos there.")
        if only is not None:
            photos, truths = ({k: v for k, v in files.items() if k in only} for files in (photos, truths))
        if unpaired := sorted(photos.keys() ^ truths.keys()):
            name = unpaired[0]
            lacking = truth_folder if name in photos else self.folder / "images"
            raise SamaError(f"{name} is not in {lacking}: photos and truth must pair up by name.")
        self._trimaps = by_stem(trimaps, (".png",)) if (trimaps := self.folder / "trimaps").is_dir() else {}
        self.pairs = [Pair(photos[stem], truths[stem]) for stem in sorted(photos)[:limit]]

    def __len__(self) -> int:
        """Number of photos."""
        return len(self.pairs)

    def __iter__(self) -> Iterator[Scene]:
        """Read one scene after the other; raises SamaError for a file that will not do."""
        for pair in self.pairs:
            image = open_image(pair.photo, max_pixels=self._max_pixels).rgb
            yield replace(self._truth_of(pair, (image.shape[1], image.shape[0])), image=image)

    def truths(self) -> Iterator[Scene]:
        """Read the truths alone, one after the other, with an empty image; raises SamaError."""
        for pair in self.pairs:
            yield self._truth_of(pair, None)

    def check(self, *, progress: bool = True) -> None:
        """Read all labels or mattes, and the photos' headers, so that what will not do is reported at the start.

        Adds to `notes` how 255 was understood. Takes about 2 ms for each map of 640 x 480. Raises SamaError: what is
        wrong with the first bad file, and which others are bad.
        """
        with ThreadPoolExecutor(READERS) as readers:
            found = readers.map(self._check_one, self.pairs)
            bar = tqdm(found, "checking", len(self.pairs), unit="photo", disable=not progress, delay=2)
            told = list(bar)
        problems = zip(self.pairs, told, strict=True)
        refuse([(pair.truth.name, each) for pair, each in problems if isinstance(each, SamaError)])
        if self.ignore is None and not self.has_alphas:
            voids, objects = told.count("void"), told.count("object")
            if voids:
                self.notes.append(
                    f"{VOID} is taken as not labelled in {voids} of {len(self)} maps (--ignore 0: as an object)."
                )
            if voids and objects:
                self.notes.append(
                    f"In {objects} maps, which hold nothing else, {VOID} is taken as the object "
                    f"(--ignore {VOID}: as not labelled)."
                )

    def _check_one(self, pair: Pair) -> SamaError | str:
        """What is wrong with a photo and its truth, or else what 255 means in it: "void", "object" or nothing."""
        try:
            try:
                scene = self._truth_of(pair, upright_size(pair.photo, max_pixels=self._max_pixels))
            except SamaError:  # a header may tell another size than what is decoded
                scene = self._truth_of(pair, open_image(pair.photo, max_pixels=self._max_pixels).size)
        except SamaError as error:
            return error
        if scene.is_matte:
            return ""
        return "void" if scene.known is not None else "object" if bool((scene.truth == VOID).any()) else ""

    def _truth_of(self, pair: Pair, size: tuple[int, int] | None) -> Scene:
        """The truth of a photo of `size` (width, height), if that is to be compared, without the photo; raises
        SamaError."""
        nothing = np.empty((0, 0, 3), np.uint8)
        if not self.has_alphas:
            labels = read_labels(pair.truth)
            check_size(pair.truth, labels.shape, size)
            void = void_of(labels, self.ignore)
            if void is None:
                return Scene(pair.name, nothing, labels)
            return Scene(pair.name, nothing, np.where(void, 0, labels), known=~void)
        truth, unknown = read_matte(pair.truth), None
        trimap_path = self._trimaps.get(pair.name)
        if trimap_path is not None:
            trimap = read_grey(trimap_path)
            unknown = (trimap > 0) & (trimap < 255)
            check_size(trimap_path, unknown.shape, size)
        check_size(pair.truth, truth.shape, size)
        return Scene(pair.name, nothing, truth, unknown)


def by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Files of a folder by their names, see `_name_of`; raises SamaError where two share one."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in suffixes:
            continue
        name = _name_of(path)
        if name in found:
            raise SamaError(f"{folder} has both {found[name].name} and {path.name}: keep one of them.")
        found[name] = path
    return found


def _name_of(path: Path) -> str:
    """A file's name without its suffix, with accents as one letter: disks of a Mac keep two, others either."""
    return unicodedata.normalize("NFC", path.stem)
