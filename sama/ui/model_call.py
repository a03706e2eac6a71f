"""The one function of the page that runs a model, and so the one that a ZeroGPU Space gives a GPU."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import spaces

from sama.errors import SamaError
from sama.request.prompts import Prompts
from sama.ui.model_thread import ModelThread

if TYPE_CHECKING:
    from sama.predict.prediction import Prediction, Progress
    from sama.predict.predictor import SamaPredictor

    Step = Progress | Prediction | SamaPredictor

ENCODING, ANSWERING = 30, 10  # seconds of a GPU to ask for; less waits less


def run_model(
    predictor: "SamaPredictor",
    image: np.ndarray | None = None,
    prompts: Prompts | None = None,
    *,
    candidate: int | None = None,
    output_size: tuple[int, int] | None = None,
    sama: bool = True,
    matte: str | None = None,
    closer: bool = True,
) -> "Iterator[Step]":
    """Encode an image, answer prompts, or both.

    Yields a `Progress` per encoded view of image (H, W, 3) uint8, then the `Prediction` for prompts at output_size
    (width, height), and last the predictor. The predictor also comes before the first `Progress`, able to answer with
    SAM: whoever runs this in another process has only what was yielded.
    """
    if image is not None:
        for progress in predictor.set_image(image):
            if progress.stage == "global":
                yield predictor
            yield progress
    if prompts is not None:
        options = {"candidate": candidate, "output_size": output_size, "sama": sama, "matte": matte}
        yield predictor.predict(prompts, closer=closer, **options)
    yield predictor


def on_gpu(
    shared: "SamaPredictor", gpu: Callable = spaces.GPU, thread: ModelThread | None = None
) -> "Callable[..., Iterator[Step]]":
    """Return `run_model` for forks of a predictor, with a GPU for each call on a ZeroGPU Space.

    There, the call runs in a forked process: predictors travel pickled, without their model, and take that of `shared`
    on arrival; errors travel as values, since those that are raised lose their sentence. Elsewhere `gpu` is the
    identity, and predictors come back as the very same objects. thread: where to run, by default the caller's.
    """

    @gpu(duration=_seconds)
    def run(predictor: "SamaPredictor", *args, **options) -> "Iterator[Step | SamaError]":
        try:
            yield from run_model(predictor.attach(shared), *args, **options)
        except SamaError as error:
            yield error

    def call(predictor: "SamaPredictor", *args, **options) -> "Iterator[Step]":
        steps = run(predictor, *args, **options)
        for step in steps if thread is None else thread.iterate(steps):
            if isinstance(step, SamaError):
                raise step
            yield step.attach(shared) if hasattr(step, "attach") else step

    return call


def _seconds(predictor: "SamaPredictor", image: np.ndarray | None = None, *args, **options) -> int:
    return ANSWERING if image is None else ENCODING
