"""SAM's decoder on features that are known already: batches, the loss, and how good it is on photographs that check."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from sama.models.backbones.base import Backbone, EmbeddedPrompts, EncodedView
from sama.models.backbones.prior import PromptPrior
from sama.models.prompt_tensors import BOTTOM_RIGHT, PADDING, POSITIVE, TOP_LEFT, PromptTensors, embed_prompts
from sama.training.losses import mask_iou, prompt_loss
from sama.training.prompting import Prompting, depth, error_click, simulate_prompts, tight_boxes
from sama.training.stages.mini import normalise_batch
from sama.training.tuning.features import read_copy

# One click means the whole object here, which is what SAM finds hardest.
PROMPTING = Prompting(
    box=0.3, exact=0.5, noise=0.07, short=0.1, large=0.1, single=0.75, deep=0.6, corrected=0.3
)
VARIANTS = 4
MOST_KEPT = 500  # of 2 MB
CHOSEN = 0.5  # weight of the candidate that SAM would answer a click with, beside the best of three


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


@dataclass(frozen=True)
class Asked:
    """Some objects of one copy and the prompts for them, with all that does not learn: the embedding (1, C, h, w), and
    what the prompt prior says, dense (N, C, h, w) and fine (N, 1, g, g), both in half precision, None without one."""

    embedding: Tensor
    targets: Tensor
    known: Tensor
    prompts: PromptTensors
    dense: Tensor | None
    fine: Tensor | None


class SamLesson:
    """Turns copies into the loss of SAM's decoder.

    A copy is asked about in VARIANTS ways; what does not learn is computed once for each and kept, as long as there is
    room for it.
    """

    def __init__(self, backbone: Backbone, copies: list[Path], *, batch: int, each: int, dtype: torch.dtype):
        self.backbone, self.paths, self.batch, self.each, self.dtype = backbone, copies, batch, each, dtype
        self.kept: dict[tuple[int, int], Asked] = {}

    def loss(self, generator: torch.Generator, progress: float) -> Tensor:
        """The loss of a batch that `generator` draws."""
        picked = torch.randint(len(self.paths), (self.batch,), generator=generator).tolist()
        variants = torch.randint(VARIANTS, (self.batch,), generator=generator).tolist()
        asked = [self._asked(i, v) for i, v in zip(picked, variants, strict=True)]
        targets, known, embedding = (
            torch.cat([getattr(each, name) for each in asked]) for name in ("targets", "known", "embedding")
        )
        prompts = PromptTensors(
            torch.cat([each.prompts.coords for each in asked]),
            torch.cat([each.prompts.labels for each in asked]),
        )
        with self._cast():
            embedded = self._embedded(prompts, [each.dense for each in asked], [each.fine for each in asked])
            logits, scores = self.backbone.decode(embedding.float(), embedded)
            loss = answer_loss(logits, scores, targets, known, prompts.ambiguous)
        if torch.rand((), generator=generator) < PROMPTING.corrected:
            loss = loss + self._again(picked[0], asked[0], logits, scores, generator)
        return loss

    def _again(
        self, number: int, asked: Asked, logits: Tensor, scores: Tensor, generator: torch.Generator
    ) -> Tensor:
        """The first copy's objects once more, with a click where the answer is wrong."""
        backbone, count = self.backbone, len(asked.targets)
        known = Known.of(backbone, [read_copy(self.paths[number])], [[]])
        index = backbone.choose(scores[:count], asked.prompts)[:, None, None, None]
        logits = logits[:count].detach().float()
        answer = logits.gather(1, index.expand(-1, 1, *logits.shape[-2:])).clamp(-20, 20)
        click = error_click(answer, asked.targets, asked.known, known.views.shape[-1])
        prompts = asked.prompts.with_click(*click)
        if torch.rand((), generator=generator) < PROMPTING.with_mask:
            prompts = prompts.with_masks(answer)
        with self._cast():
            context = backbone.prior_context(known.views, known.encoded)
            embedded = backbone.embed_prompts(prompts, context)
            logits, scores = backbone.decode(known.encoded.embedding, embedded)
            loss = answer_loss(logits, scores, asked.targets, asked.known, prompts.ambiguous)
        return loss / self.batch

    @torch.no_grad()
    def _asked(self, number: int, variant: int) -> Asked:
        found = self.kept.get((number, variant))
        if found is not None:
            return found
        generator = torch.Generator().manual_seed(VARIANTS * number + variant)
        copy = read_copy(self.paths[number])
        known = Known.of(self.backbone, [copy], [_objects(copy["targets"], self.each, generator)])
        part = torch.zeros(len(known.targets), dtype=torch.bool, device=known.targets.device)
        prompts = simulate_prompts(known.targets, part, known.views.shape[-1], generator, PROMPTING)
        dense = fine = None
        with self._cast():
            context = self.backbone.prior_context(known.views, known.encoded)
            if context is not None:
                prior = cast(PromptPrior, self.backbone.sam.prompt_encoder.prior)(context, prompts)
                dense, fine = prior.dense.half(), prior.fine.half()
        embedding = known.encoded.embedding.half()
        found = Asked(embedding, known.targets, known.known, prompts, dense, fine)
        if len(self.kept) < MOST_KEPT:
            self.kept[number, variant] = found
        return found

    def _embedded(
        self, prompts: PromptTensors, dense: list[Tensor | None], fine: list[Tensor | None]
    ) -> EmbeddedPrompts:
        """As `Backbone.embed_prompts`, with what the prior says known already."""
        sparse, own = embed_prompts(self.backbone.sam.prompt_encoder, prompts)
        given = [each.float() for each in dense if each is not None]
        if not given:
            return EmbeddedPrompts(sparse, own, None, None)
        more = torch.cat([each.float() for each in fine if each is not None])
        return EmbeddedPrompts(sparse, own + torch.cat(given), more, None)

    def _cast(self) -> torch.autocast:
        device = next(self.backbone.parameters()).device.type
        return torch.autocast(device, self.dtype, enabled=self.dtype != torch.float32)


def answer_loss(logits: Tensor, scores: Tensor, targets: Tensor, known: Tensor, ambiguous: Tensor) -> Tensor:
    """SAM's rule, the best of three candidates for one click and mask 0 for all else, and for one click the candidate
    with the highest score as well: it is the one that is shown. Scores learn the IoU."""
    logits, scores = logits.float(), scores.float()
    losses = prompt_loss(logits, targets, known)  # (N, 4)
    iou = mask_iou(logits, targets, known)
    best = losses[:, 1:].amin(1)
    shown = losses.gather(1, scores[:, 1:].argmax(1, keepdim=True) + 1)[:, 0]
    clicked = (1 - CHOSEN) * best + CHOSEN * shown
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
            for name, prompts in _exact(known.targets, size / grid).items():
                logits, scores = backbone.decode(
                    known.encoded.embedding, backbone.embed_prompts(prompts, context)
                )
                iou = mask_iou(logits.float(), known.targets, known.known)
                found[name].append(iou.gather(1, backbone.choose(scores, prompts)[:, None])[:, 0])
    return {name: float(torch.cat(values).mean()) for name, values in found.items()}


def _exact(targets: Tensor, scale: float) -> dict[str, PromptTensors]:
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
