"""A predictor without a model, for tests of the page: prompts are answered by geometry.

A box fills an ellipse, a positive click a disc, a negative click removes a disc. SAMA's mask is a little
smaller than SAM's and has two holes, its matte is the mask with soft edges, so that every panel shows something of its
own.
"""

import threading
import time

import numpy as np

from sama.photo.resize import resize
from sama.predict.answer import ALPHA, SAM, SAMA, TRIMAP, Answer, ModelInfo, ObjectAnswer, Progress
from sama.request.request import Request
from sama.request.strokes import draw

HOLES = (
    (0.42, 0.4, 0.06),
    (0.6, 0.62, 0.03),
)  # in SAMA's mask: x, y and radius as parts of the photo's width


CANDIDATES = (0.5, 1, 1.6)  # radii of a lone click's three discs; the middle one is the best


STEEPNESS = {"sama": 8, "solid": 40, "closed_form": 2, "from_mask": 20, "painted": 20}  # of the matte's edge


class Counts:
    """What all forks have done together; `gate`, if there is one, is acquired before every view. small: boxes narrower
    than this get a closer look; grey: SAMA's mattes are half clear inside; closer: for every answer, whether it could
    have one; trimap: whether SAMA tells one; held: SAMA's answers wait for it, if it is there."""

    def __init__(self, gate: threading.Semaphore | None = None, small: float = 0, *, grey: bool = False):
        self.views = 0
        self.answers = 0
        self.gate = gate
        self.small = small
        self.grey = grey
        self.closer: list[bool] = []
        self.trimap = False
        self.held: threading.Event | None = None


class FakePredictor:
    """The interface of `SamaPredictor`."""

    def __init__(self, counts: Counts | None = None, *, trained: bool = True):
        self.counts = counts or Counts()
        self.trained = trained
        self._size = None
        self._photo = None
        self._views = 0
        self._pending = iter(())

    def fork(self) -> "FakePredictor":
        return FakePredictor(self.counts, trained=self.trained)

    def twin(self) -> "FakePredictor":
        other = self.fork()
        other._photo, other._size, other._views = self._photo, self._size, self._views
        return other

    def attach(self, other: "FakePredictor") -> "FakePredictor":
        return self

    @property
    def info(self) -> ModelInfo:
        notes = () if self.trained else ("SAMA's modules are untrained and return SAM's answer.",)
        return ModelInfo(
            name="fake",
            title="A fake for tests",
            backbone="none",
            weights_digest="0123456789ab",
            licence="Apache-2.0",
            device="cpu",
            dtype="float32",
            input_size=512,
            alpha_size=512,
            trained=self.trained,
            notes=notes,
        )

    def set_image(self, image: np.ndarray):
        self._photo, self._size = image, (image.shape[1], image.shape[0])
        self._views = 0
        self._pending = self._encode()
        return self._pending

    def reset_image(self):
        self._photo = self._size = None
        self._views, self._pending = 0, iter(())

    def _encode(self):
        started = time.perf_counter()
        for view in range(5):
            if self.counts.gate is not None:
                self.counts.gate.acquire()
            self.counts.views += 1
            self._views = view + 1
            stage = ("global", 1, 1) if view == 0 else ("local", view, 4)
            yield Progress(*stage, time.perf_counter() - started)

    @property
    def photo(self) -> np.ndarray | None:
        return None if self._size is None else self._photo

    @property
    def photo_size(self) -> tuple[int, int] | None:
        return self._size

    def pending(self, request: Request) -> bool:
        return any(x1 - x0 < self.counts.small for x0, _, x1, _ in request.prompts.boxes)

    def answer(self, request: Request, method, progress=None) -> Answer:
        sama = bool(method.tasks) and self.trained
        while self._views < (5 if sama else 1):
            next(self._pending)
        if sama and self.counts.held is not None:
            assert self.counts.held.wait(60)
        self.counts.answers += 1
        self.counts.closer.append(request.closer)
        objects = tuple(
            self._object(prompts, request, method, request.candidate_of(i), sama=sama)
            for i, prompts in enumerate(request.objects)
        )
        return Answer(method.name, objects, {"decode_sam": 0.01, **({"decode_sama": 0.02} if sama else {})})

    def _object(
        self, prompts, request: Request, method, candidate: int | None, *, sama: bool
    ) -> ObjectAnswer:
        width, height = request.output_size
        sx, sy = width / self._size[0], height / self._size[1]
        y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
        x, y = x / sx, y / sy
        clicks = [label for *_, label in prompts.points]
        sizes = CANDIDATES if clicks == [1] and not prompts.boxes else (1,)
        chosen = len(sizes) // 2 if candidate is None else candidate
        field = np.full((height, width), -1, np.float32)  # positive inside, in units of the radius
        for x0, y0, x1, y1 in prompts.boxes:
            radius = np.hypot((2 * x - x0 - x1) / (x1 - x0), (2 * y - y0 - y1) / (y1 - y0))
            field = np.maximum(field, 1 - radius)
        if prompts.mask is not None:
            field = np.where(resize(prompts.mask.astype(np.float32), (width, height)) > 0, 1, field)
        reach = max(self._size) / 8
        for px, py, label in prompts.points:
            inside = 1 - np.hypot(x - px, y - py) / reach
            field = np.maximum(field, inside) if label else np.minimum(field, -inside)
        for stroke in prompts.strokes:
            draw(field, stroke, self._size, is_share=False)
        fields = [1 - (1 - field) / size for size in sizes]
        field = fields[chosen]
        pierced = field - 0.05
        for px, py, radius in HOLES:
            away = np.hypot(x / self._size[0] - px, (y - py * self._size[1]) / self._size[0])
            pierced = np.minimum(pierced, away / radius - 1)
        layers = {SAM: 20 * field}
        if sama:
            layers[SAMA] = 20 * pierced
        if method.name in STEEPNESS:
            layers[ALPHA] = np.clip(field * STEEPNESS[method.name] + 0.3, 0, 1)
            if self.counts.grey and method.name == "sama":
                layers[ALPHA] *= 0.6
            if self.counts.trimap and method.name == "sama":
                layers[TRIMAP] = ((layers[ALPHA] > 0) + 1.0 * (layers[ALPHA] == 1)).astype(np.float32) / 2
        scores = np.array((0.7, 0.9, 0.8) if len(sizes) > 1 else (0.9,), np.float32)
        return ObjectAnswer(prompts, np.stack([f > 0 for f in fields]), scores, chosen, layers)
