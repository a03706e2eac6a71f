"""Where training pictures come from: labelled photos, photos with mattes, foregrounds with exact alpha, backgrounds.

Only small things are read: file lists when the data set is made, one picture at a time afterwards.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.training.data.pictures import open_background, open_foreground, read

SORTS = ("labels", "alphas", "foregrounds", "backgrounds")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
VOID = 255
CACHED_PICTURES = 64


@dataclass(frozen=True)
class Folder:
    """A folder of pictures, [data.NAME] of a recipe.

    folder: relative to the folder that `--data` names; union: its labels are parts of one object; band: half width, in
    label pixels, of the band along drawn edges where labels are not exact; ignore: the label that is neither object
    nor background, 0 for none; without it 255 is that, but where a map holds nothing else, see `void_of`; largest:
    share of its photograph from which on what is labelled is background, such as a road; whole: foregrounds are never
    cut off by their picture's border; families: how often a foreground is drawn whose file name begins with the word
    and an underscore, relative to 1.
    """

    folder: str
    union: bool = False
    band: int = 3
    ignore: int | None = None
    largest: float = 1.0
    whole: bool = False
    families: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenery:
    """Which photographs stand behind composites: the share of `backgrounds`, the folders that show no object, and how
    often each of the other folders is drawn for the rest, all alike by default."""

    backgrounds: float = 0.15
    photographs: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelledPhoto:
    """RGB photograph, integer label map (h, w), 0 = background, and what its folder says of it.

    void: (h, w) bool, neither object nor background; None for nowhere. alpha: (h, w) uint8, exact, of the one object
    whose label is 1; None where labels were drawn. path: of the truth's file.
    """

    rgb: Image.Image
    labels: np.ndarray
    folder: Folder = Folder("")
    void: np.ndarray | None = None
    alpha: np.ndarray | None = None
    path: Path | None = None


class PictureCache:
    """The last few decoded pictures, least recently used dropped first."""

    def __init__(self, capacity: int = CACHED_PICTURES):
        self.capacity = capacity
        self._items: OrderedDict[Path, Image.Image] = OrderedDict()

    def get(self, path: Path, load: Callable[[Path], Image.Image]) -> Image.Image:
        if path in self._items:
            self._items.move_to_end(path)
            return self._items[path]
        picture = self._items[path] = load(path)
        if len(self._items) > self.capacity:
            self._items.popitem(last=False)
        return picture


class Sources:
    """The folders `data` of a recipe under `root`; absent ones are simply empty.

    photos: pairs of files, photograph and truth, by folder; foregrounds, backgrounds: files by folder. Raises SamaError
    when `names`, those to use, holds an unknown folder or when nothing at all is found.
    """

    def __init__(
        self,
        data: Mapping[str, Folder],
        root: Path,
        names: Iterable[str] | None = None,
        scenery: Scenery | None = None,
    ):
        if unknown := set(names or ()) - data.keys():
            known = ", ".join(sorted(data))
            raise SamaError(f"There is no training source called {sorted(unknown)[0]}; use some of {known}.")
        wanted = [name for name in data if names is None or name in names]
        self.folders = {name: data[name] for name in wanted}
        self.scenery_plan = scenery or Scenery()
        self.photos: dict[str, list[tuple[Path, Path]]] = {}
        self.foregrounds: dict[str, list[Path]] = {}
        self.backgrounds: dict[str, list[Path]] = {}
        for name in wanted:
            self._list(name, Path(root) / data[name].folder)
        if not (self.photos or self.foregrounds or self.backgrounds):
            raise SamaError(f"No training pictures were found in {root}; give the folder that holds train/.")
        self._cache = PictureCache()
        self._weights = {
            name: _family_weights(files, self.folders[name].families)
            for name, files in self.foregrounds.items()
        }

    def _list(self, name: str, path: Path) -> None:
        sort = sort_of(path)
        if sort in ("labels", "alphas"):
            self.photos[name] = pairs_of(path, sort)
        elif sort is not None:
            (self.foregrounds if sort == "foregrounds" else self.backgrounds)[name] = _pictures(path)

    def available(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that have photographs or foregrounds."""
        return [n for n in names if n in self.photos or n in self.foregrounds]

    def labelled(self, name: str, rng: np.random.Generator) -> LabelledPhoto:
        """A random photograph of folder `name` with its labels or its matte."""
        files = self.photos[name]
        return open_photo(*files[rng.integers(len(files))], self.folders[name])

    def foreground(self, name: str, rng: np.random.Generator) -> tuple[Image.Image, str]:
        """A random foreground as premultiplied RGBa, and its family ("" where the folder has none)."""
        files = self.foregrounds[name]
        path = files[rng.choice(len(files), p=self._weights[name])]
        family = path.name.split("_")[0] if self.folders[name].families else ""
        return self._cache.get(path, open_foreground), family

    def scenery(self, rng: np.random.Generator) -> Image.Image | None:
        """A random RGB photograph to serve as background or texture, or None without photos."""
        plan = self.scenery_plan
        shares = {n: plan.photographs.get(n, 0) if plan.photographs else 1 for n in self.photos}
        names = [n for n, share in shares.items() if share]
        if self.backgrounds and (not names or rng.random() < plan.backgrounds):
            files = self.backgrounds[draw(rng, dict.fromkeys(self.backgrounds, 1))]
            return self._cache.get(files[rng.integers(len(files))], open_background)
        if not names:
            return None
        files = self.photos[draw(rng, {n: shares[n] for n in names})]
        return read(files[rng.integers(len(files))][0], lambda picture: picture.convert("RGB"))


def draw(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One of the names, as often as its share among all says."""
    names, weights = list(shares), np.array(list(shares.values()), float)
    even = bool((weights == weights[0]).all())
    return names[int(rng.choice(len(names), p=None if even else weights / weights.sum()))]


def sort_of(path: Path) -> str | None:
    """What a folder holds, one of SORTS: images/ with labels/ or alphas/ (these win), else pictures that are
    foregrounds if the first of them has an alpha channel, backgrounds if not. None for a folder with nothing to learn
    from, or none at all."""
    for sort in ("alphas", "labels"):
        if pairs_of(path, sort):
            return sort
    pictures = _pictures(path)
    if not pictures:
        return None
    transparent = read(pictures[0], lambda first: first.has_transparency_data)
    return "foregrounds" if transparent else "backgrounds"


def void_of(labels: np.ndarray, ignore: int | None) -> np.ndarray | None:
    """Where labels (h, w) are neither object nor background, (h, w) bool, or None for nowhere.

    `ignore` is the label that says so, 0 for none. None: 255, unless all that is labelled has it: VOC and many others
    mark what nobody decided with 255, but a mask of 0 and 255 shows its object with it.
    """
    value = VOID if ignore is None else ignore
    void = labels == value
    if not value or not void.any():
        return None
    return void if ignore is not None or bool(((labels > 0) & ~void).any()) else None


def open_photo(image: Path, truth: Path, folder: Folder, rgb: Image.Image | None = None) -> LabelledPhoto:
    """Read a photograph and its labels or, from a folder called alphas, its matte. rgb: the photograph, if it was read.

    Raises SamaError when they differ in size or cannot be read.
    """
    rgb = read(image, lambda picture: picture.convert("RGB")) if rgb is None else rgb
    picture = read(truth, lambda picture: picture.copy())
    if picture.size != rgb.size:
        raise SamaError(f"{truth} is {picture.size} but its photo is {rgb.size}: make their sizes equal.")
    if truth.parent.name == "alphas":
        alpha = np.asarray(picture.convert("L"))
        return LabelledPhoto(rgb, (alpha > 127).astype(np.uint8), folder, None, alpha, truth)
    labels = np.asarray(picture)
    void = void_of(labels, folder.ignore)
    if void is not None:
        labels = np.where(void, 0, labels)
    if folder.largest < 1:
        shares = np.bincount(labels.ravel()) / labels.size
        labels = np.where(shares[labels] > folder.largest, 0, labels)
    return LabelledPhoto(rgb, labels, folder, void, None, truth)


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in SUFFIXES)


def pairs_of(folder: Path, truth: str) -> list[tuple[Path, Path]]:
    """(photo, truth) by name; `truth` is labels or alphas."""
    images = {p.stem: p for p in _pictures(folder / "images")}
    labels = sorted((folder / truth).glob("*.png"))
    return [(images[p.stem], p) for p in labels if p.stem in images]


def _family_weights(files: list[Path], families: Mapping[str, float]) -> np.ndarray | None:
    if not families:
        return None
    weights = np.array([families.get(p.name.split("_")[0], 1.0) for p in files])
    return weights / weights.sum()
