"""Stage two: SAMA's modules on a frozen backbone, segmentation and matting batches in turn (paper, "Training")."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.fast import learning
from sama.models.prompt_tensors import PromptTensors
from sama.models.sama import TASKS, ImageFeatures, Sama, SamAnswer
from sama.models.views import global_view, local_views
from sama.training.damage import damaged
from sama.training.losses import MATTING_LOSSES, Objective, mask_iou, segmentation_loss, trimap_loss
from sama.training.prompting import Prompting, boxed, error_click, simulate_prompts
from sama.training.stages.mini import normalise_batch

EDGE_CELL = 8  # pixels
EDGE_WEIGHT = 4.0
PROMPTING = Prompting(corrected=0.3)
OBJECTIVE = Objective()


def encode_frames(model: Sama, frames: Tensor) -> ImageFeatures:
    """Encode normalised frames (B, 3, 2S, 2S): the frozen backbone without gradient, MVLE with."""
    with torch.no_grad():
        features = model.encode_global(global_view(frames))
        views = local_views(frames).unbind(1) if model.config.mvle else ()
        local = [model.backbone.encode(view) for view in views]
    return model.encode_local(features, local, frames)


class SamaStage:
    """Turns a batch of frames into the loss of the task whose turn it is."""

    def __init__(
        self,
        model: Sama,
        tasks: tuple[str, ...] = TASKS,
        small_size: int | None = None,
        small_share: float = 0.78,
        prompting: Prompting = PROMPTING,
        objective: Objective = OBJECTIVE,
    ):
        self.objective = objective
        self.model, self.tasks, self.small_share, self.prompting = (
            learning(model),
            tasks,
            small_share,
            prompting,
        )
        self.full_size = model.backbone.image_size
        self.small_size = small_size or self.full_size

    @property
    def module(self) -> nn.Module:
        """What is trained and saved."""
        return self.model

    def frame_size(self, progress: float) -> int:
        """Frames hold the four local views, so twice the side of a view."""
        return 2 * (self.small_size if progress < self.small_share else self.full_size)

    def encoded(self, batch: dict, frames: Tensor) -> ImageFeatures:
        """What the model sees of a batch, whose normalised frames are (B, 3, 2S, 2S)."""
        return encode_frames(self.model, frames)

    def loss(
        self, batch: dict, task: str, generator: torch.Generator, progress: float
    ) -> tuple[Tensor, dict]:
        """Return the mean loss and numbers to log."""
        self.model.train_task(task)
        size = batch["image"].shape[-1] // 2
        self.model.resize(size)
        frames = normalise_batch(self.model.backbone, batch)
        targets = batch["targets"].flatten(0, 1)[:, None].float() / 255  # (N, 1, 2S, 2S)
        known = batch["known"].flatten(0, 1)[:, None].float()
        coarse = F.avg_pool2d(targets, 8)  # the grid of SAM's logits
        prompts = simulate_prompts(coarse, batch["part"].flatten(), size, generator, self.prompting)
        guide = None
        if task == "matting" and self.prompting.guided:
            guide = Guide.drawn(coarse, self.prompting.guided, generator)
            prompts = guide.prompts(prompts, size)
        with torch.autocast(frames.device.type, torch.bfloat16):
            features = self.encoded(batch, frames)
            with torch.no_grad():
                answer = self.model.decode_sam(features, prompts)
                if torch.rand((), generator=generator) < self.prompting.corrected:
                    seen = (F.avg_pool2d(known, 8) > 0.6).float()
                    click = error_click(answer.base.float(), coarse, seen, size)
                    answer = self.model.decode_sam(features, prompts.with_click(*click))
            if guide is not None:
                answer = guide.followed(answer)
            maps = self.model.decode(features, answer, (task,))
        logits = maps[task].float()
        if task == "matting":
            known = matting_weight(
                targets, known, batch["exact"].repeat_interleave(len(targets) // len(frames))
            )
        target, weight = fit_to(logits, targets), fit_to(logits, known)
        if task == "segmentation":
            loss = segmentation_loss(logits, target, weight)
        else:
            matting = MATTING_LOSSES[self.objective.matting]
            loss = matting(logits, target, weight, doubt=1 - progress)
            if "trimap" in maps:
                loss = loss + trimap_loss(maps["trimap"].float(), target, weight)
        scale = self.objective.weight(task) if len(self.tasks) > 1 else 1.0
        return scale * loss.mean(), _numbers(task, logits, answer.base.float(), target, weight)


@dataclass(frozen=True)
class Guide:
    """Objects of a batch whose matte follows a mask that is given: rows (N,) bool, and logits (N, 1, g, g) of masks."""

    rows: Tensor
    logits: Tensor

    @classmethod
    def drawn(cls, coarse: Tensor, share: float, generator: torch.Generator) -> "Guide":
        """A share of the targets (N, 1, g, g), damaged."""
        rows = torch.rand(len(coarse), generator=generator).to(coarse.device) < share
        return cls(rows, damaged(coarse, generator))

    def prompts(self, prompts: PromptTensors, size: int) -> PromptTensors:
        """A box around the mask and nothing else, in pixels of a view of `size`, as for a mask that somebody gives."""
        return boxed(prompts, self.rows, (self.logits > 0).float(), size)

    def followed(self, answer: SamAnswer) -> SamAnswer:
        """SAM's answer with these masks in the place of its own."""
        logits = torch.where(self.rows[:, None, None, None], self.logits.to(answer.base), answer.base)
        return answer.believing(logits)


def matting_weight(targets: Tensor, known: Tensor, exact: Tensor) -> Tensor:
    """How much each pixel teaches the matting head, of the shape of `known` (N, 1, 2S, 2S).

    Where the matte is exact, the neighbourhood of soft pixels counts `EDGE_WEIGHT` times. Where it is a drawn
    label (`exact` (N,) False), that neighbourhood is not known at all: the rest still teaches what belongs to whom.
    """
    share = F.avg_pool2d(targets, EDGE_CELL)
    soft = ((share > 0.004) & (share < 0.996)).float()
    edge = F.interpolate(F.max_pool2d(soft, 3, stride=1, padding=1), scale_factor=float(EDGE_CELL))
    return known * torch.where(exact[:, None, None, None], 1 + (EDGE_WEIGHT - 1) * edge, 1 - edge)


def fit_to(logits: Tensor, x: Tensor) -> Tensor:
    """Average (N, 1, 2S, 2S) down to the resolution of the logits."""
    factor = x.shape[-1] // logits.shape[-1]
    return F.avg_pool2d(x, factor) if factor > 1 else x


@torch.no_grad()
def _numbers(task: str, logits: Tensor, base: Tensor, target: Tensor, known: Tensor) -> dict:
    """IoU or mean absolute error of SAM's and SAMA's answer, to see whether SAMA helps."""
    base = F.interpolate(base, logits.shape[-2:], mode="bilinear", align_corners=False)
    if task == "segmentation":
        pair = (mask_iou(x, target, known).mean().item() for x in (base, logits))
        return dict(zip(("iou_sam", "iou_sama"), pair, strict=True))
    answers = ((base > 0).float(), torch.sigmoid(logits))
    pair = (((a - target).abs() * known).sum().item() / known.sum().item() for a in answers)
    return dict(zip(("mad_sam", "mad_sama"), pair, strict=True))
