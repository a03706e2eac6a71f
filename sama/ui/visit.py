"""One visitor's photo: what the page remembers between clicks, and nothing of anybody else's."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sama.imaging import Photo, open_image
from sama.matting import Background, composite, cutout, estimate_foreground, to_uint8
from sama.prompts import Prompts
from sama.ui.model_call import run_model

if TYPE_CHECKING:
    from sama.prediction import Prediction, Progress
    from sama.predictor import SamaPredictor

PREVIEW_SIDE = 1024


class Visit:
    """A photo on its way through the page, held by `gr.State`.

    Only a preview is kept in memory; the photo itself is read again from its file for the
    full-size cut-out. Clicks may arrive while another thread encodes: `lock` makes them take turns
    between two views.
    """

    def __init__(self, predictor: "SamaPredictor", path: str):
        """Open the photo in the file `path`; raises PhotoError."""
        photo = open_image(path)
        self.path = path
        self.name = photo.name
        self.size = photo.size
        self.notes = photo.notes
        self.preview = shrink(photo.rgb, PREVIEW_SIDE)
        self.seconds: dict[str, float] = {}
        self.views_done = 0
        self.encoded = False
        self.encoding = False
        self.closed = False
        self.seq = -1
        self._rgb: np.ndarray | None = photo.rgb
        self._predictor = predictor.fork()
        self._lock = threading.Lock()
        self._alpha: np.ndarray | None = None
        self._foreground: np.ndarray | None = None

    @property
    def preview_size(self) -> tuple[int, int]:
        """(width, height) of everything drawn on the page."""
        return self.preview.shape[1], self.preview.shape[0]

    def close(self) -> None:
        """Stop encoding after the current view: the visitor has left, or opened another photo."""
        self.closed = True

    def encode(self) -> "Iterator[Progress]":
        """Encode the photo, view by view; one caller at a time."""
        if self.encoded or self.encoding:
            return
        self.encoding, self.views_done = True, 0
        rgb = self._rgb if self._rgb is not None else self._read().rgb
        steps = run_model(self._predictor, rgb)
        try:
            while not self.closed:
                with self._lock:
                    step = next(steps, None)
                    if step is None:
                        self.encoded, self._rgb = True, None
                        return
                    if not hasattr(step, "stage"):
                        self._predictor = step
                        continue
                    self.views_done += 1
                    self.seconds[f"encode {step.stage}"] = step.seconds
                yield step
        finally:
            self.encoding = False

    def answer(self, prompts: Prompts, seq: int, *, sama: bool = True) -> "Prediction":
        """Answer prompts, number `seq`, at the preview's size; raises PromptError."""
        prediction = self._predict(prompts, self.preview_size, sama)
        self.seconds.update(prediction.seconds)
        if prediction.alpha is not None:
            self.seq, self._alpha, self._foreground = seq, prediction.alpha, None
        return prediction

    def forget_answer(self) -> None:
        """There are no prompts any more."""
        self._alpha = self._foreground = None

    def composite(self, background: Background) -> np.ndarray | None:
        """Return the preview (h, w, 3) uint8 on another background; None before an answer.

        Runs no model: the matte and the estimated foreground of the last answer are kept.
        """
        alpha, foreground = self._alpha, self._foreground
        if alpha is None:
            return None
        if foreground is None:
            started = time.perf_counter()
            foreground = estimate_foreground(self.preview, alpha)
            self.seconds["foreground"] = time.perf_counter() - started
            if alpha is self._alpha:
                self._foreground = foreground
        if background.kind == "transparent":
            backdrop = checkerboard(self.preview_size)
        else:
            backdrop = background.render(self.preview, alpha)
        return to_uint8(composite(foreground, alpha, backdrop))

    def cutout(self, prompts: Prompts) -> np.ndarray:
        """Return the object as RGBA (H, W, 4) uint8 at the photo's size, with estimated colours."""
        photo = self._read()
        alpha = self._predict(prompts, None, True).alpha
        return cutout(estimate_foreground(photo.rgb, alpha), alpha)

    def _predict(self, prompts: Prompts, size: tuple[int, int] | None, sama: bool) -> "Prediction":
        with self._lock:
            *_, prediction, predictor = run_model(
                self._predictor, prompts=prompts.validate(self.size), output_size=size, sama=sama
            )
            self._predictor = predictor
        return prediction

    def _read(self) -> Photo:
        return open_image(self.path, name=self.name)


def shrink(rgb: np.ndarray, side: int) -> np.ndarray:
    """Return an image (H, W, 3) uint8 whose longer side is at most `side`."""
    height, width = rgb.shape[:2]
    if max(height, width) <= side:
        return np.ascontiguousarray(rgb)
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(picture)


def checkerboard(size: tuple[int, int], cell: int = 16) -> np.ndarray:
    """Return the usual picture of transparency, (H, W, 3) float32, for a size (width, height)."""
    rows, columns = np.indices((size[1], size[0])) // cell
    grey = np.where((rows + columns) % 2, 0.82, 0.94).astype(np.float32)
    return np.repeat(grey[..., None], 3, axis=2)
