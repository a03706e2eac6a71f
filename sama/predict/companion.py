"""The embedded model beside another one: SAMA's heads for a SAM that has none of its own."""

import threading
from functools import lru_cache

from sama.predict.loading import Predictor, load

NAME = "mini"
_loading = threading.Lock()


def companion(device: str, dtype: str) -> Predictor:
    """Return the embedded model's predictor, to be forked; loaded at the first call and kept, with a cache of photos'
    features of its own.

    device, dtype: as `ModelInfo` says them. Raises WeightsError, DeviceError.
    """
    with _loading:
        return _load(device.partition(":")[0], dtype)


@lru_cache(maxsize=2)
def _load(device: str, dtype: str) -> Predictor:
    return load(NAME, device=device, dtype=dtype)
