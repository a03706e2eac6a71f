"""Mask metrics against hand-counted pixels and formulas written down independently."""

import sys

import numpy as np
import pytest
from scipy import ndimage

from sama.errors import SamaError
from sama.evaluation.metrics import (
    MASK_METRICS,
    MaskScores,
    MatteScores,
    boundary_iou,
    iou,
    opaque_inside,
)

sod = pytest.importorskip("py_sod_metrics", reason="the extra eval is not installed")


def block(shape, top, left, bottom, right) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def test_iou_by_counting():
    one, two = block((10, 10), 0, 0, 4, 5), block((10, 10), 2, 1, 6, 5)
    assert iou(one, two) == pytest.approx(8 / 28)  # 20 and 16 pixels, 8 shared
    assert iou(one, ~one) == 0
    assert iou(np.zeros((3, 3), bool), np.zeros((3, 3), bool)) == 1


def test_boundary_iou_by_counting():
    """On 30 x 40 the diagonal is 50: a ratio of .04 makes bands of 2 px.

    A 12 x 12 square has a band of 144 - 64 = 80 px. Moved right by one pixel it shares with the old
    one: rows within 2 of top and bottom, 4 rows of 11 columns; and in the 8 rows between, of the
    two 2-px columns at each side one column each: 44 + 8 * 2 = 60 of 80 + 80 - 60.
    """
    one, two = block((30, 40), 9, 9, 21, 21), block((30, 40), 9, 10, 21, 22)
    assert boundary_iou(one, two, dilation_ratio=0.04) == pytest.approx(60 / 100)


def test_boundary_iou_matches_erosion():
    rng = np.random.default_rng(3)
    masks = [ndimage.gaussian_filter(rng.random((60, 80)), 4) > 0.5 for _ in range(2)]
    bands = []
    for mask in masks:  # the diagonal is 100: two erosions by a 3 x 3 square
        inner = ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=2, border_value=0)
        bands.append(mask & ~inner)
    expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    assert 0 < expected < 1
    assert boundary_iou(*masks) == pytest.approx(expected)


def test_perfect_and_inverted_answers():
    truth = block((40, 40), 10, 12, 30, 28)
    best, worst = MaskScores(), MaskScores()
    best.add(truth, truth.astype(np.float32), truth)
    worst.add(~truth, 1 - truth.astype(np.float32), truth)
    for name, value in best.results().items():
        # E averages over 256 thresholds, one of which (>= 0) takes the whole picture.
        assert value == pytest.approx(0 if name == "MAE" else 1, abs=4e-3 if name == "E" else 1e-6)
    assert worst.results()["mIoU"] == 0
    assert worst.results()["MAE"] == 1
    assert worst.results()["weighted_F"] < 0.1


def test_f_max_is_the_maximum_of_the_mean_curve():
    """Two objects whose best thresholds differ: the curve is averaged first, then its maximum
    taken.
    """

    def curve(grey, truth):
        values = []
        for threshold in range(256):
            taken = grey >= threshold
            hit = (taken & truth).sum()
            precision, recall = hit / max(taken.sum(), 1), hit / truth.sum()
            low = 0.3 * precision + recall
            values.append(1.3 * precision * recall / low if low else 0)
        return np.array(values)

    truth = block((10, 10), 0, 0, 5, 10)
    first, second = np.zeros((10, 10)), np.zeros((10, 10))
    first[:5], first[5], first[9] = 1, 0.7, 0.2  # best above 0.7
    second[:2], second[2:5], second[8] = 1, 0.3, 0.1  # best just below 0.3
    scores, curves = MaskScores(), []
    for probability in (first, second):
        scores.add(probability > 0.5, probability, truth)
        curves.append(curve(np.rint(probability * 255), truth))
    expected = np.mean(curves, axis=0).max()
    assert expected < np.mean([c.max() for c in curves])
    assert scores.results()["F_max"] == pytest.approx(expected, abs=1e-6)


def test_mae_and_miou_are_means_over_objects():
    truth = block((10, 10), 0, 0, 5, 10)
    half = block((10, 10), 0, 0, 5, 5)
    scores = MaskScores()
    assert scores.add(truth, truth.astype(float), truth) == 1
    assert scores.add(half, half.astype(float), truth) == 0.5
    results = scores.results()
    assert tuple(results) == MASK_METRICS
    assert results["mIoU"] == pytest.approx(0.75)
    assert results["MAE"] == pytest.approx((0 + 0.25) / 2)
    assert all(type(value) is float for value in results.values())


def test_matte_scores_average_and_separate_the_unknown_region():
    truth = np.zeros((10, 10), np.float32)
    unknown = np.zeros((10, 10), bool)
    unknown[0] = True
    answer = np.where(unknown, 0.5, 0).astype(np.float32)
    scores = MatteScores()
    assert scores.add(answer, truth, unknown) == pytest.approx(25)
    scores.add(truth, truth)  # without a trimap: counts for the whole image only
    results = scores.results()
    assert results["MSE"] == pytest.approx(12.5)
    assert results["MSE_unknown"] == pytest.approx(250)
    assert results["SAD_unknown"] == pytest.approx(5e-3)


def test_missing_package_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "py_sod_metrics", None)
    with pytest.raises(SamaError, match=r"pip install '\.\[eval\]'"):
        MaskScores()


def scores_of(mask, probability, truth, known=None) -> dict[str, float]:
    scores = MaskScores()
    scores.add(mask, probability, truth, known)
    return scores.results()


def test_what_an_answer_says_in_a_void_does_not_count():
    rng = np.random.default_rng(5)
    truth = block((40, 60), 10, 10, 30, 30)
    known = ~block((40, 60), 5, 30, 35, 50)  # beside the object: a crowd
    probability = (0.8 * block((40, 60), 12, 8, 30, 30) + 0.1 * rng.random((40, 60))).astype(np.float32)
    expected = scores_of(probability > 0.5, probability, truth, known)
    for value in (0.0, 0.3, 1.0):
        other = np.where(known, probability, np.float32(value))
        assert scores_of(other > 0.5, other, truth, known) == expected
    everywhere = scores_of(probability > 0.5, probability, truth)
    assert scores_of(probability > 0.5, probability, truth, np.ones_like(truth)) == everywhere
    assert expected["mIoU"] == everywhere["mIoU"]
    wrong = np.where(known, probability, 1)
    assert scores_of(wrong > 0.5, wrong, truth)["mIoU"] < expected["mIoU"] - 0.2


def test_measures_that_count_pixels_leave_a_void_out():
    """Ten rows of ten: the upper half the object, three rows a void, and in the other two rows one wrong."""
    truth, known = block((10, 10), 0, 0, 5, 10), ~block((10, 10), 7, 0, 10, 10)
    mask = truth | block((10, 10), 6, 0, 10, 10)
    found = scores_of(mask, mask.astype(np.float32), truth, known)
    assert found["mIoU"] == pytest.approx(5 / 6)
    assert found["MAE"] == pytest.approx(1 / 7)
    assert found["F_max"] == pytest.approx(1.3 * (5 / 6) / (0.3 * 5 / 6 + 1))
    cropped = scores_of(mask[:7], mask[:7].astype(np.float32), truth[:7])
    assert found["E"] == pytest.approx(cropped["E"])


def test_each_object_has_a_row_of_its_own():
    scores = MaskScores()
    truth = block((10, 10), 0, 0, 5, 10)
    for right in (10, 5):
        mask = block((10, 10), 0, 0, 5, right)
        scores.add(mask, mask.astype(float), truth)
    assert [row["IoU"] for row in scores.rows] == [1, 0.5]
    assert [row["MAE"] for row in scores.rows] == pytest.approx([0, 0.25])
    for name in ("boundary_IoU", "weighted_F", "S", "E"):
        assert np.mean([row[name] for row in scores.rows]) == pytest.approx(scores.results()[name])


def test_the_inside_begins_ten_pixels_from_what_is_not_opaque():
    alpha = np.zeros((60, 80), np.float32)
    alpha[10:50, 20:80] = 1  # cut off by the right rim, which is no edge
    alpha[30, 60] = 0.99
    inside = opaque_inside(alpha)
    rows, columns = np.nonzero(inside)
    # Row 20 is 11 px from row 9, the last that is not opaque.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 39, 30, 79)
    assert not inside[30, 50] and inside[30, 49] and not inside[30, 60]
    depth = ndimage.distance_transform_edt(alpha >= 1)
    assert np.array_equal(inside, depth > 10)
    assert opaque_inside(np.ones((5, 5))).all() and not opaque_inside(np.full((5, 5), 0.9)).any()
