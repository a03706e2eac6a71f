"""Where SAM and SAMA disagree: a map, and the places worth a look, the most important first."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

MOST = 12  # places offered
RIM = 5  # pixels; what is thinner is the rim between two masks of different resolution
WINDOW = 0.3  # of the longer side: the largest part of a region that is shown at once
_EVERY_NEIGHBOUR = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Place:
    """A connected region where the masks differ.

    box: what to look at, x0, y0, x1, y1 in pixels of the map: all of the region, or the surroundings of its thickest
    spot; area: in pixels; strength: the mean difference of the two probabilities there.
    """

    box: tuple[int, int, int, int]
    area: int
    strength: float


def difference_map(sam_logits: np.ndarray, sama_logits: np.ndarray) -> np.ndarray:
    """Return |p_SAM - p_SAMA| (h, w) float32 in [0, 1] of two logits (h, w)."""
    return np.abs(_sigmoid(sam_logits) - _sigmoid(sama_logits))


def places(sam_logits: np.ndarray, sama_logits: np.ndarray) -> list[Place]:
    """Return the connected regions where one mask holds a pixel and the other does not, by area x strength.

    A rim goes round every object and would tie all regions together: it is opened away first, unless nothing else
    differs.
    """
    differs = (sam_logits > 0) != (sama_logits > 0)
    opened = ndimage.binary_opening(differs, np.ones((RIM, RIM), bool))
    labels, count = _label(opened if opened.any() else differs)
    if not count:
        return []
    strength = difference_map(sam_logits, sama_logits)
    weight = np.bincount(labels.ravel(), strength.ravel(), count + 1)  # area x mean strength
    area = np.bincount(labels.ravel(), minlength=count + 1)
    found = ndimage.find_objects(labels)
    ranked = (np.argsort(-weight[1:], kind="stable") + 1)[:MOST]
    return [Place(_view(labels, i, found[i - 1]), int(area[i]), float(weight[i] / area[i])) for i in ranked]


def _view(labels: np.ndarray, index: int, where: tuple[slice, slice]) -> tuple[int, int, int, int]:
    """The box of a region, or of the surroundings of its thickest spot where the region is large."""
    inside = np.pad(labels[where] == index, 1)  # beyond the edge of the photo there is no region
    thick = np.asarray(ndimage.distance_transform_edt(inside))[1:-1, 1:-1]
    spot = np.unravel_index(np.argmax(thick), thick.shape)
    edges = []
    most = max(1, round(WINDOW * max(labels.shape)))
    for axis in (1, 0):
        low, high = where[axis].start, where[axis].stop
        if high - low > most:
            middle = low + int(spot[axis])
            low = min(max(low, middle - most // 2), high - most)
            high = low + most
        edges.append((low, high))
    (x0, x1), (y0, y1) = edges
    return x0, y0, x1, y1


def _label(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The regions of a mask, numbered from 1 on, and how many there are."""
    regions = np.empty(mask.shape, np.int32)
    count = ndimage.label(mask, _EVERY_NEIGHBOUR, output=regions)
    return regions, int(count)  # pyright: ignore[reportArgumentType]  a number, as `output` is given


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30).astype(np.float32)))
