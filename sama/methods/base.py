"""What a method is: something that turns a request on a photo into an answer.

Modules of methods import torch and everything slow inside functions: a list of their names should not wait for it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from sama.errors import PromptError, WeightsError
from sama.predict.answer import ALPHA, Answer, ModelInfo, ObjectAnswer
from sama.request.request import Request

if TYPE_CHECKING:
    from sama.predict.seen import Seen

# What a method may take, return and need.
BOX, POINTS, MASK = "box", "points", "mask"
MATTE = "matte"
MODEL, SAMA_WEIGHTS, OWN_ALPHA = "model", "SAMA weights", "a photo with transparency"

Report = Callable[[float], None]


class Predictor(Protocol):
    """What methods ask of a predictor, see `sama.predict`."""

    @property
    def info(self) -> ModelInfo:
        """What runs, and where."""
        ...

    @property
    def photo(self) -> np.ndarray | None:
        """The open photo (H, W, 3) uint8, or a smaller copy."""
        ...

    def answer(self, request: Request, method: "ModelMethod", progress: Report | None = None) -> Answer:
        """Answer a request on the open photo."""
        ...


class Method(ABC):
    """One row of the table; everything about it is said here and nowhere else.

    name: in flags, files and sessions; label: on a button; panel: over its matte on the page, title: elsewhere; help:
    what it is, for who asks; note: in a figure's caption; takes: of BOX, POINTS and MASK; returns: of MASK and MATTE;
    needs: of MODEL, SAMA_WEIGHTS and OWN_ALPHA; mask: the layer that holds its own mask, None where that is its matte
    above 0.5; slow: what to say while it works, empty for what is there at once; licence: empty if the model's; switch:
    whether the page's switch offers it; as_painted: whether strokes are taken as they are, not shown to SAM and SAMA;
    foreign: whether it is another project's model, which answers only where it is named. `{model}` in panel and title
    stands for the model's title, see `named`.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    panel: ClassVar[str] = "Alpha matte"
    title: ClassVar[str]
    help: ClassVar[str]
    note: ClassVar[str] = ""
    takes: ClassVar[frozenset[str]] = frozenset({BOX, POINTS, MASK})
    returns: ClassVar[frozenset[str]] = frozenset({MASK})
    needs: ClassVar[frozenset[str]] = frozenset()
    mask: ClassVar[str | None] = None
    slow: ClassVar[str] = ""
    licence: ClassVar[str] = ""
    switch: ClassVar[bool] = True
    as_painted: ClassVar[bool] = False
    foreign: ClassVar[bool] = False

    @abstractmethod
    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> Callable[[Request, Report | None], Answer]:
        """Take a photo (H, W, 3) uint8 and return what answers requests on it.

        predictor: whose open photo it is; None is enough for a method that does not need a MODEL.
        """

    def absent(self) -> str:
        """Why it cannot run on this machine with any model, and what to do about it: one sentence, empty if it can."""
        return ""

    def available(self, info: ModelInfo) -> bool:
        """Whether it can run here, and this model has the weights for it."""
        return (info.trained or SAMA_WEIGHTS not in self.needs) and not self.absent()

    def missing(self, info: ModelInfo) -> str:
        """One sentence for who asks a model for it that it is not available with."""
        return (
            self.absent() or f"{self.title} needs SAMA's weights; give --sama-weights, or choose closed_form."
        )

    def named(self, text: str, info: ModelInfo) -> str:
        """The method's panel or title with the model's title in it."""
        return text.replace("{model}", info.title)

    def check(self, request: Request, info: ModelInfo) -> None:
        """Raise WeightsError where weights are missing, PromptError for prompts that it does not take."""
        if not self.available(info):
            raise WeightsError(self.missing(info))
        self.check_prompts(request)

    def check_prompts(self, request: Request) -> None:
        """Raise PromptError for prompts that it does not take."""
        for prompts in request.objects:
            # Strokes correct any method's answer; where there is nothing else they ask like clicks.
            clicks = prompts.points or (prompts.strokes and prompts.only_strokes)
            given = {BOX: prompts.boxes, POINTS: clicks, MASK: prompts.mask is not None}
            if wrong := [name for name, there in given.items() if there and name not in self.takes]:
                takes = " or ".join(sorted(self.takes))
                raise PromptError(f"{self.name} takes a {takes}, no {wrong[0]}; correct the prompts.")
            if self.takes == {MASK} and prompts.mask is None:
                raise PromptError(f"{self.name} needs a mask of the photo's size; give one.")


class ModelMethod(Method):
    """A method that finishes what a predictor has seen of each object."""

    needs = frozenset({MODEL})
    tasks: ClassVar[tuple[str, ...]] = ()  # of SAMA's heads
    follows_mask: ClassVar[bool] = False  # whether these refine a mask that is given, not SAM's answer to it

    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> Callable[[Request, Report | None], Answer]:
        """See `Method.open`."""
        if predictor is None:
            raise ValueError(f"{self.name} needs a predictor")
        return lambda request, progress=None: predictor.answer(request, self, progress)

    def finish(self, seen: "Seen") -> None:
        """Add this method's layers to those of one object; see `sama.predict.seen.Finisher`."""


class PhotoMethod(Method):
    """A method that needs the photo alone; beside a predictor it has SAM's and SAMA's layers, too."""

    def open(
        self, photo: np.ndarray, predictor: Predictor | None = None
    ) -> Callable[[Request, Report | None], Answer]:
        """See `Method.open`."""

        def answer(request: Request, progress: Report | None = None) -> Answer:
            self.check_prompts(request)
            if predictor is None:
                none, unscored = np.empty((0, *request.shape), bool), np.empty(0, np.float32)
                objects = [ObjectAnswer(each, none, unscored, 0, {}) for each in request.objects]
                seconds = {}
            else:
                beside = predictor.answer(request, Beside(), progress)
                objects, seconds = beside.objects, beside.seconds
            if progress is not None:
                progress(0.0)
            for each in objects:
                each.layers.update(self.layers(photo, each, request))
            return Answer(self.name, tuple(objects), seconds)

        return answer

    @abstractmethod
    def layers(self, photo: np.ndarray, answer: ObjectAnswer, request: Request) -> dict[str, np.ndarray]:
        """Layers for one object, (H, W) float32 of the request's `shape`: ALPHA for a matte, logits under the name in
        `mask` for a mask. answer: what is known of the object, its prompts in pixels of `request.photo_size`, which
        may be larger than photo (h, w, 3) uint8."""


class Beside(ModelMethod):
    """SAM's and SAMA's masks without a matte."""

    name = "beside"
    tasks = ("segmentation",)


def matte_of(answer: Answer, method: Method) -> np.ndarray:
    """The matte (H, W) float32 in [0, 1]; a method that makes none offers its mask as one."""
    alpha = answer.layer(ALPHA)
    if alpha is not None:
        return alpha
    mask = None if method.mask is None or MATTE in method.returns else answer.mask(method.mask)
    if mask is None:
        raise ValueError(f"the answer of {method.name} has no matte")
    return mask.astype(np.float32)
