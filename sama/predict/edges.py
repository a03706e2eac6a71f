"""SAMA's last step for models that see few pixels: its maps are made to follow the edges of the photo.

The segmentation head answers on a grid of 256, the matting head on one of 1024, and photos have more. The guided filter
(He, Sun and Tang 2010) takes a map for an affine function of the photo's colours within every small window; the
coefficients are made on a coarse grid and applied at the resolution that is asked for (fast guided filter, He and Sun
2015). docs/notebook.md has what it is worth.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from sama.models.guided import Guide, apply, follow, make_guide
from sama.predict.framing import resized

GRID = 512  # longer side of the grid on which the coefficients are made
RADIUS = {"segmentation": 5, "matting": 3}  # of the windows, in cells of the grid
SMOOTHNESS = 3e-4
STEEPER = 2  # a mask's logits are multiplied by it, since the windows' means have flattened them
_SMALLEST = 1e-6  # probabilities keep this distance from 0 and 1, so that logits are finite


class Edges:
    """What a photo has to say about the maps of its objects; photo: (H, W, 3) uint8, may be a smaller copy."""

    def __init__(self, photo: np.ndarray):
        self._photo = photo
        scale = GRID / max(photo.shape[:2])
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
        probability = logits.sigmoid()
        on_grid = F.interpolate(probability, self._grid, mode="bilinear", antialias=True)
        found = apply(follow(self._guide(task), on_grid), self._at(near))
        if task == "matting":
            # The surer the head, the less the photo's colours count: they are those of the object's texture too.
            own = resized(logits, near).sigmoid()
            found = own.lerp(found, (own * (1 - own) * 5).clamp_(max=1))
        found = found.clamp_(_SMALLEST, 1 - _SMALLEST).logit_()
        if task == "segmentation":
            found *= STEEPER
        return resized(found, size)

    def _guide(self, task: str) -> Guide:
        if not self._guides:
            # In double precision: the covariance of grey photos is nearly singular.
            small = _tensor(self._photo, self._grid).double()
            for each, radius in RADIUS.items():
                guide = make_guide(small, radius, SMOOTHNESS)
                parts = guide.image.float(), guide.mean.float(), guide.inverse.float()
                self._guides[each] = Guide(*parts, radius)
        return self._guides[task]

    def _at(self, size: tuple[int, int]) -> Tensor:
        if self._sized is None or self._sized.shape[-2:] != size:
            self._sized = _tensor(self._photo, size)
        return self._sized


def _tensor(photo: np.ndarray, size: tuple[int, int]) -> Tensor:
    """A photo at size (height, width) as (1, 3, height, width) float32 in [0, 1]."""
    picture = Image.fromarray(photo).resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].contiguous().float().div_(255)
