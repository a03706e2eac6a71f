"""The endpoint for all there is in a photo, without a prompt."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from sama.errors import PromptError, SamaError
from sama.objects.everything import Everything, Found, Step
from sama.objects.everything.folder import COCO, SHEET, ordered, write_found
from sama.photo.opening import open_image
from sama.predict.answer import ModelInfo
from sama.ui.api_words import documented
from sama.ui.handlers.exports import file_stem
from sama.ui.handlers.page import Keep
from sama.ui.telling import Refusal
from sama.ui.visit import Visit

WHOLE = ("points_per_side", "points_per_batch", "crop_n_layers", "min_mask_region_area")
SHARES = ("pred_iou_thresh", "stability_score_thresh", "box_nms_thresh")


class EverythingEndpoint:
    """The endpoint `everything`, with the components that only it has; made inside a column that nobody sees."""

    def __init__(self, open_visit: Callable[..., Visit], info: ModelInfo, keep: Keep):
        """See `sama.ui.api.Api`."""
        self._open, self._info, self._keep = open_visit, info, keep
        self._numbers = [gr.Number(None, precision=0, label=name) for name in WHOLE]
        self._numbers += [gr.Number(None, label=name) for name in SHARES]
        self._files = [gr.File(label=name) for name in ("coco", "archive", "sheet")]

    def add(self, trigger: gr.Button, image: Any, report: Any) -> None:
        """Add it; given: components that endpoints share. It waits with the page's searches, not with downloads."""
        trigger.click(
            self.everything,
            [image, *self._numbers],
            [*self._files, report],
            api_name="everything",
            concurrency_id="search",
            concurrency_limit=2,
        )

    @documented
    def everything(
        self,
        image: FileData | None,
        points_per_side: int | None = None,
        points_per_batch: int | None = None,
        crop_n_layers: int | None = None,
        min_mask_region_area: int | None = None,
        pred_iou_thresh: float | None = None,
        stability_score_thresh: float | None = None,
        box_nms_thresh: float | None = None,
    ):
        """Find everything in a photo, without a prompt: a mask for each thing and part that SAM is sure of, as Segment
        Anything's automatic mask generator finds them, at the photo's size.

        Returns:
            coco: COCO data set, an annotation for each mask with RLE, bbox, area, score, stability_score and
                point_coords, the largest first.
            archive: ZIP of coco.json, masks/001.png and so on, and the sheet.
            sheet: PNG, the photo with every mask in a colour of its own.
            report: How many there are, each one's area and scores, the settings, the photo's size and the model.
        """
        given = {name: value for name, value in locals().items() if name in (*WHOLE, *SHARES)}
        try:
            if image is None:
                raise PromptError("There is no photo; send one as image.")
            settings = Everything.for_model(self._info, **given)
            visit = self._open(image.path, image.orig_name)
            found: tuple[Found, ...] = ()
            for step in visit.beside(find=settings):
                found = step.found if isinstance(step, Step) else found
            return self._written(visit, ordered(found), settings)
        except SamaError as error:
            raise Refusal(str(error), page=False) from error

    def _written(self, visit: Visit, found: list[Found], settings: Everything) -> tuple:
        photo = open_image(visit.path, name=visit.name, max_pixels=visit.max_pixels)
        stem = file_stem(photo.name)
        with tempfile.TemporaryDirectory(prefix="sama-") as place:
            folder = Path(place) / "found"
            for _ in write_found(folder, found, photo, self._info):
                pass
            archive = shutil.make_archive(str(Path(place) / f"{stem}_everything"), "zip", folder)
            named = [(folder / name).rename(Path(place) / f"{stem}_{name}") for name in (COCO, SHEET)]
            coco, sheet = (self._keep(str(path)) for path in named)
            kept = self._keep(archive)
        report = {
            "count": len(found),
            "masks": [
                {"area": round(each.share * photo.size[0] * photo.size[1]), **each.scores} for each in found
            ],
            "settings": {name: getattr(settings, name) for name in (*WHOLE, *SHARES)},
            "size": list(photo.size),
            "notes": list(photo.notes),
            "model": self._info.name,
            "weights": self._info.weights_digest,
        }
        return coco, kept, sheet, report
