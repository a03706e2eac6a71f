"""A published data set, found where its archive was unpacked and read as it was published; see `layouts`."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sama.errors import SamaError
from sama.evaluation.datasets import PHOTO_SUFFIXES, Dataset, Pair, Scene, by_stem
from sama.evaluation.layouts import DAVIS_LIST, LAYOUTS, MASK, MATTE, Layout
from sama.evaluation.pictures import check_size, listed, open_picture

TRUTH_SUFFIXES = (".png", ".jpg", ".jpeg")


class PublishedDataset(Dataset):
    """A data set with a published layout. What of it is missing is said before anything runs; photos without a truth,
    or the other way round, are left out and counted in `notes`."""

    def __init__(self, name: str, root: str | Path, *, limit: int | None = None, max_pixels: int):
        """root: the folder that an archive was unpacked to, or any folder on the way to the photos. Raises SamaError
        for a name that there is not, and for folders and files that are missing."""
        if name not in LAYOUTS:
            raise SamaError(f"There is no data set {name!r:.40}; choose from {', '.join(LAYOUTS)}.")
        if limit is not None and limit < 1:
            raise SamaError(f"--limit is {limit}: give the number of photos to evaluate, 1 or more.")
        self.layout = layout = LAYOUTS[name]
        self.folder, self.ignore, self._max_pixels = Path(root), None, max_pixels
        self.notes = []
        self.has_alphas = layout.truth == MATTE
        photos, truths = (_located(self.folder, names) for names in (layout.photos, layout.truths))
        missing = [names[0] for names, at in ((layout.photos, photos), (layout.truths, truths)) if at is None]
        if photos is None or truths is None:
            raise SamaError(
                f"{layout.title} is not all in {root}: there is no folder {' and no folder '.join(missing)}; unpack "
                "its archive there, or give the folder above."
            )
        found = (
            _of_sequences(self.folder, photos, truths)
            if layout.sequences
            else _of_folder(photos, truths, layout)
        )
        self.pairs, lacking, unused = found
        self._tell(lacking, unused)
        if not self.pairs:
            raise SamaError(
                f"No photo of {photos} has a truth of the same name in {truths}: unpack {layout.title} again."
            )
        if layout.count is not None and len(self.pairs) != layout.count:
            self.notes.append(
                f"{layout.title} has {layout.count} photos as published; here are {len(self.pairs)}."
            )
        trimaps = photos.parent / layout.trimaps
        if layout.trimaps and not trimaps.is_dir():
            self.notes.append(f"There is no folder {trimaps}, so the unknown region is not measured.")
        self._trimaps = by_stem(trimaps, TRUTH_SUFFIXES) if layout.trimaps and trimaps.is_dir() else {}
        self.pairs = self.pairs[:limit]

    def _tell(self, lacking: list[str], unused: list[str]) -> None:
        if lacking:
            self.notes.append(f"{len(lacking)} photos have no truth and are left out: {listed(lacking)}.")
        if unused:
            self.notes.append(f"{len(unused)} truths have no photo and are left out: {listed(unused)}.")

    def _truth_of(self, pair: Pair, size: tuple[int, int] | None) -> Scene:
        """See `Dataset._truth_of`; truths are grey or colour pictures, of which a mask is what is above a half."""
        nothing = np.empty((0, 0, 3), np.uint8)
        grey = _grey(pair.truth)
        check_size(pair.truth, grey.shape, size)
        if self.layout.truth == MASK:
            return Scene(pair.name, nothing, (grey > 127).astype(np.int32))
        unknown = None
        if (trimap := self._trimaps.get(pair.truth.stem)) is not None:
            told = _grey(trimap)
            check_size(trimap, told.shape, size)
            unknown = (told > 0) & (told < 255)
        return Scene(pair.name, nothing, grey.astype(np.float32) / 255, unknown)


def format_layouts() -> str:
    """The names of all data sets and where their photos and truths lie, one a line."""
    width = max(map(len, LAYOUTS))
    return "\n".join(
        f"{name:<{width}}  {layout.title}: {layout.photos[0]}, {layout.truths[0]}"
        + (f", {layout.trimaps}/ beside" if layout.trimaps else "")
        for name, layout in LAYOUTS.items()
    )


def _located(root: Path, names: Iterable[str]) -> Path | None:
    """The first folder that there is, of names below root; leading parts of theirs may be missing, but for the last
    two, of which the first must then be what root is called: another set's folder is not taken for this one."""
    own = root.resolve().name.lower()
    for name in names:
        parts = Path(name).parts
        for start in range(len(parts)):
            if start == len(parts) - 1 and own != parts[-2].lower():
                continue
            folder = root.joinpath(*parts[start:])
            if folder.is_dir():
                return folder
    return None


Found = tuple[list[Pair], list[str], list[str]]


def _of_folder(photos: Path, truths: Path, layout: Layout) -> Found:
    """Pairs by name, photos without a truth, truths without a photo."""
    pictures, answers = by_stem(photos, PHOTO_SUFFIXES), by_stem(truths, TRUTH_SUFFIXES)
    pairs, used, unused = [], set(), []
    for stem, truth in sorted(answers.items()):
        name = stem if stem in pictures or not layout.several else stem.rpartition("_")[0]
        if name in pictures:
            used.add(name)
            pairs.append(Pair(pictures[name], truth, stem))
        else:
            unused.append(stem)
    return pairs, sorted(pictures.keys() - used), unused


def _of_sequences(root: Path, photos: Path, truths: Path) -> Found:
    """The same of a folder a sequence, of those that the published list names, or all where there is none."""
    wanted = None
    for folder in (root, *photos.parents):
        if (folder / DAVIS_LIST).is_file():
            lines = (folder / DAVIS_LIST).read_text("utf-8").split()
            wanted = {Path(line).parent.name for line in lines if line.endswith(".jpg")}
            break
    names = sorted(path.name for path in photos.iterdir() if path.is_dir())
    pairs, lacking, unused = [], [], []
    for name in names if wanted is None else sorted(wanted):
        if not (photos / name).is_dir() or not (truths / name).is_dir():
            lacking.append(name)
            continue
        pictures, answers = by_stem(photos / name, PHOTO_SUFFIXES), by_stem(truths / name, TRUTH_SUFFIXES)
        both = sorted(pictures.keys() & answers.keys())
        pairs += [Pair(pictures[stem], answers[stem], f"{name}_{stem}") for stem in both]
        lacking += [f"{name}_{stem}" for stem in sorted(pictures.keys() - answers.keys())]
        unused += [f"{name}_{stem}" for stem in sorted(answers.keys() - pictures.keys())]
    return pairs, lacking, unused


def _grey(path: Path) -> np.ndarray:
    """(H, W) uint8: a picture of any mode as grey, one bit and palettes of two by their brighter colour."""
    image = open_picture(path)
    if image.mode == "P":
        ids = np.asarray(image)
        return (
            np.where(ids > 0, np.uint8(255), np.uint8(0))
            if ids.max() <= 1
            else np.asarray(image.convert("L"))
        )
    if image.mode.startswith("I"):
        return (np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8)
    grey = np.asarray(image.convert("L"))
    return grey * np.uint8(255) if grey.max() == 1 else grey
