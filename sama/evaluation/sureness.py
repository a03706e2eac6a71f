"""How sure an answer is: the same prompts, moved a little eight times, decoded in one batch; where the masks disagree.

What a person marks is a little different each time; an answer that changes with it is a guess there. It costs one pass
of the decoder with a batch of eight, and no other encoding.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import ndimage

from sama import methods
from sama.errors import PromptError
from sama.evaluation.matting_metrics import labelled
from sama.evaluation.metrics import iou
from sama.evaluation.prompting import deepest_pixel
from sama.methods.base import Predictor
from sama.predict.answer import SAM, SAMA, ObjectAnswer
from sama.predict.close_up import placed, scaled
from sama.predict.closer_look import CloserPredictor
from sama.predict.devices import inference
from sama.predict.filling import filling
from sama.predict.framing import prompt_tensors, resized
from sama.predict.predictor import SamaPredictor
from sama.request.listing import Listing
from sama.request.prompts import Prompts
from sama.request.request import Request

VARIANTS = 8
BOX_JITTER = 0.04  # of the box's width or height: the standard deviation of a side
CLICK_JITTER = 0.01  # of the photo's longer side: that of a click in each direction
UNSURE = 0.5  # disagreement from which a pixel is unsure: two of eight say otherwise
_RIM = 5  # pixels; what is thinner is the rim that every mask has


@dataclass(frozen=True, eq=False)
class Doubt:
    """disagreement (H, W) float32 in [0, 1], 0 where all masks agree and 1 where half say so; sure: the mean IoU of two
    of the masks; place: (x, y) in pixels of the map, the deepest of the largest unsure region, None where there is
    none; share: of the mask's area that is unsure."""

    disagreement: np.ndarray
    sure: float
    place: tuple[int, int] | None
    share: float


def doubt_about(
    predictor: Predictor, request: Request, report: Callable[[float], None] | None = None
) -> Doubt:
    """How sure the mask of a request is, at the request's size. report: see `methods.answer`. Raises PromptError for a
    mask prompt alone, which says exactly what is meant."""
    own = methods.method_of(request.method, predictor.info)
    method = own.name if own.mask in (SAM, SAMA) else methods.default_method(predictor.info)
    masks = np.zeros((VARIANTS, *request.shape), bool)
    for number, prompts in enumerate(request.objects):
        if not prompts.boxes and not prompts.points:
            raise PromptError(
                "A mask alone leaves nothing to doubt; add a box or a click, or remove the mask."
            )
        alone = replace(
            request,
            prompts=prompts,
            method=method,
            candidate=request.candidate_of(number),
            keep_logits=False,
            listing=Listing(),
        )
        masks |= _masks(predictor, alone, jittered(prompts, request.photo_size, seed=number))
    return doubt_of(masks)


def jittered(prompts: Prompts, size: tuple[int, int], seed: int = 0) -> list[Prompts]:
    """VARIANTS of prompts on a photo of `size` (width, height), the first as they are; the same in every run."""
    rng, most = np.random.default_rng(seed), np.array(size, float)

    def box(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        sides = np.array([x1 - x0, y1 - y0] * 2)
        moved = np.array([x0, y0, x1, y1]) + sides * np.clip(rng.normal(0, BOX_JITTER, 4), -0.12, 0.12)
        a, b, c, d = np.clip(moved, 0, [*most, *most])
        return float(a), float(b), float(c), float(d)

    def point(x: float, y: float, label: int) -> tuple[float, float, int]:
        a, b = np.clip(np.array([x, y]) + rng.normal(0, CLICK_JITTER * max(size), 2), 0, most - 1e-3)
        return float(a), float(b), label

    def one() -> Prompts:
        return replace(
            prompts,
            boxes=tuple(box(*each) for each in prompts.boxes),
            points=tuple(point(*each) for each in prompts.points),
        )

    return [prompts, *(one() for _ in range(VARIANTS - 1))]


def doubt_of(masks: np.ndarray) -> Doubt:
    """What masks (N, H, W) bool say together."""
    votes = masks.mean(0, dtype=np.float32)
    disagreement = 1 - np.abs(2 * votes - 1)
    pairs = [iou(one, other) for i, one in enumerate(masks) for other in masks[:i]]
    unsure = disagreement >= UNSURE
    inside = ndimage.binary_opening(unsure, np.ones((_RIM, _RIM), bool))
    regions, count = labelled(inside)
    place = None
    if count:
        sizes = np.bincount(regions.ravel())
        sizes[0] = 0
        place = deepest_pixel(regions == sizes.argmax())
    area = max(1, int(np.count_nonzero(votes >= 0.5)))
    return Doubt(disagreement, float(np.mean(pairs)), place, int(np.count_nonzero(unsure)) / area)


def _masks(predictor: Predictor, request: Request, variants: list[Prompts]) -> np.ndarray:
    """(N, H, W) bool: the masks of variants of one object's prompts."""
    if request.prompts.mask is None and isinstance(predictor, SamaPredictor):
        return _decoded(predictor, request, variants, request.shape) > 0
    if request.prompts.mask is not None or not isinstance(predictor, CloserPredictor):  # one after another
        layer = SAM if request.method == SAM else SAMA
        answers = [methods.answer(predictor, replace(request, prompts=each)).union for each in variants]
        return np.stack([each.layers[layer if layer in each.layers else SAM] > 0 for each in answers])
    region = predictor.region_for(request.prompts) if request.closer else None
    if region is None:
        return _decoded(predictor.whole, request, variants, request.shape) > 0
    methods.answer(predictor, request)  # so that the part that it looks at is encoded
    scale = region.width / request.photo_size[0], region.height / request.photo_size[1]
    inside = [region.prompts(scaled(each, *scale)) for each in variants]
    width, height = region.detail(request.output_size)
    found = _decoded(predictor.parts[region], request, inside, (height, width))
    nothing = np.empty((0, 1, 1), bool), np.empty(0, np.float32), 0
    parts = [ObjectAnswer(request.prompts, *nothing, {SAM: logits}) for logits in found]
    return np.stack(
        [placed(each, each.prompts, region, request.output_size).layers[SAM] > 0 for each in parts]
    )


def _decoded(
    predictor: SamaPredictor, request: Request, variants: list[Prompts], shape: tuple[int, int]
) -> np.ndarray:
    """Logits (N, height, width) float32 at `shape`, of prompts on the predictor's own photo, in one pass."""
    model, frame = predictor.model, predictor.opened.frame
    tensors = prompt_tensors(variants, frame, 4 * model.backbone.grid[0], predictor.device)
    features = predictor.features()
    with inference(predictor.device, predictor.dtype):
        answer = model.decode_sam(features, tensors)
        if request.candidate is not None:
            first = 1 if bool(tensors.ambiguous[0]) else 0  # of the masks that SAM offers
            answer = replace(answer, chosen=torch.full_like(answer.chosen, request.candidate + first))
        logits = answer.base
        if predictor.trained and request.method != SAM:
            boxed = request.candidate is None
            believed = filling(answer, tensors, model.backbone.image_size) if boxed else answer
            logits = model.decode(features, believed, ("segmentation",))["segmentation"]
        height, width = frame.extent(logits.shape[-1])
        maps = logits[..., :height, :width].float().cpu()
        return resized(maps, shape)[:, 0].numpy()
