"""Answers of other programs: folders with one picture for each photo, scored beside the methods of the table.

DIR/NAME.png      the mask or matte of photo NAME; or a map that shows each object with its id of the true labels
DIR/NAME#ID.png   where a photo has several objects: the mask or matte of the one with this id, as reports name it
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.evaluation.datasets import Dataset, Scene, TrueObject, by_stem
from sama.evaluation.methods import Scored
from sama.evaluation.pictures import VOID, check_size, listed, open_picture, refuse

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
SAME_GREY = 8  # how far the channels of a grey picture may differ that was saved in colour and with losses


class _Missing(SamaError):
    """There is no picture for an object."""


@dataclass(frozen=True)
class Values:
    """A picture as an answer: ids (H, W) as a map of objects, None for what cannot be one; matte (H, W) float32 in
    [0, 1]."""

    ids: np.ndarray | None
    matte: np.ndarray


@dataclass
class AnswerFolder:
    """Masks or mattes that another program made, under the name that reports give them."""

    name: str
    folder: Path
    files: dict[str, Path] = field(init=False)
    _last: tuple[Path, Values] | None = field(init=False, default=None)  # a map is asked for object by object

    def __post_init__(self):
        if not self.folder.is_dir():
            raise SamaError(
                f"--answers {self.folder} is no folder: give one that holds a picture for each photo."
            )
        self.files = by_stem(self.folder, SUFFIXES)

    @classmethod
    def of(cls, text: str | Path) -> "AnswerFolder":
        """From DIR, named as the folder is, or NAME=DIR. Raises SamaError."""
        name, equals, folder = str(text).partition("=")
        if not equals or Path(text).is_dir():  # a folder's own name may have an equals sign
            return cls(Path(text).resolve().name, Path(text))
        if not name or not folder:
            raise SamaError(f"--answers {text} lacks a name or a folder: write DIR or NAME=DIR.")
        return cls(name, Path(folder))

    def check(self, dataset: Dataset, object_mode: str) -> None:
        """Read all pictures that will be asked for; raises SamaError for missing ones and those that will not do."""
        missing, problems = [], []
        for scene in dataset.truths():
            for truth in scene.objects(object_mode):
                try:
                    if not truth.too_small:
                        self.answer(scene, truth)
                except _Missing:
                    missing.append(truth.name)
                except SamaError as error:
                    problems.append((truth.name, error))
        if missing:
            raise SamaError(
                f"{self.folder} has no answer for {listed(missing)}: "
                "add it, an empty mask where nothing was found, or leave photos out with --limit."
            )
        refuse(problems)

    def answer(self, scene: Scene, truth: TrueObject) -> Scored:
        """The answer to one object; raises SamaError."""
        own = None if truth.identity is None else self.files.get(truth.name)
        path = own or self.files.get(scene.name)
        if path is None:
            raise _Missing(f"{self.folder} has no picture {truth.name}.png: add it.")
        if self._last is None or self._last[0] != path:
            self._last = path, read_values(path)
        values = self._last[1]
        check_size(path, values.matte.shape, scene.size)
        matte = values.matte if own or scene.is_matte else _of_object(path, values, scene, truth.identity)
        return Scored(matte > 0.5, matte, matte)


def read_values(path: Path) -> Values:
    """Read a picture as an answer: grey of 8 or 16 bits, 0 and 1, a palette of ids, grey saved in colour, a cut-out
    whose transparency is the matte, or floats in [0, 1]. Raises SamaError."""
    image = open_picture(path)
    if image.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in image.info:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        if alpha.min() < 255:
            return Values(None, alpha.astype(np.float32) / 255)
        image = image.convert("RGB")
    if image.mode == "P":
        ids = np.asarray(image)
        if not _is_grey(image.convert("RGB")):
            return Values(ids, (ids > 0).astype(np.float32))
        return Values(ids, _scaled(np.asarray(image.convert("L"))))
    if image.mode == "F":
        matte = np.asarray(image)
        if not np.isfinite(matte).all() or matte.min() < 0 or matte.max() > 1:
            raise SamaError(f"{path} holds floats outside 0 to 1: save it as an 8-bit grey PNG.")
        return Values(None, matte.astype(np.float32))
    if image.mode.startswith("I"):
        ids = np.asarray(image).astype(np.int32)
        return Values(ids, _scaled(ids.clip(0, 65535).astype(np.uint16)))
    if image.mode not in ("1", "L") and not _is_grey(image.convert("RGB")):
        raise SamaError(
            f"{path} is a colour picture: save the mask or matte as a grey PNG, 255 for the object."
        )
    ids = np.asarray(image.convert("L")) if image.mode != "1" else np.asarray(image).astype(np.uint8)
    return Values(None if image.format == "JPEG" else ids, _scaled(ids))


def _scaled(values: np.ndarray) -> np.ndarray:
    """Whole numbers as a matte in [0, 1]; where there are 0 and 1 alone, 1 is the object."""
    most = 1 if values.max() <= 1 else np.iinfo(values.dtype).max
    return (values / np.float32(most)).astype(np.float32)


def _is_grey(image: Image.Image) -> bool:
    colours = np.asarray(image).astype(np.int16)
    return int(np.ptp(colours, axis=2).max()) <= SAME_GREY


def _of_object(path: Path, values: Values, scene: Scene, identity: int | None) -> np.ndarray:
    """The matte of one object, or of all for identity None, from a picture of all objects of a photo with labels."""
    ids = scene.identities
    if values.ids is not None:
        shown = set(np.unique(values.ids).tolist()) - {0}
        if scene.known is not None and shown != {VOID}:
            shown.discard(VOID)  # copied from the truth
        if shown <= set(ids):
            right = np.isin(values.ids, ids) if identity is None else values.ids == identity
            return right.astype(np.float32)
    if identity is None or len(ids) == 1:
        return values.matte
    raise SamaError(
        f"{path} does not say which of {len(ids)} objects is which: save a map with the ids of the true labels, "
        f"a picture {scene.name}#ID.png for each, or evaluate with --object union."
    )
