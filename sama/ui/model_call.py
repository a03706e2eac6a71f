"""The one function of the page that runs a model, and so the one that a ZeroGPU Space gives a GPU."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import spaces

from sama.prompts import Prompts

if TYPE_CHECKING:
    from sama.prediction import Prediction, Progress
    from sama.predictor import SamaPredictor


@spaces.GPU
def run_model(
    predictor: "SamaPredictor",
    image: np.ndarray | None = None,
    prompts: Prompts | None = None,
    *,
    output_size: tuple[int, int] | None = None,
    sama: bool = True,
) -> "Iterator[Progress | Prediction | SamaPredictor]":
    """Encode an image, answer prompts, or both.

    Yields a `Progress` per encoded view of image (H, W, 3) uint8, then the `Prediction` for prompts
    at output_size (width, height), and last the predictor. Outside a ZeroGPU Space the decorator is
    the identity and the predictor comes back as the very same object; on one, this runs in a forked
    process, and the predictor that comes back, pickled, is the one that has seen the image.
    """
    if image is not None:
        yield from predictor.set_image(image)
    if prompts is not None:
        yield predictor.predict(prompts, output_size=output_size, sama=sama)
    yield predictor
