"""What is asked of the photos of a batch: the same of all, a COCO file, or everything mode's largest object.

Session files are in `sessions`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from sama.errors import PromptError
from sama.methods.from_mask import FromMask
from sama.objects.everything import Everything, everything
from sama.objects.everything.main_object import main_object
from sama.photo.opening import Photo
from sama.predict.loading import Predictor
from sama.request.checks import Box
from sama.request.coco_files import Annotation, Dataset, box_in, united
from sama.request.listing import Listing, clean_name
from sama.request.prompts import Prompts, box_of

BOX, MASK = "box", "mask"
_FOLLOWED = {"matte": FromMask.name}  # a mask alone is followed, unless another method is asked for


@dataclass(frozen=True)
class Asked:
    """Prompts on one photo, and settings that come with them, by the names of session files."""

    prompts: Prompts
    settings: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """Where the prompts of a batch come from; it can be pickled."""

    def about(self) -> dict[str, Any]:
        """What is the same for all photos, as JSON values: another means another batch."""
        ...

    def mark(self, name: str, pixels: str) -> str:
        """A digest of what is asked of the photo called so, with `Photo.digest` pixels. Raises PromptError."""
        ...

    def asked(self, photo: Photo, predictor: Predictor) -> Asked:
        """What is asked of a photo, which is open in the predictor but not encoded yet. Raises PromptError."""
        ...


@dataclass(frozen=True)
class Same:
    """The same prompts for every photo: in parts of its sides where all numbers are from 0 to 1, else in pixels."""

    prompts: Prompts

    def about(self) -> dict[str, Any]:
        """See `Source`."""
        return self.prompts.to_dict()

    def mark(self, name: str, pixels: str) -> str:
        """See `Source`."""
        return ""

    def asked(self, photo: Photo, predictor: Predictor) -> Asked:
        """See `Source`."""
        points, boxes = self.prompts.points, self.prompts.boxes
        places = [value for point in points for value in point[:2]] + [v for box in boxes for v in box]
        if not all(0 <= value <= 1 for value in places):
            return Asked(self.prompts)
        width, height = photo.size
        return Asked(
            Prompts(
                tuple((x * width, y * height, label) for x, y, label in points),
                tuple((x0 * width, y0 * height, x1 * width, y1 * height) for x0, y0, x1, y1 in boxes),
                order=self.prompts.order,
            )
        )


class Coco:
    """The annotations of a file in COCO's format, found by the photos' names.

    use: BOX, every annotation's bbox is a box, the edges of its segmentation where it has none; MASK, the segmentations
    of a photo together are its mask, which the matte follows. Objects are called as annotations or categories are.
    Crowds are left out where there is anything else.
    """

    def __init__(self, path: Path | str, use: str = BOX):
        """Raises PromptError where use is none of the two."""
        if use not in (BOX, MASK):
            raise PromptError(
                f"Annotations are used as {BOX} or {MASK}, not {use!r:.40}; choose one of them."
            )
        self.path, self.use = Path(path), use

    def __reduce__(self):
        return Coco, (self.path.absolute(), self.use)  # without what was read, which may be large

    @cached_property
    def dataset(self) -> Dataset:
        """The file, read at the first use. Raises PromptError."""
        return Dataset.load(self.path)

    def about(self) -> dict[str, Any]:
        """See `Source`."""
        return {"coco": self.use}

    def mark(self, name: str, pixels: str) -> str:
        """See `Source`."""
        return digest(json.dumps(self._annotations(name), sort_keys=True, default=str).encode())

    def asked(self, photo: Photo, predictor: Predictor) -> Asked:
        """See `Source`."""
        found, called = self._annotations(photo.name), self.dataset.called
        if self.use == MASK:
            mask = united(found, called, photo.size)
            if not mask.any():
                raise PromptError(f"{called} marks nothing in {photo.name}; correct its segmentation.")
            return Asked(Prompts(mask=mask), {**_FOLLOWED, **(self._names(found) if len(found) == 1 else {})})
        return Asked(Prompts(boxes=tuple(self._box(each, photo) for each in found)), self._names(found))

    def _annotations(self, name: str) -> list[Annotation]:
        found = self.dataset.annotations(name)
        return [each for each in found if not each.get("iscrowd")] or found

    def _names(self, found: list[Annotation]) -> dict[str, Any]:
        names = tuple(clean_name(self.dataset.name(each)) for each in found)
        return {"objects": Listing(names).to_dict()}

    def _box(self, annotation: Annotation, photo: Photo) -> Box:
        box = box_in(annotation, self.dataset.called)
        if box is not None:
            return box
        mask = united([annotation], self.dataset.called, photo.size)
        if not mask.any():
            raise PromptError(
                f"{self.dataset.called} has an annotation of {photo.name} without an object; correct it."
            )
        return box_of(mask)


@dataclass(frozen=True)
class Largest:
    """The largest object that everything mode finds, as a mask that the matte follows; see `main_object`.

    settings: what of `Everything` differs from the model's defaults.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)

    def about(self) -> dict[str, Any]:
        """See `Source`."""
        return {"everything": {name: value for name, value in self.settings.items() if value is not None}}

    def mark(self, name: str, pixels: str) -> str:
        """See `Source`."""
        return ""

    def asked(self, photo: Photo, predictor: Predictor) -> Asked:
        """See `Source`."""
        found = ()
        for step in everything(predictor, Everything.for_model(predictor.info, **self.settings)):
            found = step.found
        mask = main_object(found)
        if mask is None:
            what = "only what looks like background, along most of the border" if found else "no object"
            raise PromptError(f"Everything mode found {what}; mark the object by hand.")
        return Asked(Prompts(mask=mask), _FOLLOWED)


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
