"""Mask metrics, and the two scoreboards that gather metrics over a data set.

IoU and boundary IoU judge the method's binary mask; the saliency measures judge its probability
map, through `pysodmetrics`, as papers on dichotomous segmentation do.
"""

import numpy as np
from scipy import ndimage

from sama.errors import INSTALL_EVAL, SamaError
from sama.evaluation.matting_metrics import matting_errors

MASK_METRICS = ("mIoU", "boundary_IoU", "F_max", "weighted_F", "MAE", "S", "E")
MATTE_METRICS = ("SAD", "MSE", "MAD", "Grad", "Conn")


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two (H, W) bool masks; 1 for two empty ones."""
    union = np.count_nonzero(mask | truth)
    return np.count_nonzero(mask & truth) / union if union else 1.0


def boundary_iou(mask: np.ndarray, truth: np.ndarray, *, dilation_ratio: float = 0.02) -> float:
    """IoU of the masks' inner boundary bands, `dilation_ratio` of the diagonal or 1 px wide.

    Source: Cheng et al., "Boundary IoU", CVPR 2021. The photo's rim counts as outside.
    """
    width = max(1, round(dilation_ratio * float(np.hypot(*mask.shape))))
    return iou(_inner_band(mask, width), _inner_band(truth, width))


def _inner_band(mask: np.ndarray, width: int) -> np.ndarray:
    # `width` erosions by a 3x3 square leave the pixels deeper than `width` in chessboard distance.
    depth = np.asarray(ndimage.distance_transform_cdt(np.pad(mask, 1), metric="chessboard"))[1:-1, 1:-1]
    return mask & (depth <= width)


class MaskScores:
    """Gathers MASK_METRICS over objects.

    F_max: beta^2 = 0.3, the curve over 256 thresholds averaged over objects, then its maximum.
    weighted_F: Margolin et al. 2014, beta 1. MAE: mean |p - y|. S: structure measure, alpha 0.5. E:
    mean of the enhanced-alignment curve. pysodmetrics stretches every probability map to the full
    range first, as its published numbers do. Raises SamaError where pysodmetrics is missing.
    """

    def __init__(self):
        try:
            import py_sod_metrics as sod
        except ImportError as error:
            raise SamaError(f"The mask metrics need pysodmetrics: {INSTALL_EVAL}.") from error
        self._fmeasure = sod.FmeasureHandler(with_dynamic=True, with_adaptive=False, beta=0.3)
        self._f_max = sod.FmeasureV2({"f": self._fmeasure})
        self._weighted_f, self._mae = sod.WeightedFmeasure(), sod.MAE()
        self._s, self._e = sod.Smeasure(), sod.Emeasure()
        self._ious: list[float] = []
        self._boundary_ious: list[float] = []

    def add(self, mask: np.ndarray, probability: np.ndarray, truth: np.ndarray) -> float:
        """Score one object; mask, truth (H, W) bool; probability (H, W) in [0, 1]. Return IoU."""
        self._ious.append(iou(mask, truth))
        self._boundary_ious.append(boundary_iou(mask, truth))
        grey = np.rint(probability * 255).astype(np.uint8)
        for measure in (self._f_max, self._weighted_f, self._mae, self._s, self._e):
            measure.step(pred=grey, gt=truth.astype(np.uint8) * 255)
        return self._ious[-1]

    def results(self) -> dict[str, float]:
        """Means over the objects added so far (at least one), by metric name."""
        values = (
            np.mean(self._ious),
            np.mean(self._boundary_ious),
            self._f_max.get_results()["f"]["dynamic"].max(),
            self._weighted_f.get_results()["wfm"],
            self._mae.get_results()["mae"],
            self._s.get_results()["sm"],
            self._e.get_results()["em"]["curve"].mean(),
        )
        return {name: float(value) for name, value in zip(MASK_METRICS, values, strict=True)}


class MatteScores:
    """Gathers MATTE_METRICS over objects: NAME for the whole image, NAME_unknown for trimaps."""

    def __init__(self):
        self._values: dict[str, list[float]] = {}

    def add(self, alpha: np.ndarray, truth: np.ndarray, unknown: np.ndarray | None = None) -> float:
        """Score a matte; alpha, truth (H, W) in [0, 1]; unknown (H, W) bool. Return its MSE."""
        errors = matting_errors(alpha, truth)
        if unknown is not None and unknown.any():
            inside = matting_errors(alpha, truth, unknown)
            errors |= {f"{name}_unknown": value for name, value in inside.items()}
        for name, value in errors.items():
            self._values.setdefault(name, []).append(value)
        return errors["MSE"]

    def results(self) -> dict[str, float]:
        """Means over the objects that have the metric, by metric name."""
        return {name: float(np.mean(values)) for name, values in self._values.items()}
