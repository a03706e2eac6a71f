"""The one function of the page that runs a model, and so the one that a ZeroGPU Space gives a GPU."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import spaces
from spaces.config import Config

from sama import methods
from sama.errors import SamaError
from sama.objects.everything import Everything, everything
from sama.objects.everything import Step as Found
from sama.predict.answer import Answer, Progress
from sama.request.request import Request
from sama.ui.model_thread import ModelThread

if TYPE_CHECKING:
    from sama.predict.loading import Predictor

ENCODING, ANSWERING = 30, 10  # seconds of a GPU to ask for; less waits less


@dataclass(frozen=True, eq=False)
class Studied:
    """What a study found."""

    value: Any


if TYPE_CHECKING:
    Step = Progress | Answer | Studied | Found | Predictor


def run_model(
    predictor: "Predictor",
    image: np.ndarray | None = None,
    request: Request | None = None,
    report: Callable[[float], None] | None = None,
    study: Callable[..., Any] | None = None,
    idle: bool = False,
    find: Everything | None = None,
) -> "Iterator[Step]":
    """Encode an image, answer a request, study either, or all of them; or find everything in it, for which the global
    view is enough.

    Yields a `Progress` per encoded view of image (H, W, 3) uint8, then the `Answer`, what a study made, and last the
    predictor. The predictor also comes before the first `Progress`, able to answer with SAM: whoever runs this in
    another process has only what was yielded. report: `progress` of `methods.answer`. study: is called with the
    predictor and `report=`; to be pickled, a function of a module or a `partial` of one. idle: see `on_gpu`. find: how
    everything is to be found; yields the steps of `everything`.
    """
    if find is not None:
        if image is not None:
            next(iter(predictor.set_image(image)), None)
        yield from everything(predictor, find)
        return
    if image is not None:
        for progress in predictor.set_image(image):
            if progress.stage == "global":
                yield predictor
            yield progress
    if request is not None:
        yield methods.answer(predictor, request, report)
    if study is not None:
        yield Studied(study(predictor, report=report))
    yield predictor


def on_gpu(
    shared: "Predictor", gpu: Callable = spaces.GPU, thread: ModelThread | None = None
) -> "Callable[..., Iterator[Step]]":
    """Return `run_model` for forks of a predictor, with a GPU for each call on a ZeroGPU Space.

    There, the call runs in a forked process: predictors travel pickled, without their model, and take that of `shared`
    on arrival; errors travel as values, since those that are raised lose their sentence. Elsewhere `gpu` is the
    identity, and predictors come back as the very same objects. thread: where to run, by default the caller's; a method
    that takes seconds leaves it as soon as it reports how far it is. What is asked with idle=True yields nothing where
    others are at work.
    """

    model = cast(Any, shared)  # forks are of its own kind
    report = None if thread is None else lambda _: thread.leave()

    @gpu(duration=_seconds)
    def run(predictor: "Predictor", *args, **options) -> "Generator[Step | SamaError, None, None]":
        try:
            yield from run_model(predictor.attach(model), *args, report=report, **options)
        except SamaError as error:
            yield error

    def call(predictor: "Predictor", *args, idle: bool = False, **options) -> "Iterator[Step]":
        if idle and (Config.zero_gpu or (thread is not None and not thread.idle)):
            return  # nobody's click waits for this, and no visitor's share of a GPU is spent on it
        steps = run(predictor, *args, **options)
        for step in steps if thread is None else thread.iterate(steps):
            if isinstance(step, SamaError):
                raise step
            yield step if isinstance(step, Progress | Answer | Studied | Found) else step.attach(model)

    return call


def _seconds(predictor: "Predictor", image: np.ndarray | None = None, *args, **options) -> int:
    return ANSWERING if image is None else ENCODING
