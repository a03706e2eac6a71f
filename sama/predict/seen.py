"""What the model says of one object, before a method makes its answer of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from sama.models.sama import SamAnswer
from sama.predict.answer import ALPHA_LOGITS, DETAIL, TRIMAP
from sama.predict.framing import to_photo, union
from sama.predict.open_photo import OpenPhoto
from sama.predict.trimap_layers import trimap_and_detail
from sama.request.prompts import Prompts


@dataclass
class Seen:
    """photo: the open one; prompts: the object's, in its pixels; answer: SAM's; shown: which of SAM's masks are
    candidates; shape: (height, width) of what is asked for; layers: SAM's and SAMA's logits (H, W) float32, to which a
    method adds; matting: those of the matting head, where it was asked; keep_logits: see `Request`; progress: is called
    with the fraction that is done; beside: `trimap` and `detail` of a head that has them, see `HeadMaps`; seconds: by
    step."""

    photo: OpenPhoto
    prompts: Prompts
    answer: SamAnswer
    shown: list[int]
    shape: tuple[int, int]
    layers: dict[str, np.ndarray]
    matting: np.ndarray | None
    keep_logits: bool
    progress: Callable[[float], None] | None
    beside: dict[str, Tensor] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def sam_at(self, shape: tuple[int, int]) -> np.ndarray:
        """SAM's chosen candidate's logits at shape (height, width), float32."""
        return to_photo(self.answer.base, self.photo.frame, shape)

    def candidates_at(self, shape: tuple[int, int]) -> np.ndarray:
        """SAM's candidates (N, height, width) bool."""
        maps = (self.answer.logits[:, i : i + 1] for i in self.shown)
        return np.stack([to_photo(logits, self.photo.frame, shape) > 0 for logits in maps])

    def matte(self) -> np.ndarray:
        """The matting head's matte (H, W) float32 in [0, 1]; its logits become a layer where they are to be kept, and
        are overwritten elsewhere. May be called once."""
        if self.matting is None:
            raise ValueError("the matting head was not asked")
        logits = torch.from_numpy(self.matting)
        self.matting = None
        if not self.keep_logits:
            return logits.sigmoid_().numpy()
        self.layers[ALPHA_LOGITS] = logits.numpy()
        return logits.sigmoid().numpy()

    def add_trimap(self) -> None:
        """Add TRIMAP and DETAIL to the layers, where the head has them; for methods whose matte is the head's own."""
        if {"trimap", "detail"} <= self.beside.keys():
            trimap, detail = (union(self.beside[name], self.photo.frame) for name in ("trimap", "detail"))
            self.layers[TRIMAP], self.layers[DETAIL] = trimap_and_detail(trimap, detail, self.shape)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long a step takes."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started


class Finisher(Protocol):
    """The part of a method that a predictor needs: which of SAMA's heads to ask, whether these refine the mask that is
    given instead of what SAM makes of it, whether strokes are taken as they are painted instead of shown to the model,
    and what to make of their answers. `finish` adds layers to `Seen.layers`, first of all ALPHA."""

    name: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]]
    follows_mask: ClassVar[bool]
    as_painted: ClassVar[bool]

    def finish(self, seen: Seen) -> None:
        """Add layers."""
