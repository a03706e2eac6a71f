"""One look at a frame: the part around the object, encoded, and what the model says there of a mask that is followed.

A photo is encoded in five views; a look is one, so that it costs a fifth: what SAMA would read of the four local views
is read of the quarters of the one view, enlarged.
"""

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sama.models.ablations import GlobalViewAlone
from sama.models.backbones import BACKBONES
from sama.models.backbones.prior import PriorContext
from sama.models.image_features import ImageFeatures, SamAnswer
from sama.models.sama import Sama
from sama.models.views import Frame, global_view, make_frame, normalise
from sama.predict.close_up import OUTSIDE, Region
from sama.predict.closer_look import CloserPredictor
from sama.predict.devices import inference
from sama.predict.edges import GRID, Edges
from sama.predict.encoding import encode_photo
from sama.predict.filling import filling
from sama.predict.framing import mask_logits, prompt_tensors, to_photo, union
from sama.predict.loading import Predictor
from sama.predict.predictor import SamaPredictor
from sama.request.prompts import Prompts

Box = tuple[float, float, float, float]
TASKS = ("segmentation", "matting")


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen in a look, maps of the cut's size (h, w) float32: logits of SAM's and of SAMA's mask, the matte;
    score: SAM's estimate of its mask's IoU."""

    sam: np.ndarray
    sama: np.ndarray
    alpha: np.ndarray
    score: float


@dataclass(frozen=True, eq=False)
class Look:
    """A cut of a frame, (h, w, 3) uint8, encoded; region: where it lies in the frame, frame: and in the view."""

    predictor: SamaPredictor
    cut: np.ndarray
    region: Region
    features: ImageFeatures

    @classmethod
    def at(cls, predictor: SamaPredictor, rgb: np.ndarray, region: Region, views: int = 1) -> "Look":
        """Encode a cut of a frame (H, W, 3) uint8, as one view or, as photos are, as five."""
        cut, model = region.cut(rgb), predictor.model
        if views == 1:
            with inference(predictor.device, predictor.dtype):
                return cls(predictor, cut, region, _one_view(model, cut, predictor.device))
        steps = encode_photo(model, cut, predictor.dtype, local=True, prompts=lambda: None)
        *_, (_, features) = steps
        features = cast(ImageFeatures, features)
        wide = replace(features, embedding=features.embedding.float())
        return cls(predictor, cut, region, wide)

    @property
    def model(self) -> Sama:
        """The model that looks."""
        return self.predictor.model

    @cached_property
    def frame(self) -> Frame:
        """Where the cut lies in the view."""
        return Frame(*self.region.size, self.model.backbone.image_size)

    @cached_property
    def _edges(self) -> Edges | None:
        if not self.predictor.loaded.record.follows_edges:
            return None
        return Edges(self.cut, min(GRID, max(self.cut.shape)))  # a cut is small, and asked about once

    @property
    def context(self) -> PriorContext | None:
        """What the prompt prior knows of the cut; None for a model without one."""
        return cast("PriorContext | None", self.features.context)

    @property
    def side(self) -> int:
        """Of the square in which mask prompts are embedded."""
        return 4 * self.model.backbone.grid[0]

    def on_grid(self, logits: np.ndarray) -> Tensor:
        """Logits (H, W) of the whole frame, at any size, on the grid of mask prompts: (1, 1, side, side)."""
        return mask_logits(_part(logits, self.region), self.frame, self.side).to(self.predictor.device)

    @property
    def valid(self) -> Tensor:
        """Where on the grid of mask prompts the view shows the cut, (1, 1, side, side), 0 or 1."""
        height, width = self.frame.extent(self.side)
        valid = torch.zeros(1, 1, self.side, self.side, device=self.predictor.device)
        valid[..., :height, :width] = 1
        return valid

    def asked(
        self,
        box: Box,
        belief: Tensor | None = None,
        known: Tensor | None = None,
        told: Tensor | None = None,
    ) -> SamAnswer:
        """SAM's answer to a box in the frame's pixels, with a mask prompt (1, 1, side, side) of logits beside it, and
        what is known from other frames; told: added to the embedding (1, C, h, w), for this answer alone."""
        inside = self.region.prompts(Prompts(boxes=(box,)))
        tensors = prompt_tensors([inside], self.frame, self.side, self.predictor.device)
        if belief is not None:
            tensors = tensors.with_masks(belief)
        tensors = replace(tensors, known=known)
        features = self.features
        if told is not None:
            features = replace(features, embedding=features.embedding + told)
        answer = self.model.decode_sam(features, tensors)
        return filling(answer, tensors, self.model.backbone.image_size) if belief is None else answer

    def refined(self, answer: SamAnswer, edges: bool = True) -> Seen:
        """SAMA's masks and mattes of SAM's answer, at the cut's size; edges: along those of the frame."""
        shape = self.cut.shape[:2]
        found = self.model.decode(self.features, answer, TASKS)
        if edges and self._edges is not None:
            maps = [self._edges.followed(union(found[k], self.frame), k, shape)[0, 0].numpy() for k in TASKS]
        else:
            maps = [to_photo(found[k], self.frame, shape) for k in TASKS]
        score = float(answer.scores[0, answer.chosen[0]])
        alpha = 1 / (1 + np.exp(-maps[1]))
        return Seen(to_photo(answer.base, self.frame, shape), maps[0], alpha, score)

    def placed(self, values: np.ndarray, outside: float = OUTSIDE) -> np.ndarray:
        """A map (h, w) of the cut in one of the whole frame (H, W), filled with `outside`."""
        whole = np.full((self.region.height, self.region.width), outside, np.float32)
        whole[self.region.top : self.region.bottom, self.region.left : self.region.right] = values
        return whole


def resized(predictor: Predictor, size: int) -> SamaPredictor:
    """A predictor without closer looks, whose model sees views of `size` x `size` and shares all weights with the given
    one's; views of the model's own size for 0, or where its backbone knows that size only."""
    whole = (predictor.whole if isinstance(predictor, CloserPredictor) else predictor).fork()
    model = whole.model
    if size in (0, model.backbone.image_size) or not BACKBONES[model.config.backbone].any_size:
        return whole
    shared: dict[int, object] = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    twin = copy.deepcopy(model, shared)
    twin.resize(size)
    whole.loaded = replace(whole.loaded, model=twin)
    return whole


def _part(values: np.ndarray, region: Region) -> np.ndarray:
    """A region of a map (H, W) float32 of the frame that may have another size, at the region's."""
    x, y = values.shape[1] / region.width, values.shape[0] / region.height
    box = region.left * x, region.top * y, region.right * x, region.bottom * y
    return np.array(Image.fromarray(values).resize(region.size, Image.Resampling.BILINEAR, box=box))


def _one_view(model: Sama, cut: np.ndarray, device: torch.device) -> ImageFeatures:
    """Features of a cut encoded as the global view alone."""
    geometry = Frame(cut.shape[1], cut.shape[0], 2 * model.backbone.image_size)
    sam = model.backbone.sam
    image = make_frame(torch.from_numpy(cut).permute(2, 0, 1), geometry.size)[None].to(device)
    mean, std = cast(Tensor, sam.pixel_mean), cast(Tensor, sam.pixel_std)
    frame = normalise(image, mean, std, geometry.extent())
    view = global_view(frame).contiguous(memory_format=torch.channels_last)
    encoded = model.backbone.encode(view)
    embedding = encoded.embedding.contiguous(memory_format=torch.channels_last)
    context, kept = model.backbone.prior_context(view, encoded), cast(Any, model.views).kept(encoded)
    features = ImageFeatures(embedding, context, single=kept)
    quarters = GlobalViewAlone()([], encoded)
    return model.prepare(model.encode_local(features, quarters, frame))
