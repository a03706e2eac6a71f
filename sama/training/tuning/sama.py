"""SAMA's modules on features that are known already: its stage, with the encoded views read instead of computed."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from sama.models.backbones.base import EncodedView
from sama.models.prompt_tensors import BOTTOM_RIGHT, TOP_LEFT, PromptTensors
from sama.models.sama import TASKS, ImageFeatures, Sama
from sama.training.losses import mask_iou
from sama.training.prompting import Prompting, tight_boxes
from sama.training.stages.mini import normalise_batch
from sama.training.stages.sama import SamaStage, fit_to
from sama.training.tuning.features import read_copy
from sama.training.tuning.sam import Known

PROMPTING = Prompting(box=0.5, exact=0.5, noise=0.07, short=0.1, large=0.1, deep=0.6, corrected=0.3)
MATTE = "matting"


class SamaLesson(SamaStage):
    """Turns copies into the loss of SAMA's heads: those of masks and mattes in turn."""

    def __init__(self, model: Sama, copies: list[Path], *, batch: int):
        super().__init__(model, TASKS, prompting=PROMPTING)
        self.paths, self.batch = copies, batch

    def encoded(self, batch: dict, frames: Tensor) -> ImageFeatures:
        """See `SamaStage.encoded`; the views come with the batch."""
        features = ImageFeatures(
            batch["view"].embedding, self.model.backbone.prior_context(batch["small"], batch["view"])
        )
        return self.model.encode_local(features, batch["local"], frames)

    def drawn(self, generator: torch.Generator, step: int, progress: float) -> Tensor:
        """The loss of a batch that `generator` draws."""
        picked = torch.randint(len(self.paths), (self.batch,), generator=generator).tolist()
        copies = [read_copy(self.paths[i]) for i in picked]
        objects = [int(torch.randint(len(copy["targets"]), (1,), generator=generator)) for copy in copies]
        return self.loss(self.batch_of(copies, objects), TASKS[step % len(TASKS)], generator, progress)[0]

    def batch_of(self, copies: list[dict[str, Tensor]], objects: list[int]) -> dict:
        """What `SamaStage.loss` takes, one object of each copy."""
        backbone = self.model.backbone
        device = next(backbone.parameters()).device
        known = Known.of(backbone, copies, [[each] for each in objects])

        def together(name: str) -> Tensor:
            return torch.cat([copy[name] for copy in copies]).to(device)

        def chosen(name: str) -> Tensor:
            return torch.stack([copy[name][i] for copy, i in zip(copies, objects, strict=True)]).to(device)

        def local(number: int) -> EncodedView:
            embedding, early = (together(f"local_{number}_{name}").float() for name in ("embedding", "early"))
            has = f"local_{number}_detail" in copies[0]
            return EncodedView(embedding, early, together(f"local_{number}_detail").float() if has else None)

        return {
            "image": together("image"),
            "height": torch.stack([copy["extent"][0] for copy in copies]),
            "width": torch.stack([copy["extent"][1] for copy in copies]),
            "targets": chosen("whole")[:, None],
            "known": chosen("sure")[:, None],
            "part": torch.zeros(len(copies), 1, dtype=torch.bool, device=device),
            "exact": together("exact"),
            "small": known.views,
            "view": known.encoded,
            "local": [local(i) for i in range(4)],
        }


@torch.no_grad()
def sama_quality(lesson: SamaLesson, copies: list[Path], dtype: torch.dtype) -> dict[str, float]:
    """How close SAMA is to the truth after a tight box, from 0 to 1, over up to two objects of each copy: IoU of its
    mask, and 1 - 10 mean absolute differences of its matte."""
    model = lesson.model.eval()
    found: dict[str, list[float]] = {task: [] for task in TASKS}
    for copy in map(read_copy, copies):
        for i in range(min(2, len(copy["targets"]))):
            batch = lesson.batch_of([copy], [i])
            frames = normalise_batch(model.backbone, batch)
            target, known = batch["targets"][0, 0].float() / 255, batch["known"][0, 0].float()
            coarse = F.avg_pool2d(target[None, None], len(target) // (4 * model.backbone.grid[0]))
            box = tight_boxes(coarse).reshape(1, 2, 2) * (model.backbone.image_size / coarse.shape[-1])
            prompts = PromptTensors(box, torch.tensor([[TOP_LEFT, BOTTOM_RIGHT]], device=box.device))
            with torch.autocast(frames.device.type, dtype, enabled=dtype != torch.float32):
                features = lesson.encoded(batch, frames)
                maps = model.decode(features, model.decode_sam(features, prompts))
            for task in TASKS:
                logits = maps[task].float()
                near = [fit_to(logits, x[None, None]) for x in (target, known)]
                found[task].append(_score(task, logits, *near))
    return {task: sum(values) / max(1, len(values)) for task, values in found.items()}


def _score(task: str, logits: Tensor, target: Tensor, known: Tensor) -> float:
    if task == MATTE:
        apart = (torch.sigmoid(logits) - target).abs() * known
        return 1 - 10 * (apart.sum() / known.sum().clamp(min=1)).item()
    return mask_iou(logits, target, known).item()
