"""Put an object on a new background."""

import numpy as np
from scipy.ndimage import maximum_filter

from sama.matting.strips import for_strips

_MARGIN = 8  # pixels around a cut-out object that keep a colour


def composite(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return I = alpha F + (1 - alpha) B, exact where alpha is 0 or 1.

    foreground and background: (H, W, 3) in [0, 1], the background also (3,) for one colour;
    alpha: (H, W) in [0, 1]. Returns (H, W, 3) float32 in [0, 1].
    """
    result = np.empty((*alpha.shape, 3), np.float32)
    background = np.broadcast_to(background, result.shape)

    def mix(rows: slice) -> None:
        _mix(foreground[rows], alpha[rows], background[rows], out=result[rows])

    for_strips(alpha.shape, mix)
    return result


def composite_bytes(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return `to_uint8` of `composite`, without the picture in floats in between."""
    result = np.empty((*alpha.shape, 3), np.uint8)
    background = np.broadcast_to(background, result.shape)

    def mix(rows: slice) -> None:
        mixed = np.empty(result[rows].shape, np.float32)
        _mix(foreground[rows], alpha[rows], background[rows], out=mixed)
        result[rows] = to_uint8(mixed)

    for_strips(alpha.shape, mix)
    return result


def _mix(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray, out: np.ndarray) -> None:
    least, most = alpha.min(initial=1), alpha.max(initial=0)
    if least == most and most in (0, 1):  # nothing to mix
        out[:] = foreground if most else background
        return
    alpha = np.asarray(alpha, dtype=np.float32)[..., None]  # (h, W, 1)
    np.multiply(foreground, alpha, out=out, casting="same_kind")  # premultiplied colours
    out += np.multiply(background, 1 - alpha, dtype=np.float32)


def residual(
    image: np.ndarray, alpha: np.ndarray, foreground: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Return |I - (alpha F + (1 - alpha) B)|, averaged over the colours: (H, W) float32 in [0, 1].

    image: (H, W, 3) uint8; the rest as for `composite`, the background being the photo's own.
    """
    again = composite(foreground, alpha, background)
    return np.abs(image / np.float32(255) - again, out=again).mean(axis=2)


def to_uint8(values: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return values in [0, 1] as bytes in [0, 255], rounded to the nearest; in `out` where that is given."""
    result = np.empty(values.shape, np.uint8) if out is None else out

    def convert(rows: slice) -> None:
        scaled = np.multiply(values[rows], 255, dtype=np.float32)
        np.rint(scaled, out=scaled)
        np.clip(scaled, 0, 255, out=scaled)
        result[rows] = scaled

    for_strips((len(values), values[:1].size), convert)
    return result


def cutout(foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return the object as RGBA (H, W, 4) uint8 with straight (not premultiplied) alpha.

    foreground: (H, W, 3) in [0, 1], or uint8; alpha: (H, W) in [0, 1]. Around the object the foreground goes on
    for 8 transparent pixels, so that its edge keeps its colour when the cut-out is scaled; further
    out pixels are black: their colour means nothing, and would only make the file larger.
    """
    result = np.empty((*alpha.shape, 4), np.uint8)
    opacity = to_uint8(alpha, out=result[..., 3])
    if foreground.dtype == np.uint8:
        result[..., :3] = foreground
    else:
        to_uint8(foreground, out=result[..., :3])
    near = maximum_filter(opacity, 2 * _MARGIN + 1, mode="nearest")
    np.copyto(result[..., :3], 0, where=(near == 0)[..., None])
    return result
