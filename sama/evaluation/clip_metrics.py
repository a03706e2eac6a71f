"""Measures of clips: J and F of masks as DAVIS defines them, errors of mattes, and how they flicker.

J is IoU; F compares outlines (Perazzi et al., "A benchmark dataset and evaluation methodology for video object
segmentation", CVPR 2016, with the constants of the evaluation code of DAVIS 2017). dtSSD is that of Erofeev et al.,
"Perceptually motivated benchmark for video matting", BMVC 2015, scaled as papers do.
"""

import numpy as np
from scipy import ndimage

from sama.evaluation.matting_metrics import gradient_magnitude
from sama.evaluation.metrics import iou

BOUND = 0.008  # of the diagonal: how far outlines may lie apart
MATTE = ("mad", "mse", "grad", "dtssd")


def outline_f(mask: np.ndarray, truth: np.ndarray) -> float:
    """F of two masks (H, W) bool: the harmonic mean of how much of either's outline lies within BOUND of the other's.

    1 for two empty masks, 0 where only one is.
    """
    own, other = outline(mask), outline(truth)
    if not own.any() or not other.any():
        return float(not own.any() and not other.any())
    reach = int(np.ceil(BOUND * np.hypot(*mask.shape)))
    # A disc's dilation, as a distance: all pixels whose centres are within `reach` of one of the outline's.
    near_other, near_own = (_far(each) <= reach for each in (other, own))
    precision, recall = float(near_other[own].mean()), float(near_own[other].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _far(outline: np.ndarray) -> np.ndarray:
    """How far every pixel is from an outline that is not empty."""
    return np.asarray(ndimage.distance_transform_edt(~outline))


def outline(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels that differ from that to the right, below, or both; the picture's rim is none."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    right, below, both = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    found = (mask ^ right) | (mask ^ below) | (mask ^ both)
    found[-1], found[:, -1] = mask[-1] ^ right[-1], mask[:, -1] ^ below[:, -1]
    return found


class ClipScores:
    """Gathers the measures of one method on one clip, frame by frame; `first` is the frame that was prompted."""

    def __init__(self):
        self._rows: list[dict[str, float]] = []
        self._before: tuple[np.ndarray, np.ndarray] | None = None
        self.lost = 0

    def add(
        self,
        mask: np.ndarray,
        truth: np.ndarray,
        alpha: np.ndarray | None = None,
        matte: np.ndarray | None = None,
        known: np.ndarray | None = None,
        *,
        counts: bool,
    ) -> None:
        """A frame: masks (H, W) bool; alpha and the true matte (H, W) in [0, 1], or None; known: where the truth says
        what is right. counts=False: the prompted frame, of which only the step to the next one counts."""
        row = {}
        if counts:
            if known is not None:
                mask, truth = mask & known, truth & known
            row = {"j": iou(mask, truth), "f": outline_f(mask, truth)}
        if alpha is not None and matte is not None:
            alpha, matte = alpha.astype(np.float64), matte.astype(np.float64)
            if counts:
                row["mad"] = float(np.abs(alpha - matte).mean() * 1e3)
                row["mse"] = float(((alpha - matte) ** 2).mean() * 1e3)
                steps = gradient_magnitude(alpha) - gradient_magnitude(matte)
                row["grad"] = float((steps**2).sum() / 1e3)
            if self._before is not None:
                row["dtssd"] = dtssd(alpha - self._before[0], matte - self._before[1])
            self._before = alpha, matte
        if row:
            self._rows.append(row)

    def results(self) -> dict[str, float]:
        """Means over the frames that count: j, f, j_and_f, and of mattes mad, mse, grad and dtssd."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        found = {name: float(np.mean([row[name] for row in self._rows if name in row])) for name in names}
        if "j" in found:
            found["j_and_f"] = (found["j"] + found["f"]) / 2
        return {name: found[name] for name in ("j", "f", "j_and_f", *MATTE) if name in found}


def dtssd(step: np.ndarray, true_step: np.ndarray) -> float:
    """Of a matte's change (H, W) from one frame to the next and that of the truth: 100 times the root of the mean
    square of their difference."""
    return float(100 * np.sqrt(((step - true_step) ** 2).mean()))
