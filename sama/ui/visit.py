"""One visitor's photo: what the page remembers between clicks, and nothing of anybody else's."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from sama.export.outputs import Outputs
from sama.export.stored_answers import PREVIEW_SIDE
from sama.photo.opening import Photo, open_image
from sama.request.prompts import Prompts
from sama.request.settings import Settings
from sama.ui.model_call import run_model
from sama.ui.shown import Look, Shown, panel_side, shrink

if TYPE_CHECKING:
    from sama.predict.prediction import ModelInfo, Prediction, Progress
    from sama.predict.predictor import SamaPredictor
    from sama.ui.model_call import Step


class Visit:
    """A photo on its way through the page, held by `gr.State`.

    Only a preview is kept in memory; the photo itself is read again from its file for the
    full-size cut-out. Clicks may arrive while another thread encodes: `lock` makes them take turns
    between two views.
    """

    def __init__(
        self, predictor: "SamaPredictor", path: str, run: "Callable[..., Iterator[Step]]" = run_model
    ):
        """Open the photo in the file `path`; raises PhotoError. run: `run_model`, or what `on_gpu` returns."""
        photo = open_image(path)
        self.path = path
        self.name = photo.name
        self.digest = photo.digest
        self.size = photo.size
        self.notes = photo.notes
        self.preview = shrink(photo.rgb, PREVIEW_SIDE)
        self.seconds: dict[str, float] = {}
        self.views_done = 0
        self.encoded = False
        self.encoding = False
        self.closed = self.left = False
        self.shown: Shown | None = None
        self.stored = False  # whether the last answer was computed ahead
        self._rgb: np.ndarray | None = photo.rgb
        self._small: np.ndarray | None = None
        self._known: tuple[Prompts, Prediction] | None = None
        self._predictor = predictor.fork()
        self._run = run
        self._lock = threading.Lock()

    @property
    def preview_size(self) -> tuple[int, int]:
        """(width, height) at which prompts are answered."""
        return self.preview.shape[1], self.preview.shape[0]

    def holds(self, path: str) -> bool:
        """Whether this is a visit to the photo in the file `path`, and has not left. One that has may come back: a
        handler that was still at work stores it again."""
        return self.path == path and not self.left

    def close(self) -> None:
        """Stop encoding after the current view: the visitor has opened another photo, or left."""
        self.closed = True

    def leave(self) -> None:
        """The visitor has left: stop, and keep nothing of the photo for whoever still holds this object."""
        self.left = self.closed = True
        if not self.encoding:
            self._forget()

    def encode(self) -> "Iterator[Progress]":
        """Encode the photo, view by view; one caller at a time."""
        if self.encoded or self.encoding:
            return
        self.encoding, self.views_done = True, 0
        rgb = self._rgb if self._rgb is not None else self._read().rgb
        steps = self._run(self._predictor, rgb)
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
            if self.left:
                self._forget()

    def remember(self, prompts: Prompts, prediction: "Prediction") -> None:
        """Take over an answer at the preview's size that was computed ahead."""
        self._known = prompts, prediction

    def recall(
        self, prompts: Prompts, candidate: int | None = None, matte: str | None = None
    ) -> "Prediction | None":
        """Return the answer computed ahead, if it is one to these prompts: it needs neither encoder nor decoder."""
        if self._known is None or self._known[0] != prompts:
            return None
        prediction = self._known[1]
        asked = candidate in (None, prediction.chosen) and matte in (None, prediction.matte_method)
        return prediction if asked else None

    def answer(
        self,
        prompts: Prompts,
        seq: int,
        *,
        sama: bool = True,
        candidate: int | None = None,
        matte: str | None = None,
        side: int = PREVIEW_SIDE,
    ) -> "Prediction":
        """Answer prompts, number `seq`, at the preview's size; raises PromptError.

        sama=False answers with SAM at once: alone, and on the whole photo. candidate: which of SAM's masks SAMA
        refines, by default SAM's best; matte: see `SamaPredictor.predict`; side: the longer side, in pixels, of what
        the page's panels can hold.
        """
        prediction = self.recall(prompts, candidate, matte) if sama else None
        self.stored = prediction is not None
        if prediction is None:
            prediction = self._predict(prompts, self.preview_size, sama, candidate, matte)
        encoding = {name: value for name, value in self.seconds.items() if name.startswith("encode")}
        self.seconds = encoding | prediction.seconds
        if prediction.alpha is not None:
            self.shown = Shown(prediction, self.preview, seq, self._fitted(panel_side(side)))
            started = time.perf_counter()
            _ = self.shown.fitted.layers
            self.seconds["foreground"] = time.perf_counter() - started
        return prediction

    def looks_closer(self, prompts: Prompts) -> bool:
        """Whether the answer has to wait for a part of the photo to be encoded; raises PromptError."""
        with self._lock:
            return self._predictor.looks_closer(prompts)

    def forget_answer(self) -> None:
        """There are no prompts any more."""
        self.shown = None

    def look(self, shown: Shown, box: tuple[int, int, int, int], side: int) -> Look:
        """Return a part of an answer close up, see `Look`; reads the photo again, raises PhotoError."""
        return Look(shown, self._read().rgb, box, side)

    def outputs(self, prompts: Prompts, settings: Settings, info: "ModelInfo") -> Outputs:
        """Answer prompts at the photo's size, for export; encodes what is not encoded yet. Raises SamaError."""
        prompts = prompts.validate(self.size)
        while not self.encoded and not self.closed:
            for _ in self.encode():
                pass
            time.sleep(0.05)  # another call may be at it
        photo = open_image(self.path, name=self.name, keep_own=True)
        answer = self._predict(prompts, None, True, settings.candidate, settings.matte)
        return Outputs(photo, answer, prompts, settings, info)

    def _predict(
        self,
        prompts: Prompts,
        size: tuple[int, int] | None,
        sama: bool,
        candidate: int | None,
        matte: str | None,
    ) -> "Prediction":
        prompts = prompts.validate(self.size)
        with self._lock:
            options = {"candidate": candidate, "output_size": size, "sama": sama, "matte": matte}
            options["closer"] = sama
            *_, prediction, predictor = self._run(self._predictor, prompts=prompts, **options)
            self._predictor = predictor
        return prediction

    def _fitted(self, side: int) -> np.ndarray:
        """The preview at the panels' size, kept from click to click."""
        if self._small is None or max(self._small.shape) != min(side, max(self.preview.shape)):
            self._small = shrink(self.preview, side)
        return self._small

    def _forget(self) -> None:
        with self._lock:
            self._predictor.reset_image()
            self._rgb = self.shown = None

    def _read(self) -> Photo:
        return open_image(self.path, name=self.name)
