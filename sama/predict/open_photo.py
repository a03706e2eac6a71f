"""A photo as a predictor keeps it beside its features: where it lies, and a copy of its pixels."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sama.errors import PromptError
from sama.models.views import Frame
from sama.photo.resize import shrink_photo
from sama.predict.devices import few_threads
from sama.predict.edges import Edges
from sama.predict.framing import to_photo, union
from sama.request.request import Request
from sama.weights.records import ModelRecord

PHOTO_PIXELS = 4_000_000  # of the copy


@dataclass(eq=False)
class OpenPhoto:
    """frame: where the photo lies in the global view, and its size; copy: (H, W, 3) uint8, at most PHOTO_PIXELS; edges:
    for models that follow edges."""

    frame: Frame
    copy: np.ndarray
    edges: Edges | None

    @classmethod
    def of(cls, pixels: np.ndarray, side: int, record: ModelRecord) -> "OpenPhoto":
        """Open (H, W, 3) uint8 for a model whose views are `side` pixels wide."""
        copy = shrink_photo(pixels, PHOTO_PIXELS)
        frame = Frame(pixels.shape[1], pixels.shape[0], side)
        return cls(frame, copy, Edges(copy) if record.follows_edges else None)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the photo."""
        return self.frame.width, self.frame.height

    def check(self, request: Request) -> None:
        """Raise PromptError unless the request is one about this photo."""
        if request.photo_size != self.size:
            asked, is_open = (f"{width} x {height}" for width, height in (request.photo_size, self.size))
            raise PromptError(
                f"The request is about a photo of {asked} pixels, and one of {is_open} is open."
            )

    def finished(self, task: str, logits: Tensor, size: tuple[int, int], edges: bool) -> np.ndarray:
        """SAMA's logits (N, 1, s, s) for a task as one map at `size` (height, width), float32; edges: whether it may
        follow the photo's."""
        if not edges or self.edges is None:
            return to_photo(logits, self.frame, size)
        with few_threads():
            return self.edges.followed(union(logits, self.frame), task, size)[0, 0].numpy()
