"""Masks as people and programs make them, from true ones: too small, too large, coarse, or with a piece missing.

The matting head learns on them to mend the mask that it is given, whatever that came from (ZIM's label converter and
MAM2's mask prompts; matting refinement networks such as MGMatting train on the like).
"""

import numpy as np
import torch
from contourpy import contour_generator
from PIL import Image, ImageDraw
from scipy import ndimage
from torch import Tensor

LOGIT = (4.0, 10.0)  # how sure a mask is, drawn for each
MOVED = 0.05  # of the object's size, at most, by which an edge is moved in or out
CORNERS = (6, 40)  # of polygons
COARSE = (4, 20)  # cells along the object's longer side of a mask of low resolution
PIECE = (0.1, 0.4)  # side of a missing piece, of the object's
SMALLEST = 4  # root of the area in cells of what can be damaged
LEAST = 0.3  # intersection over union with the truth below which a mask is not damaged but another


def damaged(target: Tensor, generator: torch.Generator) -> Tensor:
    """Logits (N, 1, g, g) of damaged masks of targets (N, 1, g, g) in [0, 1]; one kind of damage each, undamaged one
    time in seven. What damage would leave nothing of is not damaged."""
    made = []
    for alpha in target[:, 0].float().cpu().numpy():
        seed = int(torch.randint(2**31, (), generator=generator))
        made.append(_logits(alpha, np.random.default_rng(seed)))
    return torch.from_numpy(np.stack(made))[:, None].to(target.device)


def _logits(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    truth = alpha > 0.5
    kind = KINDS[rng.integers(len(KINDS))]
    size = float(np.sqrt(np.count_nonzero(truth)))
    soft = truth.astype(np.float32)
    if size >= SMALLEST:
        soft = kind(truth, size, rng)
        mask = soft > 0.5
        if np.count_nonzero(mask & truth) < LEAST * np.count_nonzero(mask | truth):
            soft = truth.astype(np.float32)
    # A mask's own edge is a cell wide, and blurred now and then.
    width = 0.7 if rng.random() < 0.7 else rng.uniform(1, 4)
    soft = ndimage.gaussian_filter(soft, width)
    return ((2 * soft - 1) * rng.uniform(*LOGIT)).astype(np.float32)


def _whole(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    return truth.astype(np.float32)


def _shrunk(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    inside = np.asarray(ndimage.distance_transform_edt(truth))
    return (inside > rng.uniform(0.3, 1) * MOVED * size).astype(np.float32)


def _grown(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    outside = np.asarray(ndimage.distance_transform_edt(~truth))
    return (outside <= rng.uniform(0.3, 1) * MOVED * size).astype(np.float32)


def _polygon(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Outlines with few corners, without the holes."""
    corners = int(rng.integers(*CORNERS))
    height, width = truth.shape
    drawn = Image.new("L", (width, height))
    pen = ImageDraw.Draw(drawn)
    # A border of nothing closes the outlines of what reaches over the picture's edge.
    for outline in contour_generator(z=np.pad(truth, 1).astype(np.float64)).lines(0.5):
        at = np.linspace(0, len(outline) - 1, min(corners, len(outline) - 1), endpoint=False).astype(int)
        if len(at) > 2:
            pen.polygon([(float(x) - 1, float(y) - 1) for x, y in np.asarray(outline)[at]], fill=1)
    return np.array(drawn, np.float32)


def _coarse(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Of low resolution, enlarged smoothly or in blocks."""
    height, width = truth.shape
    cell = max(2.0, size / rng.uniform(*COARSE))
    few = max(1, round(width / cell)), max(1, round(height / cell))
    small = Image.fromarray(truth.astype(np.float32)).resize(few, Image.Resampling.BOX)
    how = Image.Resampling.NEAREST if rng.random() < 0.4 else Image.Resampling.BILINEAR
    return np.asarray(small.resize((width, height), how), np.float32)


def _filled(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Gaps and bays closed."""
    reach = max(1.0, rng.uniform(0.5, 2) * MOVED * size)
    beside = np.logical_not(np.pad(truth, int(reach) + 1))
    outside = np.asarray(ndimage.distance_transform_edt(beside))
    closed = np.asarray(ndimage.distance_transform_edt(outside <= reach)) > reach
    rim = int(reach) + 1
    return (closed[rim:-rim, rim:-rim] | truth).astype(np.float32)


def _bitten(truth: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """A piece missing, or one too many, at the edge."""
    edge = np.argwhere(truth & np.logical_not(ndimage.binary_erosion(truth)))
    y, x = edge[rng.integers(len(edge))]
    rows, columns = np.ogrid[: truth.shape[0], : truth.shape[1]]
    tall, wide = (max(1.0, rng.uniform(*PIECE) * size / 2) for _ in range(2))
    piece = ((rows - y) / tall) ** 2 + ((columns - x) / wide) ** 2 < 1
    return (truth | piece if rng.random() < 0.3 else truth & ~piece).astype(np.float32)


KINDS = (_whole, _shrunk, _grown, _polygon, _coarse, _filled, _bitten)
