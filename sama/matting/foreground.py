"""The colours of the object itself, without the old background shining through its edges."""

import numpy as np


def estimate_foreground(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Estimate F in I = alpha F + (1 - alpha) B.

    image: (H, W, 3) uint8; alpha: (H, W) float in [0, 1]. Returns (H, W, 3) float32 in [0, 1];
    equal to the image where alpha is 1, a smooth continuation of the object where alpha is 0.
    Raises ValueError when the sizes differ.

    Source: Germer et al., "Fast Multi-Level Foreground Estimation" (2020), as in PyMatting.
    """
    if image.shape != (*alpha.shape, 3):
        raise ValueError(f"image {image.shape} and alpha {alpha.shape} do not fit")
    colours = image.astype(np.float32) / np.float32(255)
    if alpha.size == 1:
        return colours  # the estimator divides by the number of its levels, which is zero here
    # Imported late: compiling PyMatting takes half a minute the first time.
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    alpha = np.ascontiguousarray(alpha, dtype=np.float32)
    foreground = estimate_foreground_ml(colours, alpha)
    # Where alpha is 1 the equation leaves no choice; the estimator would smooth across hard edges.
    np.copyto(foreground, colours, where=(alpha >= 1)[..., None])
    return foreground


def warm_up() -> None:
    """Compile the estimator ahead of the first use, on a picture of 8 x 8 pixels."""
    estimate_foreground(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.float32))
