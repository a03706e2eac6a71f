"""One photo with one truth that somebody has at hand: the measures of `evaluate`, at once, without its packages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.evaluation.datasets import SMALLEST_OBJECT
from sama.evaluation.matting_metrics import quick_errors
from sama.evaluation.methods import Scored
from sama.evaluation.metrics import boundary_iou, iou, mean_absolute_error
from sama.methods import METHODS, Method
from sama.methods.base import OWN_ALPHA
from sama.photo.resize import fit_within
from sama.predict.answer import ModelInfo
from sama.request.mask_files import read_mask
from sama.request.masks import shares_of
from sama.request.request import Request

# Name, decimals, and whether higher is better.
LIVE = (
    ("IoU", 4, True),
    ("boundary_IoU", 4, True),
    ("MAE", 4, False),
    ("SAD", 3, False),
    ("MSE", 3, False),
    ("Grad", 3, False),
)
MOST_PIXELS = 4_000_000  # of a photo that is measured at its own size; larger ones are measured smaller
_A_BYTE = 1e-3  # steps of 255: how far values may be from whole ones that come from a file of bytes


@dataclass(frozen=True, eq=False)
class Truth:
    """alpha (H, W) float32 in [0, 1]; name: of its file."""

    alpha: np.ndarray
    name: str = ""

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool: alpha > 0.5, as in `evaluate`."""
        return self.alpha > 0.5

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.alpha.shape[1], self.alpha.shape[0]

    @property
    def hard(self) -> bool:
        """Whether it is a mask, of which mattes can tell little."""
        return bool(np.isin(self.alpha, (0, 1)).all())

    def at(self, size: tuple[int, int]) -> "Truth":
        """The same at a size (width, height) that is not larger."""
        if size == self.size:
            return self
        small = Image.fromarray(self.alpha).resize(size, Image.Resampling.BOX)
        return Truth(np.asarray(small), self.name)


def read_truth(path: str | Path, size: tuple[int, int], photo: str, *, name: str | None = None) -> Truth:
    """The truth in a file, a mask or a matte of a photo of `size` (width, height) called `photo`, as `read_mask` takes
    it. Raises SamaError, for fewer than SMALLEST_OBJECT pixels too."""
    alpha = np.asarray(shares_of(read_mask(path, size, photo, name=name)), np.float32)
    steps = np.rint(alpha * 255)
    if np.abs(alpha * 255 - steps).max() < _A_BYTE:  # exactly what `evaluate` reads
        alpha = steps.astype(np.float32) / 255
    found = Truth(alpha, name or Path(path).name)
    if np.count_nonzero(found.mask) < SMALLEST_OBJECT:
        raise SamaError(
            f"The truth {found.name} has fewer than {SMALLEST_OBJECT} pixels; give a mask of the object."
        )
    return found


def measured_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) at which a photo of `size` is measured: its own, up to MOST_PIXELS."""
    pixels = size[0] * size[1]
    return (
        size if pixels <= MOST_PIXELS else fit_within(*size, int(max(size) * (MOST_PIXELS / pixels) ** 0.5))
    )


def measure(found: Scored, truth: Truth) -> dict[str, float]:
    """The measures of LIVE by name, of an answer at the truth's size; equal to those of `evaluate`."""
    errors = quick_errors(found.matte, truth.alpha)
    return {
        "IoU": iou(found.mask, truth.mask),
        "boundary_IoU": boundary_iou(found.mask, truth.mask),
        "MAE": mean_absolute_error(found.probability, truth.mask),
        **{name: errors[name] for name in ("SAD", "MSE", "Grad")},
    }


def error_of(found: Scored, truth: Truth) -> np.ndarray:
    """(H, W) float32 in [-1, 1]: what the matte misses, where positive, and what it has too much."""
    return truth.alpha - found.matte


def entrants(info: ModelInfo, request: Request, *, slow: bool = False, shown: str = "") -> Iterator[Method]:
    """The methods of the table that answer such a request with this model, in its order; slow: those that take seconds,
    too; shown: one that takes part in any case if it can. Where nothing is painted the method "as painted" would only
    repeat SAMA's matte."""
    drawn = bool(request.prompts.strokes) or request.prompts.mask is not None
    for name, method in METHODS.items():
        if OWN_ALPHA in method.needs or (method.slow and not slow and name != shown):
            continue
        if method.as_painted and not drawn:
            continue
        try:
            method.check(request, info)
        except SamaError:
            continue
        yield method
