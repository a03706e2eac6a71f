"""The matte that needs no training of ours: closed-form matting of SAM's answer."""

from collections.abc import Callable

import numpy as np

from sama.matting.closed_form import closed_form_alpha
from sama.matting.trimap import trimap_from_logits
from sama.models.sama import SamAnswer
from sama.models.views import Frame
from sama.photo.resize import resize, shrink_photo
from sama.predict.framing import to_photo


def training_free_alpha(
    photo: np.ndarray,
    frame: Frame,
    answer: SamAnswer,
    shown: list[int],
    size: tuple[int, int],
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Matte (H, W) float32 in [0, 1] of SAM's mask at `size` (height, width).

    photo: RGB uint8, as detailed as the matte may need; frame: where it lies for the model; shown: which of SAM's masks
    are candidates. progress is called with the fraction that is done.
    """
    photo = shrink_photo(photo, size[0] * size[1])
    shape = photo.shape[:2]
    candidates = np.stack([to_photo(answer.logits[:, i : i + 1], frame, shape) > 0 for i in shown])
    trimap = trimap_from_logits(to_photo(answer.base, frame, shape), candidates)
    return resize(closed_form_alpha(photo, trimap, progress=progress), size[::-1])
