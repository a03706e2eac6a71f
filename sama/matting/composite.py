"""Put an object on a new background."""

import numpy as np


def composite(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return I = alpha F + (1 - alpha) B, exact where alpha is 0 or 1.

    foreground and background: (H, W, 3) in [0, 1], the background also (3,) for one colour;
    alpha: (H, W) in [0, 1]. Returns (H, W, 3) float32 in [0, 1].
    """
    alpha = np.asarray(alpha, dtype=np.float32)[..., None]  # (H, W, 1)
    result = np.multiply(foreground, alpha, dtype=np.float32)  # premultiplied colours
    result += np.multiply(background, 1 - alpha, dtype=np.float32)
    return result


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Return values in [0, 1] as bytes in [0, 255], rounded to the nearest."""
    scaled = np.multiply(values, 255, dtype=np.float32)
    np.rint(scaled, out=scaled)
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def cutout(foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return the object as RGBA (H, W, 4) uint8 with straight (not premultiplied) alpha.

    foreground: (H, W, 3) and alpha: (H, W), both in [0, 1]. Wholly transparent pixels are black:
    their colour means nothing, and would only make the file larger.
    """
    opacity = to_uint8(alpha)
    colours = to_uint8(foreground)
    colours[opacity == 0] = 0
    return np.dstack([colours, opacity])
