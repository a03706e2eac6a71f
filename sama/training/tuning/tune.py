"""From a folder of photographs to fine-tuned weights."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from sama.errors import SamaError
from sama.models.fast import learning
from sama.models.sama import Sama
from sama.predict.devices import resolve_device, resolve_dtype
from sama.training.tuning.features import Encoder
from sama.training.tuning.learning import Budget, Learned, Pace, learn
from sama.training.tuning.parts import BOTH, PARTS, SAM, SAMA, only, sam_parameters, sama_parameters
from sama.training.tuning.photos import Split
from sama.training.tuning.sam import SamLesson, sam_quality
from sama.training.tuning.sama import SamaLesson, sama_quality
from sama.weights.checkpoints import fingerprint
from sama.weights.tuned import Base, is_tuned, save_tuned
from sama.weights.zoo import LoadedModel, find_sama, load_model, record_of

ENCODING = 0.25  # share of the minutes that encoding may take before the remaining copies are left out
SAM_SHARE = 0.5  # of the rest, where both learn
SAMA_PACE = Pace(rate=3e-4, average=0.97, pull=1e-3, checks=4)

Tell = Callable[[str, float, str], None]


@dataclass(frozen=True)
class Plan:
    """How to fine-tune. parts: of PARTS; minutes: of encoding and training together; steps: a budget instead, of each
    part, which makes a run repeatable; copies: of every photograph, turned round, cropped and degraded; batch: copies a
    step, `each` objects of every one; cache: where features are kept."""

    cache: Path
    parts: str = SAM
    minutes: float = 15.0
    steps: int | None = None
    copies: int = 6
    batch: int = 4
    each: int = 3
    pace: Pace = field(default_factory=Pace)
    device: str = "auto"

    def check(self) -> None:
        """Raise SamaError for what means nothing."""
        if self.parts not in PARTS:
            raise SamaError(f"--train is {self.parts!r:.20}; choose one of {', '.join(PARTS)}.")
        if not 0 < self.minutes < float("inf"):
            raise SamaError(f"--minutes is {self.minutes}; give a number above 0.")
        for name in ("steps", "copies", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SamaError(f"--{name} is {value}; give 1 or more.")


@dataclass(frozen=True)
class Start:
    """What fine-tuning starts from: a model; its base, and the base's tensors; `name` of the model."""

    loaded: LoadedModel
    base: Base
    tensors: dict[str, torch.Tensor]

    @classmethod
    def of(
        cls, model: str, *, checkpoint: Path | None = None, sama_weights: str | Path | None = None
    ) -> "Start":
        """Load what the flags say; fine-tuned weights go on from where they are, on the base that they name. Raises
        WeightsError."""
        record = record_of(model)
        file = find_sama(record, sama_weights)
        loaded = load_model(model, checkpoint=checkpoint, sama_weights=sama_weights)
        if file is not None and is_tuned(file):
            base = Base.of(loaded.metadata, file.name)
            if base.whole or loaded.sama_digest is None:  # SAMA's modules are the file's own, or nobody's
                backbone = load_model(model, checkpoint=checkpoint).model.backbone.state_dict()
                tensors = loaded.model.state_dict() | {f"backbone.{k}": v for k, v in backbone.items()}
            else:
                tensors = load_model(model, checkpoint=checkpoint).model.state_dict()
            return cls(loaded, base, tensors)
        whole = sama_weights is not None
        base = Base(
            model,
            loaded.backbone_digest,
            fingerprint(loaded.model.backbone),
            None if whole else loaded.sama_digest,
            whole,
        )
        return cls(loaded, base, {k: v.clone() for k, v in loaded.model.state_dict().items()})


def tune(start: Start, photos: Split, plan: Plan, out: Path, about: dict, tell: Tell) -> dict[str, Learned]:
    """Fine-tune and write the file `out`; returns what came of each part. tell: called with what is being done, the
    share that is done and a few words. about: JSON values for the file. Raises SamaError."""
    plan.check()
    trained = start.loaded.sama_digest is not None
    if plan.parts != SAM and not trained:
        raise SamaError(f"There are no SAMA weights for {start.base.model} to fine-tune; use --train sam.")
    device = resolve_device(plan.device)
    dtype = resolve_dtype("auto", device)
    model = learning(start.loaded.model.to(device))
    began = time.monotonic()
    taught, checked = _encoded(model, start, photos, plan, tell)
    left = max(10.0, 60 * plan.minutes - (time.monotonic() - began))
    budget = Budget(left, plan.steps)
    done: dict[str, Learned] = {}
    if plan.parts != SAMA:
        part = replace(budget, seconds=left * SAM_SHARE) if plan.parts == BOTH else budget
        done[SAM] = _learn_sam(model, taught, checked, plan, part, dtype, tell)
    if plan.parts != SAM:
        budget = replace(budget, seconds=max(10.0, left - sum(each.seconds for each in done.values())))
        done[SAMA] = _learn_sama(model, taught, checked, plan, budget, dtype, tell)
    model.eval()
    learned = {name: {"steps": each.steps, "kept": each.kept} for name, each in done.items()}
    save_tuned(out, model, start.base, start.tensors, {**about, "learned": learned})
    return done


def _encoded(
    model: Sama, start: Start, photos: Split, plan: Plan, tell: Tell
) -> tuple[list[Path], list[Path]]:
    """The copies that teach and those that check."""
    model.eval()
    encoder = Encoder(model, start.base.backbone_fingerprint, plan.cache, plan.parts != SAM)
    began, limit = time.monotonic(), 60 * plan.minutes * ENCODING
    whole = plan.copies * len(photos.taught)
    count = 0

    def more() -> bool:
        nonlocal count
        count += 1
        tell("encoding", min(1.0, count / whole), f"{count} of {whole} copies")
        return plan.steps is not None or time.monotonic() - began < limit

    checked = encoder.copies(photos.checked, 2)
    return encoder.copies(photos.taught, plan.copies, more), checked


def _learn_sam(
    model: Sama, taught: list[Path], checked: list[Path], plan: Plan, budget: Budget, dtype, tell: Tell
) -> Learned:
    only(model, sam_parameters(model))
    model.eval()
    lesson = SamLesson(model.backbone, taught, batch=plan.batch, each=plan.each, dtype=dtype)
    return learn(
        model,
        lambda generator, step, progress: lesson.loss(generator, progress),
        lambda: sam_quality(model.backbone, checked, dtype),
        budget,
        plan.pace,
        lambda share, text: tell("SAM", share, text),
    )


def _learn_sama(
    model: Sama, taught: list[Path], checked: list[Path], plan: Plan, budget: Budget, dtype, tell: Tell
) -> Learned:
    lesson = SamaLesson(model, taught, batch=plan.batch)
    only(model, sama_parameters(model))
    return learn(
        model,
        lesson.drawn,
        lambda: sama_quality(lesson, checked, dtype),
        budget,
        SAMA_PACE,
        lambda share, text: tell("SAMA", share, text),
    )
