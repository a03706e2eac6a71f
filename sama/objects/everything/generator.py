"""Everything in a photo, after the automatic mask generator of SAM, over features that are computed once.

A grid of clicks, three candidates each; those that SAM scores low, or whose outline moves with the threshold, are
dropped, then those whose box is that of a better one. Source: segment-anything `automatic_mask_generator.py` and
`utils/amg.py`, whose functions do the counting; masks with a low score are dropped before they are enlarged instead of
after, and masks are judged a few at a time, so that a large photo needs no gigabytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from pycocotools import mask as coco
from segment_anything.utils import amg
from torch import Tensor
from torchvision.ops import nms

from sama.objects.everything.found import Found
from sama.objects.everything.placing import Place
from sama.objects.everything.regions import without_small
from sama.objects.everything.settings import Everything
from sama.objects.everything.sparing import Agreed
from sama.photo.resize import fit_within
from sama.predict.clicks import click_candidates
from sama.predict.closer_look import CloserPredictor
from sama.predict.loading import Predictor
from sama.predict.predictor import SamaPredictor

_AT_ONCE = 16_000_000  # pixels of masks that are judged together
_FIRST = 16  # clicks of a batch of the coarse grids


@dataclass(frozen=True)
class Step:
    """How far it is: clicks asked of how many, and the masks found by now; those of the last step are the answer."""

    done: int
    total: int
    found: tuple[Found, ...]


@dataclass
class Kept:
    """Masks that passed the filters, with what non-maximum suppression asks: `order`, the number of the click in the
    grid and of the candidate, box (x0, y0, x1, y1) at the judged size, without the crop's place."""

    found: Found
    order: int
    box: tuple[float, float, float, float]


def everything(predictor: Predictor, settings: Everything | None = None) -> Iterator[Step]:
    """Find the masks of a predictor's open photo; yields a `Step` after each batch of clicks.

    settings: `Everything.for_model` by default. A photo of more than four megapixels is looked at in a copy. Raises
    PromptError without a photo.
    """
    whole = predictor.whole if isinstance(predictor, CloserPredictor) else predictor
    settings = settings or Everything.for_model(predictor.info)
    photo = whole.opened
    width, height = photo.size
    boxes, layers = amg.generate_crop_boxes(
        (height, width), settings.crop_n_layers, settings.crop_overlap_ratio
    )
    grids = amg.build_all_layer_point_grids(
        settings.points_per_side, settings.crop_n_layers, settings.crop_n_points_downscale_factor
    )
    total = sum(len(grids[layer]) for layer in layers)
    side = settings.judged_side
    judged = photo.size if side is None or side >= max(photo.size) else fit_within(width, height, side)
    earlier, done = list[Found](), 0
    for box, layer in zip(boxes, layers, strict=True):
        place = Place((box[0], box[1], box[2], box[3]), photo.size, whole.model.backbone.image_size)
        grid = grids[layer]
        crop = _Crop(_look(whole, place), place, judged, settings, grid)
        kept: list[Kept] = []
        for numbers in _batches(len(grid), settings):
            kept += crop.ask(numbers)
            done += len(numbers)
            best = [each.found for each in _without_doubles(kept, settings.box_nms_thresh)]
            if done < total:
                yield Step(done, total, (*earlier, *best))
        earlier += [each.found for each in _without_doubles(kept, settings.box_nms_thresh)]
    if len(boxes) > 1:
        earlier = _smaller_crops_first(earlier, settings.crop_nms_thresh)
    if settings.min_mask_region_area:
        earlier = _mended(earlier, settings)
    yield Step(total, total, tuple(earlier))


def _batches(count: int, settings: Everything) -> list[np.ndarray]:
    """Numbers of the clicks of a square grid in batches, coarse before fine, so that the first are spread; small ones
    at first, so that whoever waits soon sees something."""
    across = round(count**0.5)
    y, x = np.divmod(np.arange(count), across)
    level = np.where((x % 4 == 1) & (y % 4 == 1), 0, np.where((x % 2 == 1) & (y % 2 == 1), 1, 2))
    found = []
    for each in range(3):
        numbers = np.flatnonzero(level == each)
        size = settings.points_per_batch if each == 2 else min(_FIRST, settings.points_per_batch)
        found += [numbers[i : i + size] for i in range(0, len(numbers), size)]
    return found


def _look(whole: SamaPredictor, place: Place) -> SamaPredictor:
    """A predictor whose photo is the crop."""
    if place.whole:
        return whole
    copy = whole.opened.copy
    x0, y0, x1, y1 = place.within((copy.shape[1], copy.shape[0]))
    part = whole.fork()
    part.set_image(copy[y0:y1, x0:x1])
    return part


class _Crop:
    """A part of the photo, or all of it, that is asked click by click."""

    def __init__(
        self,
        predictor: SamaPredictor,
        place: Place,
        judged: tuple[int, int],
        settings: Everything,
        grid: np.ndarray,
    ):
        """grid: of clicks (G, 2) in [0, 1] of the crop."""
        self.predictor, self.place, self.judged, self.settings = predictor, place, judged, settings
        x0, y0, x1, y1 = place.box
        self.points = torch.from_numpy(grid * np.array([x1 - x0, y1 - y0]))  # in pixels of the crop
        opened = predictor.opened
        ratio = torch.tensor(opened.size) / torch.tensor([x1 - x0, y1 - y0])
        self.asked = self.points * ratio  # in pixels of `opened`
        places = opened.frame.to_frame(self.asked.float()) / opened.frame.size
        self.agreed = Agreed(places) if settings.skip_agreed else None
        self.scale = judged[0] / place.size[0], judged[1] / place.size[1]
        self.taken = torch.zeros(judged[1], judged[0], dtype=torch.bool)  # by masks found there, small ones

    def ask(self, numbers: np.ndarray) -> list[Kept]:
        """Ask the clicks of the grid with these numbers, and return what passes the filters."""
        x0, y0, x1, y1 = self.place.box
        if self.settings.skip_inside:
            numbers = numbers[~self._taken_at(self.points[numbers] + torch.tensor([x0, y0])).numpy()]
        if self.agreed is not None:
            numbers = numbers[self.agreed.open(torch.from_numpy(numbers)).numpy()]
        if not len(numbers):
            return []
        logits, scores = click_candidates(self.predictor, self.asked[numbers])
        if self.agreed is not None:
            self.agreed.note(torch.from_numpy(numbers), logits, scores)
        flat, marks = logits.flatten(0, 1), scores.flatten()  # (3N, h, w), (3N,)
        order = torch.from_numpy(numbers).repeat_interleave(3) * 3 + torch.arange(3).repeat(len(numbers))
        points = self.points[numbers].repeat_interleave(3, 0)
        if self.settings.pred_iou_thresh > 0:
            keep = (marks > self.settings.pred_iou_thresh).nonzero()[:, 0]
        else:
            keep = torch.arange(len(marks))
        kept = []
        pixels = self.judged[0] * self.judged[1]
        for part in keep.split(max(1, _AT_ONCE // pixels)):
            if len(part):
                on_cpu = part.cpu()
                kept += self._judge(flat[part], marks[part].cpu(), points[on_cpu], order[on_cpu])
        return kept

    def _judge(self, logits: Tensor, scores: Tensor, points: Tensor, order: Tensor) -> list[Kept]:
        """What of some candidates, logits (M, h, w), is stable and does not end where the crop does."""
        place, settings = self.place, self.settings
        maps = place.enlarged(logits[:, None], self.judged)[:, 0]  # (M, H, W) of the crop
        stable = amg.calculate_stability_score(maps, 0.0, settings.stability_score_offset)
        keep = torch.ones(len(maps), dtype=torch.bool, device=maps.device)
        if settings.stability_score_thresh > 0:
            keep = stable >= settings.stability_score_thresh
        masks = maps[keep] > 0
        boxes = amg.batched_mask_to_box(masks).cpu()
        stable, logits, on_cpu = stable[keep].cpu(), logits[keep].half().cpu(), keep.cpu()
        scores, points, order = scores[on_cpu], points[on_cpu], order[on_cpu]
        masks, size = masks.cpu(), [0, 0, *place.size]
        near = amg.is_box_near_crop_edge(
            boxes / torch.tensor([*self.scale, *self.scale]), list(place.box), size
        )
        x0, y0, x1, y1 = place.within(self.judged)
        found = []
        for i in (~near).nonzero()[:, 0].tolist():
            mask = np.zeros(self.judged[::-1], np.uint8, order="F")
            mask[y0:y1, x0:x1] = masks[i].numpy()
            one = Found(
                place.size,
                coco.encode(mask),
                logits[i],
                place,
                float(scores[i]),
                float(stable[i]),
                (float(points[i, 0]) + place.box[0], float(points[i, 1]) + place.box[1]),
            )
            if settings.skip_inside and 0 < one.share < settings.skip_inside:
                self.taken |= torch.from_numpy(mask > 0)
            box = tuple((boxes[i] + torch.tensor([x0, y0, x0, y0])).tolist())
            found.append(Kept(one, int(order[i]), box))
        return found

    def _taken_at(self, points: Tensor) -> Tensor:
        """Whether points (N, 2), x y in pixels of the photo, are in a small mask that was found."""
        x, y = (points * torch.tensor(self.scale)).long().unbind(1)
        height, width = self.taken.shape
        return self.taken[y.clamp(0, height - 1), x.clamp(0, width - 1)]


def _without_doubles(kept: list[Kept], threshold: float) -> list[Kept]:
    """Non-maximum suppression of boxes by predicted IoU; in the order of the grid where that is equal."""
    kept = sorted(kept, key=lambda each: each.order)
    scores = torch.tensor([each.found.predicted_iou for each in kept])
    return [kept[i] for i in _suppressed([each.box for each in kept], scores, threshold)]


def _smaller_crops_first(found: list[Found], threshold: float) -> list[Found]:
    """Masks of several crops without doubles; those of smaller crops are finer."""
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (each.place.box for each in found)]
    scores = 1 / torch.tensor(areas, dtype=torch.float32)
    boxes = [box_of(coco.decode(each.rle) > 0) for each in found]
    return [found[i] for i in _suppressed(boxes, scores, threshold)]


def _mended(found: list[Found], settings: Everything) -> list[Found]:
    """Masks without small pieces and holes, and without the doubles that this may make; those that needed no mending
    are preferred."""
    mended, boxes = [], []
    for each in found:
        height, width = each.rle["size"]
        smallest = settings.min_mask_region_area * height * width / (each.size[0] * each.size[1])
        mask, changed = without_small(coco.decode(each.rle) > 0, smallest)
        if changed:
            each = replace(each, rle=coco.encode(np.asfortranarray(mask, np.uint8)), mended=True)
        mended.append(each)
        boxes.append(box_of(mask))
    scores = torch.tensor([0.0 if each.mended else 1.0 for each in mended])
    threshold = max(settings.box_nms_thresh, settings.crop_nms_thresh)
    return [mended[i] for i in _suppressed(boxes, scores, threshold)]


def box_of(mask: np.ndarray) -> list[float]:
    """SAM's box of a mask (H, W) bool: its first and last columns and rows, zeros where it is empty."""
    return amg.batched_mask_to_box(torch.from_numpy(mask)).tolist()


def _suppressed(boxes: list, scores: Tensor, threshold: float) -> list[int]:
    if not boxes:
        return []
    return nms(torch.tensor(boxes, dtype=torch.float32), scores, threshold).tolist()
