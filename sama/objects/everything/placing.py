"""Where the masks of a crop lie in their photo."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.views import Frame


@dataclass(frozen=True)
class Place:
    """box: the crop (x0, y0, x1, y1) in pixels of the photo; size: the photo's (width, height); side: of the model's
    view, in which the crop lies at the upper left."""

    box: tuple[int, int, int, int]
    size: tuple[int, int]
    side: int

    @property
    def whole(self) -> bool:
        """Whether it is all of the photo."""
        return self.box == (0, 0, *self.size)

    def within(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The crop's box in a copy of the photo of `size` (width, height)."""
        x, y = size[0] / self.size[0], size[1] / self.size[1]
        x0, y0, x1, y1 = self.box
        return round(x0 * x), round(y0 * y), round(x1 * x), round(y1 * y)

    def enlarged(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        """Logits (N, C, h, w) of the view as (N, C, height, width) of the crop in a copy of the photo of `size`.

        In two steps and bilinear, as `Sam.postprocess_masks` of segment_anything does it.
        """
        x0, y0, x1, y1 = self.within(size)
        height, width = Frame(self.box[2] - self.box[0], self.box[3] - self.box[1], self.side).extent()
        view = F.interpolate(logits, (self.side, self.side), mode="bilinear", align_corners=False)
        return F.interpolate(
            view[..., :height, :width], (y1 - y0, x1 - x0), mode="bilinear", align_corners=False
        )

    def drawn(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        """`enlarged` on the whole copy of the photo, (N, C, height, width), very negative outside of the crop."""
        x0, y0, x1, y1 = self.within(size)
        found = self.enlarged(logits, size)
        pad = (x0, size[0] - x1, y0, size[1] - y1)
        return found if self.whole else F.pad(found, pad, value=torch.finfo(found.dtype).min)
