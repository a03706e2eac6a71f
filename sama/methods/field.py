"""What methods of the field have in common: models of other projects, run from files that a person has fetched.

Nothing here downloads anything. A method without its package or its files says in one sentence what to do, is offered
nowhere, and is never part of a default: it answers where it is named.
"""

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sama.errors import WeightsError
from sama.methods.base import BOX, MASK, MATTE, POINTS, Method, PhotoMethod, Predictor, Report
from sama.photo.resize import resize
from sama.predict.answer import ALPHA, Answer, ObjectAnswer
from sama.request.request import Request
from sama.weights.field_records import FIELD_RECORDS, FieldRecord, absence, files_here

_loading = threading.Lock()


class Asked(NamedTuple):
    """One object's prompts in pixels of the photo that a method is given: points [[x, y], ...], labels 1 or 0 for each,
    and the box [x0, y0, x1, y1], or None."""

    points: list[list[float]]
    labels: list[int]
    box: list[float] | None

    @classmethod
    def of(cls, photo: np.ndarray, answer: ObjectAnswer, request: Request) -> "Asked":
        """photo (h, w, 3) may be fewer pixels than the request's coordinates mean."""
        x, y = photo.shape[1] / request.photo_size[0], photo.shape[0] / request.photo_size[1]
        prompts = answer.prompts
        boxes = [[x0 * x, y0 * y, x1 * x, y1 * y] for x0, y0, x1, y1 in prompts.boxes]
        points = [[px * x, py * y] for px, py, _ in prompts.points]
        return cls(points, [int(label) for *_, label in prompts.points], boxes[0] if boxes else None)

    @property
    def ambiguous(self) -> bool:
        """Whether it is one click, which may mean a part or the whole."""
        return self.box is None and len(self.points) == 1


class LastPhoto:
    """What a model has seen of the photo that it was asked about last; `see` makes it of a photo (h, w, 3) uint8."""

    def __init__(self, see: Callable[[np.ndarray], Any]):
        self._see, self._lock = see, threading.Lock()
        self._photo: np.ndarray | None = None
        self._seen: Any = None

    def of(self, photo: np.ndarray) -> Any:
        """What is seen of a photo: at once where it is the last one, the same array."""
        with self._lock:
            if self._photo is not photo:
                self._photo, self._seen = None, None
                self._seen = self._see(photo)
                self._photo = photo
            return self._seen


@dataclass(frozen=True)
class Place:
    """Where a model runs: on which device, from which files."""

    device: str
    files: tuple[Path, ...]


class Field(Method):
    """A method that runs somebody else's model; to be mixed with the kind of method that it is. `load` makes the model
    of a Place, and is called once for each."""

    foreign = True
    device: str = "cpu"
    load: ClassVar[Callable[[Place], Any]]

    @property
    def record(self) -> FieldRecord:
        """Where its weights come from."""
        return FIELD_RECORDS[self.name]

    def files(self) -> list[Path] | None:
        """Its files on this machine; None where they are not all here."""
        return files_here(self.record)

    def absent(self) -> str:
        """See `Method.absent`."""
        return absence(self.record, here=self.files() is not None)

    def model(self) -> Any:
        """The loaded model. Raises WeightsError with what to do where it cannot run."""
        if sentence := self.absent():
            raise WeightsError(sentence)
        place = Place(self.device, tuple(self.files() or ()))
        with _loading:
            return _loaded(type(self).load, place)

    def on_device_of(self, predictor: Predictor | None) -> "Field":
        """The same method, to run where a predictor does, without one on a GPU where there is one. Raises WeightsError
        where it cannot run."""
        if sentence := self.absent():
            raise WeightsError(sentence)
        import torch

        bound = copy.copy(self)
        alone = "cuda" if torch.cuda.is_available() else "cpu"
        bound.device = alone if predictor is None else predictor.info.device
        return bound


class FieldPhotoMethod(Field, PhotoMethod):
    """A method of the field that is prompted and sees the photo itself."""

    takes = frozenset({BOX, POINTS})
    returns = frozenset({MASK, MATTE})

    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> Callable[[Request, Report | None], Answer]:
        """See `Method.open`."""
        return PhotoMethod.open(self.on_device_of(predictor), photo, predictor)  # pyright: ignore[reportArgumentType]

    def layers(self, photo: np.ndarray, answer: ObjectAnswer, request: Request) -> dict[str, np.ndarray]:
        """See `PhotoMethod.layers`: logits under the method's name, and the matte that `found` gives, or else the mask
        as one."""
        logits, alpha = self.found(photo, Asked.of(photo, answer, request))
        logits = resize(np.ascontiguousarray(logits, np.float32), request.output_size)
        if alpha is None:
            matte = (logits > 0).astype(np.float32)
        else:
            matte = resize(np.ascontiguousarray(alpha, np.float32), request.output_size).clip(0, 1)
        return {self.name: logits, ALPHA: matte}

    def found(self, photo: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray | None]:
        """Logits (h, w), positive inside, and the matte (h, w) in [0, 1] or None, for one object of a photo
        (h, w, 3) uint8."""
        raise NotImplementedError


@lru_cache(maxsize=4)
def _loaded(load: Callable[[Place], Any], place: Place) -> Any:
    return load(place)
