"""One visitor's photo: what the page remembers between clicks, and nothing of anybody else's."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from sama import methods
from sama.export.outputs import Outputs
from sama.export.stored_answers import PREVIEW_SIDE
from sama.photo.opening import MAX_PIXELS, Photo, open_image
from sama.predict.answer import Answer, ModelInfo, Progress
from sama.request.prompts import Prompts
from sama.request.request import Request
from sama.request.settings import Settings
from sama.ui.model_call import run_model
from sama.ui.recalled import Recalled
from sama.ui.shown import Look, Shown, panel_side, shrink
from sama.ui.state import State
from sama.ui.views import View

if TYPE_CHECKING:
    from sama.predict.loading import Predictor
    from sama.ui.model_call import Step


class Visit:
    """A photo on its way through the page, held by `gr.State`.

    Only a preview is kept in memory; the photo itself is read again from its file for the full-size cut-out. Clicks may
    arrive while another thread encodes: `_lock` makes them take turns between two views, `_changed` guards the state.
    """

    def __init__(
        self,
        predictor: "Predictor",
        path: str,
        name: str | None = None,
        *,
        run: "Callable[..., Iterator[Step]]" = run_model,
        max_pixels: int = MAX_PIXELS,
    ):
        """Open the photo in the file `path`, which its owner calls `name`; raises PhotoError. run: `run_model`, or what
        `on_gpu` returns. max_pixels: see `open_image`."""
        photo = open_image(path, name=name, max_pixels=max_pixels)
        self.path, self.max_pixels = path, max_pixels
        self.name, self.digest = photo.name, photo.digest
        self.size, self.notes = photo.size, photo.notes
        self.preview = shrink(photo.rgb, PREVIEW_SIDE)
        self.limit = (
            None if photo.alpha is None else shrink(photo.alpha, PREVIEW_SIDE)
        )  # the file's own transparency
        self.seconds: dict[str, float] = {}
        self.views_done = 0
        self.shown: Shown | None = None
        self.kept: dict[str, Any] = {}  # what handlers keep of it, by name
        self.refused = ""  # digest of the last picture that was no mask of this photo
        self.stored = False  # whether the last answer was computed ahead
        self._state = State.OPENED
        self._changed = threading.Condition()
        self._rgb: np.ndarray | None = photo.rgb
        self._small: np.ndarray | None = None
        self._recalled = Recalled()
        # Which answer is the newest: a slow one may come after its successor.
        self._asked = self._answered = 0
        self._predictor: Predictor = predictor.fork()
        self._run = run
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """Where it is in its life."""
        return self._state

    @property
    def encoded(self) -> bool:
        """Whether SAMA can answer."""
        return self._state is State.ENCODED

    @property
    def preview_size(self) -> tuple[int, int]:
        """(width, height) at which prompts are answered."""
        return self.preview.shape[1], self.preview.shape[0]

    def holds(self, path: str) -> bool:
        """Whether this visit is to the file `path`, and goes on; a handler at work may store a closed one again."""
        return self.path == path and self._state not in (State.CLOSED, State.LEFT)

    def close(self) -> None:
        """Stop encoding after the current view: the visitor has opened another photo."""
        self._enter(State.CLOSED)

    def leave(self) -> None:
        """The visitor has left: stop, and keep nothing of the photo for whoever still holds this object."""
        if self._enter(State.LEFT) is not State.ENCODING:
            self._forget()  # else `encode` does, between two views

    def encode(self) -> Iterator[Progress]:
        """Encode the photo, view by view. Does nothing unless it is OPENED: there is one caller at a time."""
        with self._changed:
            if self._state is not State.OPENED:
                return
            self._state, self.views_done = State.ENCODING, 0
        try:
            rgb = self._rgb if self._rgb is not None else self._read().rgb
            steps = self._run(self._predictor, rgb)
            while self._state is State.ENCODING:
                with self._lock:
                    step = next(steps, None)
                    if step is None:
                        self._rgb = None
                        self._enter(State.ENCODED, after=State.ENCODING)
                        return
                    if not isinstance(step, Progress):
                        self._predictor = cast("Predictor", step)
                        continue
                    self.views_done += 1
                    self.seconds[f"encode {step.stage}"] = step.seconds
                yield step
        finally:
            self._enter(State.OPENED, after=State.ENCODING)  # given up halfway
            if self._state is State.LEFT:
                self._forget()

    def request(self, prompts: Prompts, **how: Any) -> Request:
        """Check prompts, for an answer at the preview's size; how: see `Request.of`. Raises PromptError."""
        return Request.of(prompts, self.size, keep_logits=True, output_size=self.preview_size, **how)

    def remember(self, prompts: Prompts, answer: Answer) -> None:
        """Take over an answer at the preview's size that was computed ahead."""
        self._recalled.remember(prompts.validate(self.size), answer)

    def recall(self, request: Request) -> Answer | None:
        """Return the answer, if it is known: it needs neither encoder nor decoder."""
        return self._recalled.ahead(request) or self._recalled.again(request)

    def answer(
        self, request: Request, seq: int, side: int = PREVIEW_SIDE, view: View | None = None
    ) -> Answer:
        """Answer a request, number `seq`; side: the longer side, in pixels, of the page's panels; view: what they show.
        Raises SamaError."""
        with self._changed:
            self._asked += 1
            number = self._asked
        answer = self._recalled.ahead(request)
        self.stored = answer is not None
        answer = answer or self._recalled.again(request) or self._answer(request)
        encoding = {name: value for name, value in self.seconds.items() if name.startswith("encode")}
        self.seconds = encoding | answer.seconds
        if answer.alpha is not None:
            shown = Shown(answer, self.preview, seq, self._fitted(panel_side(side)), self.limit, view)
            with self._changed:
                if self._state is not State.LEFT and number > self._answered:
                    self.shown, self._answered = shown, number
                    self._recalled.keep(request, answer)
            started = time.perf_counter()
            _ = shown.fitted.layers
            self.seconds["foreground"] = time.perf_counter() - started
        return answer

    def answer_sam(self, request: Request) -> Answer:
        """SAM's answer to a request, at once: alone, and on the whole photo."""
        self.stored = False
        answer = self._answer(replace(request, method="sam", closer=False))
        encoding = {name: value for name, value in self.seconds.items() if name.startswith("encode")}
        self.seconds = encoding | answer.seconds
        return answer

    def beside(self, **asked: Any) -> "Iterator[Step]":
        """Run the model beside whatever else is asked; looks at the photo once more unless its global view is known."""
        with self._lock:
            if self.views_done or self.encoded:
                return self._run(self._predictor.twin(), **asked)
        return self._run(self._predictor.fork(), self.picture(max(self.size)), **asked)

    def looks_closer(self, request: Request) -> bool:
        """Whether the answer has to wait for a part of the photo to be encoded."""
        with self._lock:
            return self._predictor.pending(request)

    def forget_answer(self) -> None:
        """There are no prompts any more."""
        self.shown = None
        self._recalled.forget()

    def look(self, shown: Shown, box: tuple[int, int, int, int], side: int) -> Look:
        """Return a part of an answer close up, see `Look`; reads the photo again, raises PhotoError."""
        photo = self._read()
        return Look(shown, photo.rgb, box, side, photo.alpha)

    def picture(self, side: int) -> np.ndarray:
        """Return the upright photo (h, w, 3) uint8, of at most `side` pixels; may read it again, raises PhotoError."""
        return shrink(self._rgb if self._rgb is not None else self._read().rgb, side)

    def outputs(self, prompts: Prompts, settings: Settings, info: ModelInfo) -> Outputs:
        """Answer prompts at the photo's size, for export; encodes what is not encoded yet. Raises SamaError."""
        request = Request.of(prompts, self.size, **settings.asked)
        self._wait_until_encoded()
        photo = open_image(self.path, name=self.name, max_pixels=self.max_pixels, keep_own=True)
        return Outputs(photo, self._answer(request), request, settings, info)

    def aside(self, **asked: Any) -> Any:
        """What `run_model` makes of a request or a study, for another predictor with the same photo, so that nobody's
        click waits for it; encodes what is not encoded yet. Raises SamaError."""
        self._wait_until_encoded()
        *_, found, _ = self.beside(**asked)
        return found

    def _wait_until_encoded(self) -> None:
        """Encode, or wait for whoever does."""
        while self._state in (State.OPENED, State.ENCODING):
            for _ in self.encode():
                pass
            with self._changed:
                self._changed.wait_for(lambda: self._state is not State.ENCODING)

    def _answer(self, request: Request) -> Answer:
        if self.encoded and methods.method_of(request.method, self._predictor.info).slow:
            return cast(Answer, self.aside(request=request))
        with self._lock:
            *_, answer, predictor = self._run(self._predictor, request=request)
            self._predictor = cast("Predictor", predictor)
        return cast(Answer, answer)

    def _fitted(self, side: int) -> np.ndarray:
        """The preview at the panels' size, kept from click to click."""
        if self._small is None or max(self._small.shape) != min(side, max(self.preview.shape)):
            self._small = shrink(self.preview, side)
        return self._small

    def _enter(self, state: State, after: State | None = None) -> State:
        """Change the state and return the one before; nothing follows LEFT, nor a state that is not `after`."""
        with self._changed:
            before = self._state
            if before is not State.LEFT and after in (None, before):
                self._state = state
                self._changed.notify_all()
            return before

    def _forget(self) -> None:
        with self._lock:
            self._predictor.reset_image()
            self._rgb = self.shown = None
            self._recalled, self.kept = Recalled(), {}

    def _read(self) -> Photo:
        return open_image(self.path, name=self.name, max_pixels=self.max_pixels)
