"""Mattes behind one another: what each lets be seen of those behind it."""

from collections.abc import Sequence

import numpy as np


def stacked(alphas: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return mattes (H, W) float32 in [0, 1], given from front to back, as they are seen: a_i times what all in front
    leave, prod_j (1 - a_j). Summed from the front they never exceed 1."""
    seen, left = [], None
    for alpha in alphas:
        left = np.ones_like(alpha) if left is None else left
        part = np.minimum(alpha * left, left)
        seen.append(part)
        left = left - part
    return seen


def stacked_bytes(alphas: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The same in bytes, which never exceed 255 together: each is the step of the rounded sum up to it."""
    steps, total, before = [], None, None
    for part in stacked(alphas):
        total = part.astype(np.float64) if total is None else total + part
        rounded = np.rint(np.clip(total, 0, 1) * 255).astype(np.uint8)
        steps.append(rounded if before is None else rounded - before)
        before = rounded
    return steps
