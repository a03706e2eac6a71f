"""SAM's decoder on features that are known already: batches, the loss, and how good it is on photographs that check."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sama.models.backbones.base import Backbone, EncodedView
from sama.models.prompt_tensors import BOTTOM_RIGHT, PADDING, POSITIVE, TOP_LEFT, PromptTensors
from sama.training.losses import mask_iou, prompt_loss
from sama.training.prompting import Prompting, depth, error_click, simulate_prompts, tight_boxes
from sama.training.stages.mini import normalise_batch
from sama.training.tuning.features import read_copy

# One click means the whole object here, which is what SAM finds hardest.
PROMPTING = Prompting(
    box=0.3, exact=0.5, noise=0.07, short=0.1, large=0.1, single=0.75, deep=0.6, corrected=0.3
)
MODEST = 0.5  # weight of the candidate that SAM would answer a click with, beside the best of three


@dataclass(frozen=True)
class Known:
    """A batch of B copies and `each` objects of every one: encoded views, targets and known (N, 1, g, g)."""

    views: Tensor
    encoded: EncodedView
    targets: Tensor
    known: Tensor

    @classmethod
    def of(cls, backbone: Backbone, copies: list[dict[str, Tensor]], objects: list[list[int]]) -> "Known":
        """Copies as `read_copy` returns them, and the numbers of as many objects of each."""
        device = next(backbone.parameters()).device

        def together(name: str) -> Tensor:
            return torch.cat([copy[name] for copy in copies]).to(device)

        shown = {
            "image": together("view"),
            "height": torch.tensor([_half(copy["extent"][0]) for copy in copies]),
            "width": torch.tensor([_half(copy["extent"][1]) for copy in copies]),
        }
        embedding = together("embedding").float()
        detail = together("detail").float() if "detail" in copies[0] else None
        targets, known = (
            torch.cat([copy[name][chosen] for copy, chosen in zip(copies, objects, strict=True)]).to(device)
            for name in ("targets", "known")
        )
        return cls(
            normalise_batch(backbone, shown),
            EncodedView(embedding, embedding[:, :0], detail),
            targets[:, None].float() / 255,
            known[:, None].float(),
        )


class SamLesson:
    """Turns copies into the loss of SAM's decoder."""

    def __init__(self, backbone: Backbone, copies: list[Path], *, batch: int, each: int, dtype: torch.dtype):
        self.backbone, self.paths, self.batch, self.each, self.dtype = backbone, copies, batch, each, dtype

    def loss(self, generator: torch.Generator, progress: float) -> Tensor:
        """The loss of a batch that `generator` draws."""
        picked = torch.randint(len(self.paths), (self.batch,), generator=generator).tolist()
        copies = [read_copy(self.paths[i]) for i in picked]
        objects = [_objects(copy["targets"], self.each, generator) for copy in copies]
        known = Known.of(self.backbone, copies, objects)
        size = known.views.shape[-1]
        part = torch.zeros(len(known.targets), dtype=torch.bool, device=known.targets.device)
        prompts = simulate_prompts(known.targets, part, size, generator, PROMPTING)
        with torch.autocast(known.views.device.type, self.dtype, enabled=self.dtype != torch.float32):
            context = self.backbone.prior_context(known.views, known.encoded)
            logits, scores = self._answer(known, prompts, context)
            loss = answer_loss(logits, scores, known, prompts.ambiguous)
            if torch.rand((), generator=generator) < PROMPTING.corrected:
                index = self.backbone.choose(scores, prompts)[:, None, None, None]
                answer = (
                    logits.detach().float().gather(1, index.expand(-1, 1, *logits.shape[-2:])).clamp(-20, 20)
                )
                again = prompts.with_click(*error_click(answer, known.targets, known.known, size))
                if torch.rand((), generator=generator) < PROMPTING.with_mask:
                    again = again.with_masks(answer)
                loss = loss + answer_loss(*self._answer(known, again, context), known, again.ambiguous)
        return loss

    def _answer(self, known: Known, prompts: PromptTensors, context) -> tuple[Tensor, Tensor]:
        embedded = self.backbone.embed_prompts(prompts, context)
        return self.backbone.decode(known.encoded.embedding, embedded)


def answer_loss(logits: Tensor, scores: Tensor, known: Known, ambiguous: Tensor) -> Tensor:
    """SAM's rule, the best of three candidates for one click and mask 0 for all else, and for one click the candidate
    with the highest score as well: it is the one that is shown. Scores learn the IoU."""
    logits, scores = logits.float(), scores.float()
    losses = prompt_loss(logits, known.targets, known.known)  # (N, 4)
    iou = mask_iou(logits, known.targets, known.known)
    best = losses[:, 1:].amin(1)
    shown = losses.gather(1, scores[:, 1:].argmax(1, keepdim=True) + 1)[:, 0]
    clicked = (1 - MODEST) * best + MODEST * shown
    learned = torch.where(ambiguous, clicked, losses[:, 0])
    rows = torch.where(ambiguous[:, None], scores.new_tensor([0, 1, 1, 1]), scores.new_tensor([1, 0, 0, 0]))
    return learned.mean() + ((scores - iou) ** 2 * rows).sum(1).mean()


@torch.no_grad()
def sam_quality(backbone: Backbone, copies: list[Path], dtype: torch.dtype) -> dict[str, float]:
    """Mean IoU over the objects of some copies, at SAM's own resolution, after one click as deep inside as can be
    (`click`) and after a tight box (`box`)."""
    found: dict[str, list[Tensor]] = {"click": [], "box": []}
    for path in copies:
        copy = read_copy(path)
        known = Known.of(backbone, [copy], [list(range(len(copy["targets"])))])
        size, grid = known.views.shape[-1], known.targets.shape[-1]
        with torch.autocast(known.views.device.type, dtype, enabled=dtype != torch.float32):
            context = backbone.prior_context(known.views, known.encoded)
            for name, prompts in _asked(known.targets, size / grid).items():
                logits, scores = backbone.decode(
                    known.encoded.embedding, backbone.embed_prompts(prompts, context)
                )
                iou = mask_iou(logits.float(), known.targets, known.known)
                found[name].append(iou.gather(1, backbone.choose(scores, prompts)[:, None])[:, 0])
    return {name: float(torch.cat(values).mean()) for name, values in found.items()}


def _asked(targets: Tensor, scale: float) -> dict[str, PromptTensors]:
    """Exact prompts for targets (N, 1, g, g), `scale` pixels of a view a cell."""
    n, grid = len(targets), targets.shape[-1]
    cell = depth(targets > 0.5).flatten(1).argmax(1)
    place = torch.stack([cell % grid, torch.div(cell, grid, rounding_mode="floor")], 1)
    click = (place[:, None].float() + 0.5) * scale  # (N, 1, 2)
    corners = (tight_boxes(targets) * scale).reshape(n, 2, 2)
    one = torch.full((n, 1), POSITIVE, device=targets.device)
    nothing = torch.zeros(n, 1, 2, device=targets.device)
    box = torch.tensor([[TOP_LEFT, BOTTOM_RIGHT]], device=targets.device).expand(n, -1)
    return {
        "click": PromptTensors(torch.cat([click, nothing], 1), torch.cat([one, 0 * one + PADDING], 1)),
        "box": PromptTensors(corners, box),
    }


def _objects(targets: Tensor, each: int, generator: torch.Generator) -> list[int]:
    """The numbers of `each` of a copy's objects, every one once before any is repeated."""
    order = torch.randperm(len(targets), generator=generator).tolist()
    return [order[i % len(order)] for i in range(each)]


def _half(length: Tensor) -> int:
    """Rows or columns of the global view that hold some of the photograph, of as many of the frame."""
    return (int(length) + 1) // 2
