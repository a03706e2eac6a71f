"""The training loop: one stage, a time or step budget, checkpoints that resume exactly, and something to look at."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import default_collate
from tqdm import tqdm

from sama.predict.allocator import reuse_memory
from sama.training.batches import Batches, MakeData, stream
from sama.training.data.dataset import Ingredients, develop
from sama.training.ema import Ema
from sama.training.state import load_state, save_state

TRUNK_SCALE = 0.2


class Stage(Protocol):
    """What is trained, and how a batch becomes a loss."""

    tasks: tuple[str, ...]
    module: nn.Module

    def frame_size(self, progress: float) -> int: ...

    def loss(
        self, batch: dict, task: str, generator: torch.Generator, progress: float
    ) -> tuple[Tensor, dict]: ...


@dataclass(frozen=True)
class TrainSettings:
    """Budget and optimiser. With `steps` the schedule follows steps and is bit-exact on resume; else it follows
    `minutes` of training time, counted over all resumed runs. Checkpoints come every `checkpoint_minutes`, and
    validation at the first of them after every `watch_minutes`. `paint_on_device`: the processes that prepare data hand
    over what pictures are made of, and `device` paints them, so that fewer processes keep it busy; None: if it is no
    processor."""

    out: Path
    minutes: float = 60
    steps: int | None = None
    batch: int = 8
    learning_rate: float = 8e-4
    weight_decay: float = 0.02
    warmup: int = 100
    ema_decay: float = 0.998
    clip: float = 1.0
    workers: int = 1
    seed: int = 0
    checkpoint_minutes: float = 4
    watch_minutes: float = 0
    device: str = "cpu"
    paint_on_device: bool | None = None

    @property
    def paints(self) -> bool:
        """Whether `device` paints the pictures."""
        return self.device != "cpu" if self.paint_on_device is None else self.paint_on_device


def train(
    stage: Stage,
    make_data: MakeData,
    settings: TrainSettings,
    *,
    resume: bool = False,
    watch: Callable[[nn.Module], dict] | None = None,
    export: Callable[[nn.Module, int], None] | None = None,
) -> Ema:
    """Train until the budget is spent.

    make_data(task, size) gives the dataset of a task; export(averaged module, step) is called at every checkpoint,
    watch(averaged module) at some and at the last, and returns numbers for the log. Writes `state.pt` and `log.jsonl`
    in settings.out. Returns the averaged weights.
    """
    reuse_memory()
    run = _Run(stage, settings, resume)
    batches = Batches(make_data, settings.batch, painted=not settings.paints)
    saved = run.seconds
    with tqdm(total=100, desc="training", unit="%", bar_format="{l_bar}{bar}| {postfix}") as bar:
        while run.progress < 1:
            size = stage.frame_size(run.progress)
            for batch in stream(batches, stage.tasks, size, run.step, settings):
                run.learn(_on_device(batch, settings.device))
                bar.n = round(100 * run.progress, 1)
                bar.set_postfix(dict(sorted([("step", run.step), *run.smooth.items()])))
                if run.seconds - saved > 60 * settings.checkpoint_minutes:
                    run.checkpoint(watch, export)
                    saved = run.seconds
                if run.progress >= 1 or stage.frame_size(run.progress) != size:
                    break
        run.checkpoint(watch, export, last=True)
    return run.ema


class _Run:
    """The moving parts of a run: weights, optimiser, average, the step, and numbers smoothed over some fifty steps."""

    def __init__(self, stage: Stage, settings: TrainSettings, resume: bool):
        self.stage, self.settings = stage, settings
        settings.out.mkdir(parents=True, exist_ok=True)
        # A stage may freeze parts in turn; what is frozen for good has no gradient at the start.
        self.parameters = [p for p in stage.module.parameters() if p.requires_grad]
        groups = _groups(stage.module, settings.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))
        self.ema = Ema(stage.module, settings.ema_decay)
        self.step, elapsed = 0, 0.0
        self.state = settings.out / "state.pt"
        if resume and self.state.exists():
            self.step, elapsed = load_state(self.state, stage.module, self.ema, self.optimiser)
        self.started, self.watched = time.monotonic() - elapsed, elapsed
        self.smooth: dict[str, float] = {}
        self.log = settings.out / "log.jsonl"
        self.log.touch()

    @property
    def seconds(self) -> float:
        """Seconds of training, over all resumed runs."""
        return time.monotonic() - self.started

    @property
    def progress(self) -> float:
        """Share of the budget that is spent."""
        if self.settings.steps is not None:
            return min(1.0, self.step / self.settings.steps)
        return min(1.0, self.seconds / 60 / self.settings.minutes)

    def learn(self, batch: dict) -> None:
        """Take a step."""
        stage, settings, step = self.stage, self.settings, self.step
        rate = settings.learning_rate * _schedule(step, self.progress, settings.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
        task = stage.tasks[step % len(stage.tasks)]
        loss, numbers = stage.loss(batch, task, generator, self.progress)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, settings.clip)
        if torch.isfinite(norm):
            self.optimiser.step()
            self.ema.update(stage.module, step)
        self.step += 1
        for name, value in {"loss_" + task: loss.item(), **numbers}.items():
            if value is not None and math.isfinite(value):
                self.smooth[name] = round(0.98 * (self.smooth.get(name, value) or 0.0) + 0.02 * value, 4)

    def checkpoint(self, watch: Callable | None, export: Callable | None, last: bool = False) -> None:
        """Export and, when it is time, validate the average; save the state; write a line of the log."""
        module, seen = self.stage.module, {}
        with self.ema.swapped_in(module):
            if export:
                export(module, self.step)
            if watch and (last or self.seconds - self.watched >= 60 * self.settings.watch_minutes):
                seen = watch(module)
                self.watched = self.seconds
        save_state(self.state, module, self.ema, self.optimiser, self.step, self.seconds)
        record = {"step": self.step, "minutes": round(self.seconds / 60, 2), **self.smooth, **seen}
        with self.log.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(record) + "\n")


def _on_device(batch: dict | list[Ingredients], device: str) -> dict:
    if isinstance(batch, list):
        return _on_device(default_collate([develop(ingredients, device) for ingredients in batch]), device)
    return {k: v.to(device, non_blocking=True) for k, v in batch.items()}


def _schedule(step: int, progress: float, warmup: int) -> float:
    """Linear warm-up, then half a cosine over the budget."""
    return min(1.0, (step + 1) / warmup) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))


def _groups(module: nn.Module, weight_decay: float) -> list[dict]:
    """Decay matrices and kernels only; biases, norms and embeddings of one row are left alone.

    A pre-trained trunk learns at `TRUNK_SCALE` of the rate.
    """
    groups = {
        (decayed, scale): {"params": [], "weight_decay": weight_decay * decayed, "scale": scale}
        for decayed in (True, False)
        for scale in (1.0, TRUNK_SCALE)
    }
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            decayed = parameter.ndim > 1 and parameter.shape[0] > 1
            groups[decayed, TRUNK_SCALE if ".trunk." in name else 1.0]["params"].append(parameter)
    return [group for group in groups.values() if group["params"]]
