"""What the tests of batches share: a tiny model that other processes can load, and small photos."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.helpers import lively_sama, predictor_of


def tiny(model: str = "mini", **how):
    """A small model with random weights, the same in every process."""
    return predictor_of(lively_sama())
