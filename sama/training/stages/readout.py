"""The learned memory read-out of clips, on a frozen backbone: three frames, of which the first is marked."""

from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sama.models.backbones.base import Backbone, EmbeddedPrompts
from sama.models.backbones.prior import PriorContext
from sama.models.fast import learning
from sama.models.image_features import SamAnswer
from sama.models.memory_readout import Cells, MemoryReadout
from sama.models.prompt_tensors import BOTTOM_RIGHT, TOP_LEFT, PromptTensors
from sama.models.views import normalise
from sama.training.damage import damaged
from sama.training.losses import mask_iou, prompt_loss
from sama.video.belief import SURE, belief_of, box_of_cells, largest, looks_of, nearest
from sama.video.memory import Memory, Remembered
from sama.video.settings import FollowSettings

DRIFTED = 0.5  # share of moved masks that are damaged, as after many frames
WRONG = 0.2  # share of marked frames whose mask is
OWN = 0.5  # share of remembered masks that are what was found, at the end of a run; none are at its start
COMPARED = 0.1  # share of steps in which it is measured what the mask would be without the read-out
CELL = 4  # pixels of a view a cell of the grid of mask prompts
ZERO = 1e-3  # of shares, before logits


@dataclass(frozen=True)
class ClipFeatures:
    """One frame of B clips: embedding (B, C, h, w), what the prior knows of it, valid (B, 1, g, g), and the truth."""

    embedding: Tensor
    context: PriorContext
    valid: Tensor
    target: Tensor


@dataclass
class ClipMemory:
    """What is remembered of B clips: for the prior a memory each, for the read-out the cells of all."""

    each: list[Memory]
    marked: list[Cells] = field(default_factory=list)
    recent: list[Cells] = field(default_factory=list)

    def add(self, index: int, frame: ClipFeatures, share: Tensor, cells: Cells) -> None:
        """Remember a frame by its mask (B, 1, g, g) in [0, 1]; the first one is marked."""
        prompted = not self.marked
        (self.marked if prompted else self.recent).append(cells)
        for i, memory in enumerate(self.each):
            seen = Remembered.of(index, frame.context.only(slice(i, i + 1)), share[i : i + 1])
            memory.add(seen, prompted=prompted)


class ReadoutStage:
    """Turns a batch of clips into a loss: of the masks of their second and third frames, which are followed as
    `sama.video` does, with the read-out."""

    tasks = ("readout",)

    def __init__(
        self,
        backbone: Backbone,
        readout: MemoryReadout,
        *,
        full_size: int | None = None,
        small_size: int | None = None,
        small_share: float = 0.75,
        how: FollowSettings | None = None,
    ):
        self.backbone = learning(backbone).requires_grad_(False).eval()
        self.readout, self.small_share = readout, small_share
        self.how = how or FollowSettings()
        self.full_size = full_size or self.how.size
        self.small_size = small_size or self.full_size
        self.prior = cast(Any, backbone.sam.prompt_encoder).prior

    @property
    def module(self) -> nn.Module:
        """What is trained and saved."""
        return self.readout

    def frame_size(self, progress: float) -> int:
        """Side of the views after a share `progress` of the run."""
        return self.small_size if progress < self.small_share else self.full_size

    def loss(
        self, batch: dict, task: str, generator: torch.Generator, progress: float
    ) -> tuple[Tensor, dict]:
        """Return the mean loss and numbers to log; batch: of `ClipData`."""
        self.backbone.resize(batch["image"].shape[-1])  # pyright: ignore[reportCallIssue]  backbones of any size
        frames = self._encoded(batch)
        first = frames[0]
        memory = ClipMemory([Memory() for _ in first.embedding])
        share = drawn(first.target, damaged(first.target, generator), WRONG, generator)
        self._remember(memory, 0, first, share)
        total, numbers = first.embedding.new_zeros(()), {}
        compared = bool(torch.rand((), generator=generator) < COMPARED)
        for index, frame in enumerate(frames[1:], 1):
            before = drawn(share, damaged(frames[index - 1].target, generator), DRIFTED, generator)
            moved = warped(torch.logit(before, eps=ZERO).clamp(-SURE, SURE), batch["flow"][:, index - 1])
            belief, embedded = self._asked(frame, memory, moved, batch["sought"][:, index - 1])
            with torch.autocast(belief.device.type, torch.bfloat16):
                cells = Cells.joined(memory.marked), Cells.joined(memory.recent or memory.marked)
                told = self.readout(frame.embedding, belief, *cells)
                answer = self._answer(frame.embedding + told, embedded, belief)
            loss, iou = answer_loss(answer, frame)
            total = total + loss / (len(frames) - 1)
            numbers[f"iou_{index + 1}"] = iou
            if compared:
                with torch.no_grad(), torch.autocast(belief.device.type, torch.bfloat16):
                    _, numbers[f"iou_{index + 1}_without"] = answer_loss(
                        self._answer(frame.embedding, embedded, belief), frame
                    )
            # What was found is followed on, more and more often, so that its errors are met in training too.
            own = torch.sigmoid(answer.base.detach().float()) * frame.valid
            share = drawn(frame.target, own, OWN * progress, generator, logits=False)
            if index + 1 < len(frames):
                self._remember(memory, index, frame, share)
        return total, numbers

    @torch.no_grad()
    def _encoded(self, batch: dict) -> list[ClipFeatures]:
        """What the frozen encoder sees of the frames of a batch, one after the other."""
        backbone, clips = self.backbone, len(batch["image"])
        images = batch["image"].transpose(0, 1).flatten(0, 1).float()  # (3B, 3, S, S), all first frames first
        extents = [batch[name].T.flatten().tolist() for name in ("height", "width")]
        mean, std = cast(Tensor, backbone.sam.pixel_mean), cast(Tensor, backbone.sam.pixel_std)
        views = [
            normalise(image[None], mean, std, extent)
            for image, extent in zip(images, zip(*extents, strict=True), strict=True)
        ]
        views = torch.cat(views).contiguous(memory_format=torch.channels_last)
        targets = batch["target"].transpose(0, 1).float() / 255  # (3, B, 1, g, g)
        with torch.autocast(views.device.type, torch.bfloat16):
            encoded = backbone.encode(views)
            context = cast(PriorContext, backbone.prior_context(views, encoded))
        return [
            ClipFeatures(encoded.embedding[rows], part, part.valid, target)
            for target, rows in zip(targets, _rows(clips, len(images)), strict=True)
            for part in (context.only(rows),)
        ]

    @torch.no_grad()
    def _asked(
        self, frame: ClipFeatures, memory: ClipMemory, moved: Tensor, sought: Tensor
    ) -> tuple[Tensor, EmbeddedPrompts]:
        """What is believed of each clip's frame beforehand, (B, 1, g, g), and the prompts that it makes."""
        beliefs, boxes, side = [], [], moved.shape[-1]
        for i, each in enumerate(memory.each):
            context, flow = frame.context.only(slice(i, i + 1)), moved[i : i + 1]
            alone = bool(sought[i]) or not bool((flow > 0).any())
            looks = looks_of(context, self.prior.sharpness, each, self.how, prompted=alone)
            belief = largest(looks) if alone else belief_of(flow, looks, self.how)
            box = box_of_cells(belief, self.how.box) or (0, 0, side, side)
            high, wide = (frame.valid[i, 0].any(axis).sum().item() for axis in (1, 0))
            boxes.append([max(box[0], 0), max(box[1], 0), min(box[2], wide), min(box[3], high)])
            beliefs.append(belief)
        belief = torch.cat(beliefs)
        corners = torch.tensor(boxes, device=belief.device).float().reshape(-1, 2, 2) * CELL
        labels = torch.tensor([[TOP_LEFT, BOTTOM_RIGHT]], device=belief.device).expand(len(boxes), -1)
        inside = torch.sigmoid(belief)
        prompts = PromptTensors(corners, labels, known=torch.cat([inside, 1 - inside], 1))
        with torch.autocast(belief.device.type, torch.bfloat16):
            prompts = prompts.with_masks(belief.clamp(-SURE, SURE))
            return belief, self.backbone.embed_prompts(prompts, frame.context)

    def _answer(self, embedding: Tensor, embedded: EmbeddedPrompts, belief: Tensor) -> SamAnswer:
        """SAM's answer with the candidate that a follower would take."""
        logits, scores = self.backbone.decode(embedding, embedded)
        none = torch.zeros(len(logits), dtype=torch.long, device=logits.device)
        return nearest(SamAnswer(logits, scores, none, embedded), belief)

    def _remember(self, memory: ClipMemory, index: int, frame: ClipFeatures, share: Tensor) -> None:
        with torch.autocast(share.device.type, torch.bfloat16):
            cells = self.readout.remember(frame.embedding, share, frame.valid)
        memory.add(index, frame, share, cells)


def answer_loss(answer: SamAnswer, frame: ClipFeatures) -> tuple[Tensor, float]:
    """Loss of the candidate that was taken and of what SAM thinks of all of them, by which it is taken; and its IoU.
    Both are means over clips."""
    logits, scores, rows = answer.logits.float(), answer.scores.float(), torch.arange(len(answer.chosen))
    losses = prompt_loss(logits, frame.target, frame.valid)[rows, answer.chosen]
    iou = mask_iou(logits, frame.target, frame.valid)
    return losses.mean() + ((scores - iou) ** 2).mean(), iou[rows, answer.chosen].mean().item()


def drawn(
    usual: Tensor, other: Tensor, share: float, generator: torch.Generator, *, logits: bool = True
) -> Tensor:
    """Masks (B, 1, g, g) in [0, 1]: a share of `other`, given as logits or not, the rest `usual`."""
    rows = torch.rand(len(usual), generator=generator).to(usual.device) < share
    return torch.where(rows[:, None, None, None], torch.sigmoid(other) if logits else other, usual)


def warped(mask: Tensor, flow: Tensor) -> Tensor:
    """Logits (B, 1, g, g) of the frame before where they have moved to; flow: of `ClipData`, (B, g, g, 2)."""
    return F.grid_sample(mask + SURE, flow, padding_mode="zeros", align_corners=False) - SURE


def _rows(each: int, total: int) -> list[slice]:
    return [slice(start, start + each) for start in range(0, total, each)]
