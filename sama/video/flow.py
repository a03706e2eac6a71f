"""How one frame moves into the next: dense optical flow, there and back.

OpenCV's DIS (Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016) on small grey pictures. Where
the way there and the way back disagree, something was hidden, or the flow is wrong.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from sama.errors import INSTALL_VIDEO, ClipError

POINTS = 10  # a row of a box in which a move is measured
LONGEST = 480  # pixels of the longer side of pictures that flow is computed on


def grey_of(rgb: np.ndarray) -> np.ndarray:
    """A frame (H, W, 3) uint8 as the small grey picture (h, w) uint8 that flow is computed on."""
    height, width = rgb.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = max(16, round(width * scale)), max(16, round(height * scale))
    grey = Image.fromarray(rgb).convert("L")
    return np.asarray(
        grey if grey.size == size else grey.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    )


@dataclass(frozen=True, eq=False)
class Motion:
    """From a frame to the next. there (h, w, 2) float32: how far every pixel of the earlier frame moves, x and y in
    pixels of these small pictures; back: the same from the later to the earlier one; error (h, w): by how many of them
    the two disagree at pixels of the later frame."""

    there: np.ndarray
    back: np.ndarray
    error: np.ndarray

    @classmethod
    def between(cls, earlier: np.ndarray, later: np.ndarray) -> "Motion":
        """Flow between two pictures (h, w) uint8 from `grey_of`. Raises ClipError where OpenCV is missing."""
        cv2 = _cv2()
        dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        earlier, later = np.ascontiguousarray(earlier), np.ascontiguousarray(later)
        nothing = np.zeros((*earlier.shape, 2), np.float32)
        there, back = dis.calc(earlier, later, nothing.copy()), dis.calc(later, earlier, nothing)
        there_again = _remapped(there, back)
        return cls(there, back, np.hypot(*np.moveaxis(back + there_again, 2, 0)))

    @cached_property
    def sure(self) -> np.ndarray:
        """(h, w) bool: where both ways agree; how far they may differ grows with the way (Sundaram et al. 2010)."""
        return self.error**2 < 0.01 * 2 * (self.back**2).sum(2) + 1.0

    def moved(self, earlier: np.ndarray, outside: float = 0.0) -> np.ndarray:
        """A map (H, W) float32 of the earlier frame as it lies in the later one; outside: what comes in at the rim."""
        height, width = earlier.shape
        return _remapped(earlier, self.at((height, width)), outside)

    def at(self, shape: tuple[int, int]) -> np.ndarray:
        """`back` for pictures of `shape` (height, width), in their pixels."""
        height, width = self.back.shape[:2]
        if shape == (height, width):
            return self.back
        large = _cv2().resize(self.back, shape[::-1], interpolation=1)
        return large * np.array([shape[1] / width, shape[0] / height], np.float32)

    def sure_at(self, shape: tuple[int, int]) -> np.ndarray:
        """`sure` for pictures of `shape` (height, width)."""
        return _cv2().resize(self.sure.astype(np.uint8), shape[::-1], interpolation=0) > 0


def moved_box(
    box: tuple[float, float, float, float], motion: Motion, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Where the flow moves a box of a frame of `size` (width, height), at least a pixel wide and inside the frame.

    The median of the moves of a grid of points, and of how their distances change (Kalal, Mikolajczyk and Matas,
    "Forward-backward error", ICPR 2010).
    """
    height, width = motion.there.shape[:2]
    scale = np.array([width / size[0], height / size[1]])
    corners = np.reshape(box, (2, 2)) * scale
    low, high = corners
    x, y = (np.linspace(low[axis], high[axis], POINTS + 2)[1:-1] for axis in (0, 1))
    points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    columns, rows = points.round().astype(int).clip(0, [width - 1, height - 1]).T
    after = points + motion.there[rows, columns]
    growth = 1.0
    before_apart, apart = (np.linalg.norm(each[:, None] - each[None], axis=2) for each in (points, after))
    pairs = before_apart > 1
    if pairs.any():
        growth = float(np.clip(np.median(apart[pairs] / before_apart[pairs]), 0.8, 1.25))
    middle = corners.mean(0) + np.median(after - points, axis=0)
    half = np.diff(corners, axis=0)[0] / 2 * growth
    low, high = (middle - half) / scale, (middle + half) / scale
    low = np.clip(low, 0, np.array(size) - 1)
    high = np.clip(high, low + 1, size)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _remapped(earlier: np.ndarray, back: np.ndarray, outside: float = 0.0) -> np.ndarray:
    cv2 = _cv2()
    height, width = back.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x, y = x + back[..., 0], y + back[..., 1]
    if earlier.ndim == 3:
        return cv2.remap(earlier, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rim = cv2.BORDER_CONSTANT
    return cv2.remap(earlier, x, y, cv2.INTER_LINEAR, borderMode=rim, borderValue=(outside,) * 4)


def _cv2():
    try:
        import cv2
    except ImportError as error:
        raise ClipError(f"Following an object needs OpenCV; {INSTALL_VIDEO}.") from error
    return cv2
