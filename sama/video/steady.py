"""A matte that flickers less: where it is between, part of it is the matte before, moved along the flow."""

import numpy as np
from PIL import Image

from sama.video.flow import Motion

FAINT = 0.02  # alpha nearer to 0 and 1 is no between
ALIKE = 24.0  # grey levels: a spot that has changed by as much is another one


def steadied(
    alpha: np.ndarray,
    before: np.ndarray,
    motion: Motion,
    change: np.ndarray,
    damping: float,
) -> np.ndarray:
    """A matte (H, W) in [0, 1] with `damping` of the one before, (H, W), where either is between 0 and 1.

    Only where the flow's two ways agree; change (h, w): by how many grey levels a spot differs from the one it was,
    which takes weight from it.
    """
    if not damping:
        return alpha
    moved = motion.moved(before)
    between = ((alpha > FAINT) & (alpha < 1 - FAINT)) | ((moved > FAINT) & (moved < 1 - FAINT))
    trust = motion.sure.astype(np.float32) * np.clip(1 - change / ALIKE, 0, 1)
    trust = np.asarray(Image.fromarray(trust).resize(alpha.shape[::-1], Image.Resampling.BILINEAR))
    weight = np.float32(damping) * trust * between
    return alpha + weight * (moved - alpha)


def changed(earlier: np.ndarray, later: np.ndarray, motion: Motion) -> np.ndarray:
    """By how many grey levels (h, w) float32 each spot of a grey picture differs from where it was in the earlier."""
    return np.abs(later.astype(np.float32) - motion.moved(earlier.astype(np.float32)))
