"""Alpha without any training: closed-form matting of a trimap."""

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

import numpy as np

from sama.photo.resize import resize, shrink_photo

MAX_PIXELS = 400_000  # of the crop that is solved; the solver's time and memory grow with it
MARGIN = 8  # pixels of sure background around the unknown band
TOLERANCE = 1e-7  # of the linear system's residual, PyMatting's own


def closed_form_alpha(
    image: np.ndarray,
    trimap: np.ndarray,
    *,
    max_pixels: int = MAX_PIXELS,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Return the closed-form matte (H, W) float32 in [0, 1] of image (H, W, 3) uint8 and a trimap.

    The trimap is 0, 1, and between them unknown. Source: Levin et al. 2008, PyMatting's `estimate_alpha_cf`, on the
    crop that holds the unknown pixels, shrunk to max_pixels; known pixels keep their value. A trimap without
    foreground, background or unknown is answered by rounding it: there is nothing to propagate.
    progress is called with the fraction done, from 0, before anything takes long, to 1.
    """
    from pymatting import estimate_alpha_cf  # imported late: compiling it takes half a minute the first time

    known = (trimap >= 0.5).astype(np.float32)
    unknown = (trimap > 0) & (trimap < 1)
    if not (unknown.any() and (trimap == 0).any() and (trimap == 1).any()):
        return known
    crop = _crop(trimap > 0)
    values = trimap[crop]
    colours = shrink_photo(np.ascontiguousarray(image[crop]), max_pixels) / 255.0
    h, w = colours.shape[:2]
    rough = resize(values.astype(np.float32), (w, h)).astype(np.float64)
    if (h, w) != values.shape:  # a shrunk pixel is known only where all that it covers is
        rough = np.where(rough <= 0.01, 0.0, np.where(rough >= 0.99, 1.0, 0.5))
    if not ((rough == 0).any() and (rough == 1).any()):
        return known
    if progress is not None:
        progress(0.0)
    options = {"rtol": TOLERANCE, "callback": _Meter(progress) if progress else None}
    with redirect_stdout(StringIO()):  # it prints when its preconditioner needs a second attempt
        found = np.clip(estimate_alpha_cf(colours, rough, cg_kwargs=options), 0, 1).astype(np.float32)
    known[crop] = np.where(unknown[crop], resize(found, values.shape[::-1]), known[crop])
    return known


class _Meter:
    """Turns the solver's shrinking residual into a fraction: on a logarithmic scale it falls about evenly."""

    def __init__(self, report: Callable[[float], None]):
        self.report = report
        self.best = 0.0

    def __call__(self, _matrix, _x, _b, norm_b: float, _residual, norm_residual: float) -> None:
        left = max(norm_residual / norm_b, TOLERANCE) if norm_b else TOLERANCE
        fraction = float(np.clip(np.log(left) / np.log(TOLERANCE), 0, 1))
        if fraction > self.best:
            self.best = fraction
            self.report(fraction)


def _crop(region: np.ndarray) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return (
        slice(max(0, rows[0] - MARGIN), rows[-1] + 1 + MARGIN),
        slice(max(0, columns[0] - MARGIN), columns[-1] + 1 + MARGIN),
    )
