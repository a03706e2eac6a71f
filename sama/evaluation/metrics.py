"""Mask metrics, and the scoreboards that gather metrics over a data set.

IoU and boundary IoU judge the method's binary mask; the saliency measures judge its probability
map, through `pysodmetrics`, as papers on dichotomous segmentation do.
"""

import numpy as np
from scipy import ndimage

from sama.errors import INSTALL_EVAL, SamaError
from sama.evaluation.matting_metrics import matting_errors

MASK_METRICS = ("mIoU", "boundary_IoU", "F_max", "weighted_F", "MAE", "S", "E")
MATTE_METRICS = ("SAD", "MSE", "MAD", "Grad", "Conn")
INSIDE = "inside_alpha"
INSIDE_DEPTH = 10  # pixels


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two (H, W) bool masks; 1 for two empty ones."""
    union = int(np.count_nonzero(mask | truth))
    return int(np.count_nonzero(mask & truth)) / union if union else 1.0


def boundary_iou(mask: np.ndarray, truth: np.ndarray, *, dilation_ratio: float = 0.02) -> float:
    """IoU of the masks' inner boundary bands, `dilation_ratio` of the diagonal or 1 px wide.

    Source: Cheng et al., "Boundary IoU", CVPR 2021. The photo's rim counts as outside.
    """
    width = max(1, round(dilation_ratio * float(np.hypot(*mask.shape))))
    return iou(_inner_band(mask, width), _inner_band(truth, width))


def mean_absolute_error(probability: np.ndarray, truth: np.ndarray) -> float:
    """MAE of a probability map (H, W) in [0, 1] against a mask (H, W) bool, as `MaskScores` has it of pysodmetrics: in
    256 steps, stretched to the full range unless all is one value."""
    grey = np.rint(probability * 255) / 255
    low, high = float(grey.min()), float(grey.max())
    if high > low:
        grey = (grey - low) / (high - low)
    return float(np.abs(grey - truth).mean())


def _inner_band(mask: np.ndarray, width: int) -> np.ndarray:
    # `width` erosions by a 3x3 square leave the pixels deeper than `width` in chessboard distance.
    depth = np.asarray(ndimage.distance_transform_cdt(np.pad(mask, 1), metric="chessboard"))[1:-1, 1:-1]
    return mask & (depth <= width)


def opaque_inside(alpha: np.ndarray) -> np.ndarray:
    """(H, W) bool: where a true matte (H, W) in [0, 1] is 1, and so is everything up to INSIDE_DEPTH px away.

    The photo's rim is no edge: an object that is cut off by it goes on.
    """
    opaque = alpha >= 1
    if opaque.all() or not opaque.any():
        return opaque
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    # With a pixel around it where there is one, which is then not opaque; farther ones are never nearer.
    part = slice(max(0, rows[0] - 1), rows[-1] + 2), slice(max(0, columns[0] - 1), columns[-1] + 2)
    inside = np.zeros(alpha.shape, bool)
    inside[part] = np.asarray(ndimage.distance_transform_edt(opaque[part])) > INSIDE_DEPTH
    return inside


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
        self.rows: list[dict[str, float]] = []

    def add(
        self, mask: np.ndarray, probability: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None
    ) -> float:
        """Score one object; mask, truth (H, W) bool; probability (H, W) in [0, 1]. Return IoU.

        known (H, W) bool: where the truth says what is right, everywhere for None. What an answer says elsewhere does
        not count: the measures that count pixels leave those out, those of structure (S, weighted_F) and of
        boundaries see background there. `rows` gets the object's own metrics, without F_max.
        """
        grey = np.rint(probability * 255).astype(np.uint8)
        counted, counted_truth = grey, truth.astype(np.uint8) * 255
        whole_truth = counted_truth
        if known is not None and not known.all():
            mask, truth = mask & known, truth & known
            counted, counted_truth = grey[known][None], counted_truth[known][None]  # (1, known pixels)
            grey = np.where(known, grey, counted.min())  # stretched, that is 0
            whole_truth = truth.astype(np.uint8) * 255
        for measure in (self._f_max, self._mae, self._e):
            measure.step(pred=counted, gt=counted_truth)
        for measure in (self._weighted_f, self._s):
            measure.step(pred=grey, gt=whole_truth)
        row = {
            "IoU": iou(mask, truth),
            "boundary_IoU": boundary_iou(mask, truth),
            "weighted_F": float(self._weighted_f.weighted_fms[-1]),
            "MAE": float(self._mae.maes[-1]),
            "S": float(self._s.sms[-1]),
            "E": float(self._e.changeable_ems[-1].mean()),
        }
        self.rows.append(row)
        return row["IoU"]

    def results(self) -> dict[str, float]:
        """Means over the objects added so far (at least one), by metric name."""
        means = mean_of(self.rows)
        means["F_max"] = float(self._f_max.get_results()["f"]["dynamic"].max())
        return {name: means[name] for name in MASK_METRICS}


class MatteScores:
    """Gathers MATTE_METRICS over objects: NAME for the whole image, NAME_unknown for trimaps."""

    def __init__(self):
        self.rows: list[dict[str, float]] = []

    def add(self, alpha: np.ndarray, truth: np.ndarray, unknown: np.ndarray | None = None) -> float:
        """Score a matte; alpha, truth (H, W) in [0, 1]; unknown (H, W) bool. Return its MSE."""
        errors = matting_errors(alpha, truth)
        if unknown is not None and unknown.any():
            inside = matting_errors(alpha, truth, unknown)
            errors |= {f"{name}_unknown": value for name, value in inside.items()}
        self.rows.append(errors)
        return errors["MSE"]

    def results(self) -> dict[str, float]:
        """Means over the objects that have the metric, by metric name."""
        return mean_of(self.rows)


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each metric over the objects that have it; IoU becomes mIoU."""
    values: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault("mIoU" if name == "IoU" else name, []).append(value)
    return {name: float(np.mean(each)) for name, each in values.items()}
