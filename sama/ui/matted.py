"""A picture with its matte, and what may be made of the two."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sama.matting import composite, estimate_layers, residual, to_uint8

_MARGIN = 24  # pixels around the object in which the old background's colours are looked for


@dataclass(frozen=True, eq=False)
class Matted:
    """An image (h, w, 3) uint8 with its matte (h, w) float32; the object's colours are estimated when needed."""

    image: np.ndarray
    alpha: np.ndarray

    @property
    def around(self) -> tuple[slice, slice]:
        """The rows and columns with the object and some background; everything where there is no object."""
        spans = []
        for axis, size in ((1, self.alpha.shape[0]), (0, self.alpha.shape[1])):
            seen = np.flatnonzero((self.alpha > 0).any(axis)).tolist() or [0, size - 1]
            spans.append(slice(max(0, seen[0] - _MARGIN), min(size, seen[-1] + 1 + _MARGIN)))
        return spans[0], spans[1]

    @cached_property
    def layers(self) -> tuple[np.ndarray, np.ndarray]:
        """The object's and the old background's estimated colours, each (h, w, 3) float32 in [0, 1]; away from the
        object both are the photo's own, since only the background is seen there."""
        around = self.around
        own = self.image.astype(np.float32) / np.float32(255)
        layers = own, own.copy()
        for whole, part in zip(layers, estimate_layers(self.image[around], self.alpha[around]), strict=True):
            whole[around] = part
        return layers

    def colours(self, estimated: bool) -> np.ndarray:
        """The object's estimated colours or the photo's own, (h, w, 3) float32 in [0, 1]."""
        return self.layers[0] if estimated else self.image.astype(np.float32) / np.float32(255)

    def on(self, backdrop: np.ndarray, estimated: bool) -> np.ndarray:
        """Return the object on a backdrop (h, w, 3) float32, as (h, w, 3) uint8."""
        return to_uint8(composite(self.colours(estimated), self.alpha, backdrop))

    def residual(self, estimated: bool) -> np.ndarray:
        """Return what the colours leave unexplained, see `sama.matting.residual`."""
        return residual(self.image, self.alpha, self.colours(estimated), self.layers[1])
