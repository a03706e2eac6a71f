"""A mask that everything mode has found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pycocotools import mask as coco

from sama.export.coco import annotation
from sama.objects.everything.placing import Place


@dataclass(frozen=True, eq=False)
class Found:
    """One mask of a photo of size (width, height).

    rle: compressed, in COCO's form, at the size at which it was judged; logits: SAM's (h, w) float16 of the crop
    `place`, from which it is drawn at other sizes; mended: whether small pieces or holes were removed, which the
    logits still have; predicted_iou, stability_score in [0, 1]; point: the click (x, y) that led to it, in pixels of
    the photo.
    """

    size: tuple[int, int]
    rle: Any
    logits: torch.Tensor
    place: Place
    predicted_iou: float
    stability_score: float
    point: tuple[float, float]
    mended: bool = False

    def mask(self, size: tuple[int, int] | None = None) -> np.ndarray:
        """(H, W) bool at size (width, height), the photo's own by default."""
        width, height = size or self.size
        judged = coco.decode(self.rle)
        if judged.shape == (height, width):
            return judged > 0
        drawn = self.place.drawn(self.logits[None, None].float(), (width, height))[0, 0] > 0
        if self.mended:
            kept = torch.from_numpy(judged)[None, None].float()
            kept = torch.nn.functional.interpolate(kept, (height, width), mode="bilinear")[0, 0] > 0.5
            drawn = kept if judged.shape[0] > height else _mended(drawn, kept)
        return drawn.numpy()

    @property
    def share(self) -> float:
        """How much of the photo it covers, in [0, 1]."""
        height, width = self.rle["size"]
        return float(coco.area(self.rle)) / (height * width)

    @property
    def scores(self) -> dict[str, Any]:
        """What an annotation has beside its mask: score is SAM's predicted IoU."""
        return {
            "score": self.predicted_iou,
            "stability_score": self.stability_score,
            "point_coords": [list(self.point)],
        }

    def record(self) -> dict[str, Any]:
        """What SAM's generator says of a mask, with its keys; segmentation (H, W) bool of the photo's size."""
        mask = self.mask()
        made = annotation(mask)
        x0, y0, x1, y1 = self.place.box
        return {
            "segmentation": mask,
            "area": made["area"],
            "bbox": made["bbox"],
            "predicted_iou": self.predicted_iou,
            "point_coords": [list(self.point)],
            "stability_score": self.stability_score,
            "crop_box": [x0, y0, x1 - x0, y1 - y0],
        }


def _mended(drawn: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """A fine mask without what a coarse one has lost: pieces of it away from the coarse one go, its holes are filled
    where the coarse one has none."""
    near = torch.nn.functional.max_pool2d(kept[None, None].float(), 9, 1, 4)[0, 0] > 0
    deep = -torch.nn.functional.max_pool2d(-kept[None, None].float(), 9, 1, 4)[0, 0] > 0
    return (drawn & near) | deep
