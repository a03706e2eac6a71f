"""A folder of proposals: photos, and for each what somebody or something thinks is cut out of it.

Photos lie in DIR/images, in DIR itself or, of a batch whose results lie among its photos, in the folder above it; or
elsewhere, if that is said. Proposals are session files anywhere in DIR, such as a batch leaves, DIR/labels/NAME.png, or
DIR/alphas/NAME.png.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from sama.errors import PhotoError, PromptError, SamaError
from sama.methods import METHODS
from sama.photo.folders import photos_in
from sama.request.coco_files import same_name
from sama.request.mask_files import read_mask
from sama.request.prompts import Prompts, box_of
from sama.request.session import Session
from sama.request.settings import Settings

_REPORT = "report.json"  # of a batch
_VOID = 255


class Opened(Protocol):
    """What a proposal must know of an opened photo: its name, `Photo.digest`, and (width, height)."""

    name: str
    digest: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Proposal:
    """A photo's file and the files of what is proposed for it, sessions first; none where it must be marked by hand."""

    photo: Path
    files: tuple[Path, ...] = ()

    def asked(self, photo: Opened) -> tuple[Prompts, Settings]:
        """What is proposed for the opened photo. Raises SamaError for a file that does not fit it."""
        plain = Settings.from_dict({}, methods=METHODS)
        for path in self.files:
            if path.suffix == ".json":
                session = Session.load(path)
                if session.image_sha256 != photo.digest:
                    continue  # of another photo of this name
                # A background picture is named by a path on another machine, and no part of a proposal.
                kept = {k: v for k, v in session.settings.items() if k != "background"}
                return session.prompts, Settings.from_dict(kept, methods=METHODS)
            if path.parent.name == "alphas":
                return Prompts(mask=read_mask(path, photo.size, photo.name)), plain
            return _of_labels(path, photo.size), plain
        return Prompts(), plain


def proposals_of(folder: Path, photos: Path | None = None, *, without: Path | None = None) -> list[Proposal]:
    """The photos of a folder of proposals, by name, with what is proposed for each; without: a folder in it whose
    sessions are none, such as that of accepted answers. Raises SamaError."""
    if not folder.is_dir():
        raise SamaError(f"{folder} is no folder; give one with photos and what is proposed for them.")
    sessions = _sessions(folder, without)
    found = []
    for photo in photos_in(_photos(folder, photos)):
        named = [path for path, name in sessions if same_name(name) == same_name(photo.name)]
        drawn = [folder / kind / f"{photo.stem}.png" for kind in ("labels", "alphas")]
        found.append(Proposal(photo, (*named, *(path for path in drawn if path.is_file()))))
    if not any(each.files for each in found):
        raise SamaError(
            f"{folder} proposes nothing for the photos; give a folder with sessions, labels/ or alphas/, such as "
            "`sama batch` writes."
        )
    return found


def _photos(folder: Path, photos: Path | None) -> Path:
    """Where the photos lie. Raises SamaError."""
    if photos is not None:
        return photos
    if (folder / "images").is_dir():
        return folder / "images"
    batch = (folder / _REPORT).is_file()
    for place in (folder.parent,) if batch else (folder,):
        try:
            photos_in(place)
            return place
        except PhotoError:
            pass
    raise SamaError(f"The photos of {folder} are not there; say with --photos where they are.")


def _sessions(folder: Path, without: Path | None) -> list[tuple[Path, str]]:
    """Session files and what their photos are called; other files are left alone."""
    found, left = [], None if without is None else without.resolve()
    for path in sorted(folder.rglob("*.json")):
        if left is not None and left in path.resolve().parents:
            continue
        try:
            data = json.loads(path.read_bytes())
            if isinstance(data, dict) and isinstance(data.get("image_name"), str) and "prompts" in data:
                found.append((path, data["image_name"]))
        except (OSError, ValueError, RecursionError):
            continue
    return found


def _of_labels(path: Path, size: tuple[int, int]) -> Prompts:
    """One object is proposed as it is; several as their boxes, which keep them apart."""
    try:
        with Image.open(path) as file:
            labels = np.asarray(file)
    except OSError as error:
        raise PromptError(f"{path.name} cannot be read; save the labels again.") from error
    if labels.ndim != 2 or labels.shape != size[::-1]:
        raise PromptError(f"{path.name} is no label map of the photo's size; make it {size[0]} x {size[1]}.")
    numbers = [int(each) for each in np.unique(labels) if each]
    if len(numbers) > 1:
        numbers = [each for each in numbers if each != _VOID]
    if not numbers:
        return Prompts()
    if len(numbers) == 1:
        return Prompts(mask=labels == numbers[0])
    return Prompts(boxes=tuple(box_of(labels == each) for each in numbers))
