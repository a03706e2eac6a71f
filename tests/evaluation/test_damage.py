"""Damaged masks against shapes whose right answers are plain to see."""

import numpy as np
import pytest

from sama.evaluation.damage import COARSE, DAMAGES, coarse, eroded, grown, polygon
from sama.evaluation.metrics import iou

SHAPE = (220, 300)


def block(top, left, bottom, right) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[top:bottom, left:right] = True
    return mask


def disk(y, x, radius) -> np.ndarray:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def test_edges_move_by_three_percent_of_the_object():
    """The longer side is 200 px: 6 px."""
    mask = block(50, 40, 150, 240)
    assert np.array_equal(eroded(mask), block(56, 46, 144, 234))
    larger = grown(mask)
    assert larger[44:156, 40:240].all() and larger[50:150, 34:246].all()
    assert not larger[:44].any() and not larger[:, :34].any() and not larger[44, 34]  # round corners


def test_the_rim_of_the_photo_is_no_edge():
    cut_off = block(50, 0, 150, 200)
    assert eroded(cut_off)[56:144, :194].all()
    assert np.count_nonzero(eroded(cut_off)) == 88 * 194
    everything = np.ones(SHAPE, bool)
    assert eroded(everything).all() and grown(everything).all()


def test_thin_things_are_not_eroded_away():
    """A bar of 200 x 9 px has a reach of 6 px, more than its middle: half of it stays."""
    bar = block(100, 40, 109, 240)
    left = eroded(bar)
    assert 0.5 * bar.sum() <= left.sum() < bar.sum()
    assert not left[100].any() and left[104, 60:220].all()
    wire = block(100, 40, 101, 240)
    assert np.array_equal(eroded(wire), wire)


def test_a_polygon_has_straight_edges_and_no_holes():
    """A circle of radius 100 has an outline of 628 px, in steps of 1 and 1.41: ten corners, 64 px apart."""
    ring = disk(110, 150, 100) & ~disk(110, 150, 40)
    found = polygon(ring)
    assert found[110, 150]
    whole = disk(110, 150, 100)
    decagon = 10 / 2 * np.sin(2 * np.pi / 10) * 100**2  # area by formula
    assert found.sum() == pytest.approx(decagon, rel=0.03)
    assert not (found & ~disk(110, 150, 102)).any()
    assert 0.9 < iou(found, whole) < 0.97


def test_every_piece_gets_a_polygon_specks_and_lines_too():
    pieces = disk(60, 60, 40) | disk(160, 200, 50)
    pieces[10, 250] = pieces[5, 100:130] = True
    found = polygon(pieces)
    assert found[60, 60] and found[160, 200] and found[10, 250] and found[5, 115]
    assert not found[100, 130]


def test_a_coarse_mask_has_lost_what_is_finer_than_its_cells():
    mask = block(20, 40, 212, 232)  # 192 px: cells of 3
    mask[100, 232:260] = True  # a whisker, which makes cells of 3.4
    found = coarse(mask)
    assert not found[100, 240:].any()
    assert iou(found, mask) > 0.97
    small = block(10, 10, 10 + COARSE, 20)
    assert np.array_equal(coarse(small), small)
    wires = np.zeros(SHAPE, bool)
    wires[10:210:50, 10:290] = True
    assert coarse(wires).any(), "never empty"


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_deterministic_and_leaves_its_input_alone(damage):
    mask = disk(110, 150, 60)
    before = mask.copy()
    first, second = DAMAGES[damage](mask), DAMAGES[damage](mask)
    assert np.array_equal(first, second) and np.array_equal(mask, before)
    assert first.dtype == bool and first.shape == SHAPE and not np.array_equal(first, mask)
