"""Stage one: the promptable backbone `mini`, on a trunk trained before or from scratch."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.mini import MiniBackbone
from sama.models.fast import learning
from sama.models.views import normalise
from sama.training.losses import bce, mask_iou, prompt_loss
from sama.training.prompting import Prompting, error_click, simulate_prompts

LIKENESS_WEIGHT = 0.5


class MiniStage:
    """Turns a batch into a loss for `mini`.

    The first part of the run works on smaller views, which are cheaper; the last at full size.
    """

    tasks = ("mini",)

    def __init__(
        self,
        backbone: MiniBackbone,
        *,
        full_size: int,
        small_size: int | None = None,
        small_share: float = 0.75,
        prompting: Prompting | None = None,
    ):
        self.backbone, self.small_share = learning(backbone), small_share
        self.prompting = prompting or Prompting()
        self.full_size = full_size
        self.small_size = small_size or full_size

    @property
    def module(self) -> nn.Module:
        """What is trained and saved."""
        return self.backbone

    def frame_size(self, progress: float) -> int:
        """Side of the views, which are the frames here, after a share `progress` of the run."""
        return self.small_size if progress < self.small_share else self.full_size

    def loss(
        self, batch: dict, task: str, generator: torch.Generator, progress: float
    ) -> tuple[Tensor, dict]:
        """Return the mean loss and numbers to log."""
        size = batch["image"].shape[-1]
        self.backbone.resize(size)
        views = normalise_batch(self.backbone, batch)
        targets = batch["targets"].flatten(0, 1)[:, None].float() / 255  # (B*P, 1, S, S)
        target = F.avg_pool2d(targets, 4)
        known = (F.avg_pool2d(batch["known"].flatten(0, 1)[:, None].float(), 4) > 0.6).float()
        part = batch["part"].flatten()
        prompts = simulate_prompts(target, part, size, generator, self.prompting)

        with torch.autocast(views.device.type, torch.bfloat16):
            encoded = self.backbone.encode(views)
            context = self.backbone.prior_context(views, encoded)
            embedded = self.backbone.embed_prompts(prompts, context)
            logits, scores = self.backbone.decode(encoded.embedding, embedded)
        loss, iou = _answer_loss(logits, scores, target, known, prompts.ambiguous)
        likeness = cast(Tensor, embedded.likeness)  # `mini` has a prior
        loss = loss + LIKENESS_WEIGHT * _likeness_loss(likeness, target, known)
        log = {"box_iou": _mean(iou, prompts.labels[:, 0] >= 0), "click_iou": _mean(iou, prompts.ambiguous)}

        if torch.rand((), generator=generator) < self.prompting.corrected:
            index = self.backbone.choose(scores, prompts)[:, None, None, None]
            answer = logits.detach().float().gather(1, index.expand(-1, 1, *logits.shape[-2:]))
            click = error_click(answer, target, known, size)
            again = prompts.with_click(*click)
            # The page and the evaluation ask with clicks alone; a mask may come with them.
            if torch.rand((), generator=generator) < self.prompting.with_mask:
                again = again.with_masks(answer.clamp(-20, 20))
            with torch.autocast(views.device.type, torch.bfloat16):
                embedded = self.backbone.embed_prompts(again, context)
                logits, scores = self.backbone.decode(encoded.embedding, embedded)
            second, iou = _answer_loss(logits, scores, target, known, again.ambiguous)
            loss = loss + second
            log["refined_iou"] = iou.mean().item()
        return loss, log


def normalise_batch(backbone, batch: dict) -> Tensor:
    """Normalise a batch of frames (B, 3, S, S) uint8 and keep their padding at 0."""
    sam = backbone.sam
    frames = batch["image"].float()
    views = [
        normalise(frame[None], sam.pixel_mean, sam.pixel_std, (int(h), int(w)))
        for frame, h, w in zip(frames, batch["height"], batch["width"], strict=True)
    ]
    return torch.cat(views).contiguous(memory_format=torch.channels_last)


def _answer_loss(logits, scores, target, known, ambiguous) -> tuple[Tensor, Tensor]:
    """SAM's rule: one click trains the best of three candidates, everything else mask 0. Also the IoU reached."""
    logits, scores = logits.float(), scores.float()
    losses = prompt_loss(logits, target, known)  # (N, 4)
    iou = mask_iou(logits, target, known)
    best = losses[:, 1:].argmin(1) + 1
    index = torch.where(ambiguous, best, torch.zeros_like(best))[:, None]
    mask_loss = losses.gather(1, index).mean()
    trained = torch.where(
        ambiguous[:, None], scores.new_tensor([0, 1, 1, 1]), scores.new_tensor([1, 0, 0, 0])
    )
    score_loss = ((scores - iou) ** 2 * trained).sum(1).mean()
    return mask_loss + score_loss, iou.gather(1, index)[:, 0]


def _likeness_loss(likeness: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Teach the descriptors directly that pixels of one object are alike: BCE of the prior's guess (N, 1, h, w)."""
    factor = target.shape[-1] // likeness.shape[-1]
    target, known = F.avg_pool2d(target, factor), (F.avg_pool2d(known, factor) > 0.5).float()
    near = F.max_pool2d((target > 0.5).float(), 5, stride=1, padding=2)
    return bce(likeness.float(), target, known * (0.1 + near)).mean()


def _mean(values: Tensor, rows: Tensor) -> float | None:
    return values[rows].mean().item() if rows.any() else None
