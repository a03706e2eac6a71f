"""J, F and dtSSD beside their definitions, written down another way."""

import numpy as np
import pytest

from sama.evaluation.clip_metrics import ClipScores, dtssd, outline, outline_f


def outline_slowly(mask: np.ndarray) -> np.ndarray:
    """DAVIS's seg2bmap at the mask's own size, pixel by pixel."""
    height, width = mask.shape
    found = np.zeros(mask.shape, bool)
    for y in range(height):
        for x in range(width):
            right = mask[y, x + 1] if x + 1 < width else mask[y, x]
            below = mask[y + 1, x] if y + 1 < height else mask[y, x]
            both = mask[y + 1, x + 1] if x + 1 < width and y + 1 < height else mask[y, x]
            if y + 1 < height and x + 1 < width:
                found[y, x] = mask[y, x] != right or mask[y, x] != below or mask[y, x] != both
            elif x + 1 < width:
                found[y, x] = mask[y, x] != right
            elif y + 1 < height:
                found[y, x] = mask[y, x] != below
    return found


def f_slowly(mask: np.ndarray, truth: np.ndarray) -> float:
    """DAVIS's f_measure, by comparing all pairs of outline pixels; they match within a disc of whole pixels."""
    own, other = (np.argwhere(outline_slowly(each)) for each in (mask, truth))
    if not len(own) and not len(other):
        return 1.0
    if not len(own) or not len(other):
        return 0.0
    reach = np.ceil(0.008 * np.linalg.norm(mask.shape))
    apart = np.sqrt(((own[:, None] - other[None]) ** 2).sum(-1))
    precision, recall = (apart.min(1) <= reach).mean(), (apart.min(0) <= reach).mean()
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def blobs(seed: int, shape=(50, 70)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    found = np.zeros(shape, bool)
    for _ in range(3):
        cy, cx, r = rng.uniform(0, shape[0]), rng.uniform(0, shape[1]), rng.uniform(4, 14)
        found |= np.hypot(y - cy, x - cx) < r
    return found


@pytest.mark.parametrize("seed", range(6))
def test_outlines_and_f_are_those_of_davis(seed):
    mask = blobs(seed)
    for truth in (blobs(seed + 100), np.roll(mask, 1, axis=0), np.roll(mask, 4, axis=1)):
        assert np.array_equal(outline(mask), outline_slowly(mask))
        assert outline_f(mask, truth) == pytest.approx(f_slowly(mask, truth))


def test_empty_masks():
    nothing, something = np.zeros((20, 20), bool), blobs(1, (20, 20))
    assert outline_f(nothing, nothing) == 1
    assert outline_f(nothing, something) == outline_f(something, nothing) == 0


def test_flicker_is_the_error_of_the_change():
    rng = np.random.default_rng(0)
    a, b, ta, tb = rng.random((4, 6, 7))
    expected = 0.0
    for y in range(6):
        for x in range(7):
            expected += ((b[y, x] - a[y, x]) - (tb[y, x] - ta[y, x])) ** 2
    assert dtssd(b - a, tb - ta) == pytest.approx(100 * (expected / 42) ** 0.5)


def test_the_first_frame_counts_for_the_change_to_the_second_alone():
    scores, truth = ClipScores(), blobs(3)
    matte = truth.astype(np.float32)
    scores.add(~truth, truth, 1 - matte, matte, counts=False)
    scores.add(truth, truth, matte, matte, counts=True)
    found = scores.results()
    assert list(found) == ["j", "f", "j_and_f", "mad", "mse", "grad", "dtssd"]
    assert found["j"] == found["f"] == found["j_and_f"] == 1
    assert found["mad"] == found["mse"] == found["grad"] == 0
    assert found["dtssd"] == pytest.approx(100 * np.sqrt(np.mean((2 * matte - 1) ** 2)))


def test_without_mattes_there_are_masks_alone_and_what_nobody_decided_does_not_count():
    scores, truth = ClipScores(), blobs(3)
    known = np.zeros_like(truth)
    known[:, :30] = True
    mask = truth.copy()
    mask[:, 35:] ^= True
    scores.add(mask, truth, None, None, known, counts=True)
    assert scores.results() == {"j": 1.0, "f": 1.0, "j_and_f": 1.0}
