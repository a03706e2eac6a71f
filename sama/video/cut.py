"""One frame and its matte, and the pictures that files are made of; each is made once, when the first file asks."""

from fractions import Fraction
from functools import cached_property

import numpy as np

from sama.matting import Background, composite_bytes, cutout, estimate_foreground, to_uint8

GREEN = 0, 177, 64  # the green of studios' cloths, #00b140


class CutFrame:
    """rgb: (H, W, 3) uint8; alpha: (H, W) float32 in [0, 1]; index: the frame's number in the clip it is from; time:
    seconds since the first frame that is written; duration: seconds until the next."""

    def __init__(
        self,
        rgb: np.ndarray,
        alpha: np.ndarray,
        index: int,
        time: Fraction,
        duration: Fraction,
        foreground: bool,
    ):
        """foreground: whether the object's own colours are estimated, so that no background shines through."""
        self.rgb, self.alpha = rgb, alpha
        self.index, self.time, self.duration = index, time, duration
        self._estimate = foreground

    @cached_property
    def colours(self) -> np.ndarray:
        """(H, W, 3) float32 in [0, 1]: the object's, or the frame's own."""
        if self._estimate:
            return estimate_foreground(self.rgb, self.alpha)
        return self.rgb.astype(np.float32) / np.float32(255)

    @cached_property
    def cutout(self) -> np.ndarray:
        """(H, W, 4) uint8, straight alpha; nothing of the background is left away from the object."""
        return cutout(self.colours, self.alpha)

    @cached_property
    def deep_cutout(self) -> np.ndarray:
        """The same (H, W, 4) uint16."""
        deep = self.cutout.astype(np.uint16) * 257
        deep[..., 3] = np.rint(self.alpha * 65535)
        return deep

    @cached_property
    def matte(self) -> np.ndarray:
        """(H, W, 3) uint8, grey."""
        return np.repeat(to_uint8(self.alpha)[..., None], 3, 2)

    @cached_property
    def green(self) -> np.ndarray:
        """The object on green (H, W, 3) uint8."""
        return composite_bytes(self.colours, self.alpha, np.array(GREEN, np.float32) / np.float32(255))

    def on(self, backdrop: np.ndarray) -> np.ndarray:
        """The object on a picture (H, W, 3) float32 in [0, 1], as (H, W, 3) uint8."""
        return composite_bytes(self.colours, self.alpha, backdrop)


class Backdrop:
    """A background for all frames of a clip; what does not depend on the frame is rendered once."""

    def __init__(self, background: Background):
        self._background = background
        self._rendered: np.ndarray | None = None

    def behind(self, cut: CutFrame) -> np.ndarray:
        """Return the background (H, W, 3) float32 in [0, 1] of a frame."""
        if self._background.kind == "blur":
            return self._background.render(cut.rgb, cut.alpha)
        if self._rendered is None:
            self._rendered = self._background.render(cut.rgb, cut.alpha)
        return self._rendered
