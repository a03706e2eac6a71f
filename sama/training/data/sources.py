"""Where training pictures come from: labelled photos, foregrounds with exact alpha, backgrounds.

Only small things are read: file lists when the data set is made, one picture at a time afterwards.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError

PHOTOS = ("ccp", "cats", "coco")
FOREGROUNDS = ("fluent", "noto", "renders")
NAMES = frozenset((*PHOTOS, *FOREGROUNDS, "backgrounds"))

# Renders whose edges are the lesson of matting are drawn more often than solid ones.
FAMILY_WEIGHT = {"hair": 3.0, "thin": 3.0, "glass": 2.5, "soft": 2.5, "solid": 0.6}
CACHED_PICTURES = 64
BACKGROUND_SIDE = 1536


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


@dataclass(frozen=True)
class LabelledPhoto:
    """RGB photograph and integer label map of the same size, 0 = background."""

    rgb: Image.Image
    labels: np.ndarray


class Sources:
    """The training folders under `root`; absent ones are simply empty.

    Raises SamaError when `names` holds an unknown folder or when nothing at all is found.
    """

    def __init__(self, root: Path, names: set[str] | None = None):
        unknown = set(names or ()) - NAMES
        if unknown:
            known = ", ".join(sorted(NAMES))
            raise SamaError(f"There is no training source called {sorted(unknown)[0]}; use some of {known}.")
        wanted = NAMES if names is None else names
        train = Path(root) / "train"
        self.photos = {n: _pairs(train / n) for n in PHOTOS if n in wanted}
        self.foregrounds = {
            n: sorted((train / "foregrounds" / n).glob("*.webp")) for n in FOREGROUNDS if n in wanted
        }
        self.backgrounds = sorted((train / "backgrounds").glob("*.jpg")) if "backgrounds" in wanted else []
        if not any((*self.photos.values(), *self.foregrounds.values(), self.backgrounds)):
            raise SamaError(f"No training pictures were found in {train}; give the folder that holds train/.")
        self._cache = PictureCache()
        self._render_weights = _family_weights(self.foregrounds.get("renders", []))

    def available(self, names: tuple[str, ...]) -> list[str]:
        """Those of `names` that have pictures."""
        return [n for n in names if self.photos.get(n) or self.foregrounds.get(n)]

    def labelled(self, name: str, rng: np.random.Generator) -> LabelledPhoto:
        """A random photograph of folder `name` with its labels."""
        files = self.photos[name]
        image, labels = files[rng.integers(len(files))]
        return LabelledPhoto(Image.open(image).convert("RGB"), np.asarray(Image.open(labels)))

    def foreground(self, name: str, rng: np.random.Generator) -> tuple[Image.Image, str]:
        """A random foreground as premultiplied RGBa, and its family ("" outside renders)."""
        files = self.foregrounds[name]
        weights = self._render_weights if name == "renders" else None
        path = files[rng.choice(len(files), p=weights)]
        family = path.name.split("_")[0] if name == "renders" else ""
        return self._cache.get(path, _open_foreground), family

    def scenery(self, rng: np.random.Generator) -> Image.Image | None:
        """A random RGB photograph to serve as background or texture, or None without photos."""
        names = self.available(PHOTOS)
        if self.backgrounds and (not names or rng.random() < 0.15):
            path = self.backgrounds[rng.integers(len(self.backgrounds))]
            return self._cache.get(path, _open_background)
        if not names:
            return None
        files = self.photos[names[rng.integers(len(names))]]
        return Image.open(files[rng.integers(len(files))][0]).convert("RGB")


def _pairs(folder: Path) -> list[tuple[Path, Path]]:
    images = {p.stem: p for p in (folder / "images").glob("*") if p.suffix in (".jpg", ".png")}
    labels = sorted((folder / "labels").glob("*.png"))
    return [(images[p.stem], p) for p in labels if p.stem in images]


def _family_weights(files: list[Path]) -> np.ndarray | None:
    if not files:
        return None
    weights = np.array([FAMILY_WEIGHT.get(p.name.split("_")[0], 1.0) for p in files])
    return weights / weights.sum()


def _open_foreground(path: Path) -> Image.Image:
    # Colour where alpha is 0 is arbitrary: premultiplied, it can no longer bleed into edges.
    return Image.open(path).convert("RGBA").convert("RGBa")


def _open_background(path: Path) -> Image.Image:
    picture = Image.open(path)
    picture.draft("RGB", (BACKGROUND_SIDE, BACKGROUND_SIDE))
    picture = picture.convert("RGB")
    picture.thumbnail((BACKGROUND_SIDE, BACKGROUND_SIDE), Image.Resampling.BOX)
    return picture
