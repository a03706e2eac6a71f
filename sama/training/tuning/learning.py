"""The loop: a budget, a schedule, an average, and the best of what was seen on the way by photographs that check."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from sama.training.ema import Ema

MARGIN = 0.01  # by so much a state has to be better than the base: few photographs check, and others may lose


@dataclass(frozen=True)
class Budget:
    """Seconds of training, or, with `steps`, so many steps, which makes a run repeatable."""

    seconds: float
    steps: int | None = None

    def spent(self, step: int, seconds: float) -> float:
        """The share of it that is spent, from 0 to 1."""
        share = step / self.steps if self.steps is not None else seconds / max(self.seconds, 1e-9)
        return min(1.0, share)


@dataclass(frozen=True)
class Pace:
    """How it learns. rate: the highest learning rate; pull: share of the way back to the base at every step, times the
    schedule; checks: how often the photographs that check are answered."""

    rate: float = 3e-4
    warmup: int = 20
    weight_decay: float = 0.0
    clip: float = 1.0
    average: float = 0.98
    pull: float = 1e-3
    checks: int = 12
    seed: int = 0


@dataclass
class Learned:
    """What came of it: steps; seconds, and those of the processors; of each check its step and what it found; the step
    whose weights were kept, 0 for the base's."""

    steps: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    checks: list[dict] = field(default_factory=list)
    kept: int = 0


def learn(
    module: nn.Module,
    loss: Callable[[torch.Generator, int, float], Tensor],
    check: Callable[[], dict[str, float]],
    budget: Budget,
    pace: Pace,
    tell: Callable[[float, str], None] = lambda share, text: None,
) -> Learned:
    """Train the parameters of a module that have a gradient; loss(generator, step, progress) is that of one batch.

    check() answers the photographs that check, with the averaged weights, and returns measures of which larger is
    better; the module is left with the averaged weights whose mean of them was best, or as it was given where none was
    better than that by MARGIN. tell: called with the share that is done and what is to be said.
    """
    names = {name: each for name, each in module.named_parameters() if each.requires_grad}
    parameters, base = list(names.values()), [each.detach().clone() for each in names.values()]
    optimiser = torch.optim.AdamW(parameters, lr=pace.rate, weight_decay=pace.weight_decay, betas=(0.9, 0.98))
    ema, out, seen = Ema(module, pace.average), Learned(), check()
    best, kept = _mean(seen), {k: v.clone() for k, v in (*ema.average.items(), *module.named_buffers())}
    out.checks.append({"step": 0, **{k: round(v, 4) for k, v in seen.items()}})
    started, asked, wait = time.monotonic(), 0, 0.0  # checking is not training
    worked = time.process_time()
    while (progress := budget.spent(out.steps, time.monotonic() - started - wait)) < 1:
        schedule = min(1.0, (out.steps + 1) / pace.warmup) * (0.5 + 0.5 * math.cos(math.pi * progress))
        for group in optimiser.param_groups:
            group["lr"] = pace.rate * schedule
        generator = torch.Generator().manual_seed(pace.seed * 1_000_003 + out.steps)
        value = loss(generator, out.steps, progress)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, pace.clip)
        if torch.isfinite(norm):
            optimiser.step()
            _pull(parameters, base, pace.pull * schedule)
            ema.update(module, out.steps)
        out.steps += 1
        done = budget.spent(out.steps, time.monotonic() - started - wait)
        tell(done, f"step {out.steps}, loss {value.item():.3f}")
        if done >= 1 or done * pace.checks >= asked + 1:
            asked, before = int(done * pace.checks), time.monotonic()
            with ema.swapped_in(module):
                seen = check()
            wait += time.monotonic() - before
            out.checks.append({"step": out.steps, **{k: round(v, 4) for k, v in seen.items()}})
            tell(done, ", ".join(f"{k} {v:.3f}" for k, v in seen.items()))
            if (mean := _mean(seen)) > (best if out.kept else best + MARGIN):
                best, out.kept = mean, out.steps
                kept = {name: value.clone() for name, value in ema.average.items()}
    out.seconds, out.cpu_seconds = time.monotonic() - started - wait, time.process_time() - worked
    _take(module, kept)
    return out


def _mean(measures: dict[str, float]) -> float:
    return sum(measures.values()) / len(measures)


@torch.no_grad()
def _pull(parameters: list[nn.Parameter], base: list[Tensor], share: float) -> None:
    torch._foreach_lerp_([each.detach() for each in parameters], base, share)  # pyright: ignore[reportPrivateImportUsage]


@torch.no_grad()
def _take(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    own = dict(module.named_parameters()) | dict(module.named_buffers())
    for name, value in tensors.items():
        own[name].copy_(value)
    module.eval()
