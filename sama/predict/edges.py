"""SAMA's last step for models that see few pixels: its maps are made to follow the edges of the photo.

The segmentation head answers on a grid of 256, the matting head on one of 1024, and photos have more. The guided filter
(He, Sun and Tang 2010) takes a map for an affine function of the photo's colours within every small window; the
coefficients are made on a coarse grid and applied at the resolution that is asked for (fast guided filter, He and Sun
2015). docs/notebook.md has what it is worth.
"""

import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from sama.models.guided import Guide, apply, follow, make_guide
from sama.models.maps import span
from sama.predict.framing import resized

GRID = 512  # longer side of the grid on which the coefficients are made
RADIUS = {"segmentation": 5, "matting": 3}  # of the windows, in cells of the grid
SMOOTHNESS = 3e-4
STEEPER = 2  # a mask's logits are multiplied by it, since the windows' means have flattened them
_SMALLEST = 1e-6  # probabilities keep this distance from 0 and 1, so that logits are finite
_FARTHEST = math.log((1 - _SMALLEST) / _SMALLEST)  # the logits of these
_FAINT = 1 / 255  # what is nowhere more probable near a cell has no edges to follow


class Edges:
    """What a photo has to say about the maps of its objects; photo: (H, W, 3) uint8, may be a smaller copy; grid: the
    longer side of the grid, with windows to match."""

    def __init__(self, photo: np.ndarray, grid: int = GRID):
        self._photo = photo
        self._radius = {task: max(1, round(radius * grid / GRID)) for task, radius in RADIUS.items()}
        scale = grid / max(photo.shape[:2])
        height, width = (max(1, round(side * scale)) for side in photo.shape[:2])
        self._grid = height, width
        self._guides: dict[str, Guide] = {}
        self._sized: Tensor | None = None  # the photo at the size that was last asked for

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_guides": {}, "_sized": None}  # quickly made again

    def followed(self, logits: Tensor, task: str, size: tuple[int, int]) -> Tensor:
        """Logits (1, 1, h, w) of a map of the whole photo, enlarged to size (height, width) along the photo's edges.

        task: of the map, `segmentation` or `matting`. float32, finite. Above the size of the photo that is at hand,
        logits are enlarged the ordinary way.
        """
        width, height = self._photo.shape[1::-1]
        near = size if size[0] * size[1] <= width * height else (height, width)
        on_grid = F.interpolate(logits.sigmoid(), self._grid, mode="bilinear", antialias=True)
        cells, pixels = _near_object(on_grid, near, self._radius[task])
        guide, own = self._guide(task), resized(logits, near)
        some = Guide(guide.image[cells], guide.mean[cells], guide.inverse[cells], guide.radius)
        found = apply(follow(some, on_grid[cells]), self._at(near)[pixels])
        if task == "matting":
            # The surer the head, the less the photo's colours count: they are those of the object's texture too.
            sure = own[pixels].sigmoid()
            found = sure.lerp(found, (sure * (1 - sure) * 5).clamp_(max=1))
        whole = own.clamp(-_FARTHEST, _FARTHEST)
        whole[pixels] = found.clamp_(_SMALLEST, 1 - _SMALLEST).logit_()
        if task == "segmentation":
            whole *= STEEPER
        return resized(whole, size)

    def _guide(self, task: str) -> Guide:
        if not self._guides:
            # In double precision: the covariance of grey photos is nearly singular.
            small = _tensor(self._photo, self._grid).double()
            for each, radius in self._radius.items():
                guide = make_guide(small, radius, SMOOTHNESS)
                parts = guide.image.float(), guide.mean.float(), guide.inverse.float()
                self._guides[each] = Guide(*parts, radius)
        return self._guides[task]

    def _at(self, size: tuple[int, int]) -> Tensor:
        if self._sized is None or self._sized.shape[-2:] != size:
            self._sized = _tensor(self._photo, size)
        return self._sized


def _near_object(on_grid: Tensor, size: tuple[int, int], radius: int) -> tuple[tuple, tuple]:
    """Where a map (1, 1, g, g') in [0, 1] has to be filtered with windows of a radius: indices of the cells, and of the
    pixels of `size` that they stand for. All of it for a smaller size."""
    there, cells, pixels = on_grid[0, 0] > _FAINT, [], []
    for axis, (count, length) in enumerate(zip(there.shape, size, strict=True)):
        held, low, high = span(there, axis), 0, count
        if held is not None and length >= count:
            # Windows of windows, and a cell for what lies between two. Ends are where a pixel begins with a cell.
            step, reach = count // math.gcd(count, length), 2 * radius + 1
            low = max(0, held[0] - reach) // step * step
            high = min(count, -(-(held[1] + reach + 1) // step) * step)
        cells.append(slice(low, high))
        pixels.append(slice(low * length // count, high * length // count))
    return (..., *cells), (..., *pixels)


def _tensor(photo: np.ndarray, size: tuple[int, int]) -> Tensor:
    """A photo at size (height, width) as (1, 3, height, width) float32 in [0, 1]."""
    picture = Image.fromarray(photo).resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].contiguous().float().div_(255)
