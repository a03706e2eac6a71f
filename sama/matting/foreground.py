"""The colours of the object itself, without the old background shining through its edges."""

import numpy as np

from sama.matting.strips import for_strips

# Less of the background, or of the object, than this changes no byte of a composite.
_TRACE = np.float32(0.5 / 255)
_SIDE = 1024  # longest side in pixels that is solved as a whole
_LEAST = 32  # rows and columns of a grid that still shows what is where
_MOSTLY_SOFT = 0.5  # share of soft pixels from which on the whole picture is solved at its full size


def estimate_foreground(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Estimate F in I = alpha F + (1 - alpha) B.

    image: (H, W, 3) uint8; alpha: (H, W) float in [0, 1]. Returns (H, W, 3) float32 in [0, 1];
    equal to the image where alpha is 1, a smooth continuation of the object where alpha is 0.
    Raises ValueError when the sizes differ.

    Above 1024 pixels a side F and B are estimated on a grid of every second, fourth, ... pixel, and
    then fitted to each soft pixel; elsewhere nothing is left to estimate. Where most pixels are
    soft, and in very thin pictures, everything is solved at full size.

    Sources: Germer et al., "Fast Multi-Level Foreground Estimation" (2020), as in PyMatting, for the
    grid; Forte, "Approximate Fast Foreground Colour Estimation" (2021), eq. 3, for the pixels.
    """
    if image.shape != (*alpha.shape, 3):
        raise ValueError(f"image {image.shape} and alpha {alpha.shape} do not fit")
    alpha = np.asarray(alpha, dtype=np.float32)
    step = 1
    while max(alpha.shape) > _SIDE * step:
        step *= 2
    sampled = (slice(step // 2, None, step),) * 2
    if step > 1 and min(alpha[sampled].shape) >= _LEAST and _soft(alpha[sampled]).mean() < _MOSTLY_SOFT:
        return _fit(image, alpha, step, *_solve(image[sampled], alpha[sampled]))
    return estimate_layers(image, alpha)[0]


def estimate_layers(image: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate F and B in I = alpha F + (1 - alpha) B at full size, each (H, W, 3) float32 in [0, 1].

    image: (H, W, 3) uint8; alpha: (H, W) float32 in [0, 1]. F equals the image where alpha is 1, and B where it is 0:
    the equation leaves no choice there, and the estimator would smooth across hard edges.
    """
    foreground, background = _solve(image, alpha)
    for layer, known in ((foreground, alpha >= 1), (background, alpha <= 0)):
        np.divide(image, np.float32(255), out=layer, where=known[..., None], dtype=np.float32)
    return foreground, background


def _soft(alpha: np.ndarray) -> np.ndarray:
    """Tell (H, W) where both the object and the background are seen."""
    return (alpha >= _TRACE) & (alpha <= 1 - _TRACE)


def _solve(image: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return F and B (H, W, 3) float32 of a whole picture, image (H, W, 3) uint8."""
    colours = image.astype(np.float32)
    colours /= 255
    if alpha.size == 1:  # the estimator divides by the number of its levels, which is zero here
        return colours, colours.copy()
    # Imported late: compiling PyMatting takes half a minute the first time.
    from numba import get_num_threads, set_num_threads
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    # PyMatting spreads nothing but its many small resizings over the cores: on a busy machine they wait for each
    # other far longer than they work. The setting is this thread's own.
    threads = get_num_threads()
    set_num_threads(1)
    try:
        f, b = estimate_foreground_ml(colours, np.ascontiguousarray(alpha), return_background=True)
        return f, b
    finally:
        set_num_threads(threads)


def _fit(image: np.ndarray, alpha: np.ndarray, step: int, f: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return F (H, W, 3) from F and B (h, w, 3) on a grid whose pixels are `step` apart."""
    height, width = alpha.shape
    rows, columns = _Taps(height, step, len(f)), _Taps(width, step, f.shape[1])
    grid = _Grid(np.concatenate([f, b], axis=2))
    nearest = np.minimum(np.arange(width) // step, f.shape[1] - 1)
    result = np.empty((height, width, 3), np.float32)

    def fit_strip(strip: slice) -> None:
        opacity, out = alpha[strip], result[strip]
        np.divide(image[strip], np.float32(255), out=out, dtype=np.float32)
        soft = np.flatnonzero(_soft(opacity))
        if len(soft):
            y, x = np.divmod(soft, width)
            guess = grid.between(rows, y + strip.start, columns, x)  # (6, n)
            a = opacity.take(soft)
            pixels = out.reshape(-1, 3)
            colours, left = guess[:3], pixels[soft].T
            left -= a * colours
            left -= (1 - a) * guess[3:]
            # The F and B nearest to the guess that add up to the pixel's colour.
            colours += a / (a**2 + (1 - a) ** 2) * left
            pixels[soft] = colours.clip(0, 1).T
        clear = opacity < _TRACE
        for top in range(0, len(opacity), step):
            part = slice(top, top + step)
            if clear[part].any():
                line = f[min((strip.start + top) // step, len(f) - 1)].take(nearest, axis=0)
                np.copyto(out[part], line, where=clear[part, :, None])

    for_strips((height, width), fit_strip, multiple=step)
    return result


class _Taps:
    """Linear interpolation along one axis: for each of `length` pixels, its neighbours among `count` grid points
    `step` apart, and the share of the second."""

    def __init__(self, length: int, step: int, count: int):
        position = (np.arange(length, dtype=np.float32) - step // 2) / step
        self.first = np.clip(np.floor(position).astype(np.intp), 0, count - 1)
        self.second = np.minimum(self.first + 1, count - 1)
        self.share = np.clip(position - self.first, 0, 1, dtype=np.float32)


class _Grid:
    """Values (h, w, c) on a grid, channel by channel, which is the quickest way to pick single pixels."""

    def __init__(self, values: np.ndarray):
        self.width = values.shape[1]
        self.planes = np.ascontiguousarray(values.reshape(-1, values.shape[2]).T)  # (c, h w)

    def between(self, rows: _Taps, y: np.ndarray, columns: _Taps, x: np.ndarray) -> np.ndarray:
        """Interpolate at pixels y, x (n,); returns (c, n)."""
        left, right, across = columns.first[x], columns.second[x], columns.share[x]
        lines = []
        for row in (rows.first[y] * self.width, rows.second[y] * self.width):
            line = self.planes.take(row + left, axis=1)
            line += across * (self.planes.take(row + right, axis=1) - line)
            lines.append(line)
        upper, lower = lines
        upper += rows.share[y] * (lower - upper)
        return upper


def warm_up() -> None:
    """Compile the estimator ahead of the first use, on a picture of 8 x 8 pixels."""
    estimate_foreground(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.float32))
