"""How everything in a photo is asked for: the parameters of SAM's automatic mask generator, by its names."""

from dataclasses import dataclass, fields
from typing import Any

from sama.errors import PromptError
from sama.predict.answer import ModelInfo
from sama.weights.records import RECORDS

MOST_A_SIDE, MOST_LAYERS = 128, 3


@dataclass(frozen=True)
class Everything:
    """Names and defaults are those of segment_anything's `SamAutomaticMaskGenerator`, the last three are ours.

    points_per_side: of a grid of clicks, points_per_batch: of them at a time; pred_iou_thresh, stability_score_thresh:
    masks with a lower score are dropped, stability being the IoU of the mask and itself at logits of plus and minus
    stability_score_offset; box_nms_thresh: of two masks whose boxes have a higher IoU one is dropped; crop_n_layers:
    layer i looks again at 4^i parts of the photo, which overlap by crop_overlap_ratio, with fewer points by
    crop_n_points_downscale_factor^i, and crop_nms_thresh is for masks of different crops; min_mask_region_area: pieces
    and holes of fewer pixels of the photo are removed, 0 for none.
    judged_side: longer side in pixels at which masks are judged, None for the photo's own, as SAM does; skip_inside: a
    click of which both coordinates are odd in the grid, or one is, is left out where an earlier click has found a mask
    there that is smaller than this share of the photo; 0 asks all. skip_agreed: the same for a click that lies between
    others whose best masks hold all of them.
    """

    points_per_side: int = 32
    points_per_batch: int = 64
    pred_iou_thresh: float = 0.88
    stability_score_thresh: float = 0.95
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7
    crop_n_layers: int = 0
    crop_nms_thresh: float = 0.7
    crop_overlap_ratio: float = 512 / 1500
    crop_n_points_downscale_factor: int = 1
    min_mask_region_area: int = 0
    judged_side: int | None = None
    skip_inside: float = 0.0
    skip_agreed: bool = False

    def __post_init__(self):
        whole = {
            "points_per_side": (1, MOST_A_SIDE),
            "points_per_batch": (1, 1024),
            "crop_n_layers": (0, MOST_LAYERS),
            "crop_n_points_downscale_factor": (1, MOST_A_SIDE),
            "min_mask_region_area": (0, 10**9),
        }
        for name, (low, high) in whole.items():
            if not low <= getattr(self, name) <= high:
                raise PromptError(
                    f"{name} is {getattr(self, name)}; give a whole number from {low} to {high}."
                )
        for field in fields(self):
            if field.type == "float" or field.type is float:
                high = 100 if field.name == "stability_score_offset" else 1
                if not 0 <= getattr(self, field.name) <= high:
                    raise PromptError(
                        f"{field.name} is {getattr(self, field.name)}; give a number from 0 to {high}."
                    )
        if self.points_per_side // self.crop_n_points_downscale_factor**self.crop_n_layers < 1:
            raise PromptError(
                "No points are left in the deepest layer of crops; lower crop_n_points_downscale_factor."
            )

    @classmethod
    def for_model(cls, info: ModelInfo | None, **changes) -> "Everything":
        """SAM's defaults, or what the model's record says instead; info: None for no model. changes: which to replace,
        None for none. Raises PromptError."""
        record = None if info is None else RECORDS.get(info.name)
        measured: dict[str, Any] = {} if record is None else dict(record.everything)
        given = {name: value for name, value in changes.items() if value is not None}
        return cls(**(measured | given))
