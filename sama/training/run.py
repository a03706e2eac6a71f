"""A recipe to a stage, its data and the loop."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from sama.errors import SamaError
from sama.models.backbones import BACKBONES, default_config
from sama.models.backbones.mini import MiniBackbone, MiniEncoder
from sama.models.config import SamaConfig
from sama.models.memory_readout import MemoryReadout, ReadoutConfig
from sama.models.sama import TASKS, Sama
from sama.training.data.clips import ClipData
from sama.training.data.dataset import TrainingData
from sama.training.imagenet import imagenet_trunk
from sama.training.recipe import EMBEDDED, Recipe
from sama.training.stages.mini import MiniStage
from sama.training.stages.readout import ReadoutStage
from sama.training.stages.sama import SamaStage
from sama.training.trainer import TrainSettings, train
from sama.training.validation import MiniWatch, SamaWatch
from sama.weights.checkpoints import load_tensors, sama_metadata, save_checkpoint
from sama.weights.digest import sha256_of
from sama.weights.readouts import save_readout
from sama.weights.zoo import find_backbone, find_sama, load_backbone, on_backbone, record_of

SMALL_STEP = 128

LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class Workplace:
    """Where a run takes place: `data` with what the recipe's folders are relative to, and val/; `out` for state, log,
    sheet and weights; the device; processes that prepare data and whether the device paints, see TrainSettings; names
    of the folders to use, None for all of the recipe's; where refined objects are kept, by default cuts/ beside `out`.
    """

    data: Path
    out: Path
    device: str = "cpu"
    workers: int = 1
    paint_on_device: bool | None = None
    sources: Iterable[str] | None = None
    cuts: Path | None = None


def run(recipe: Recipe, place: Workplace, *, resume: bool = False) -> Path:
    """Train what a recipe says; returns the file of the weights. Raises SamaError."""
    return RUNS[recipe.stage](recipe, place, resume=resume)


def train_mini(recipe: Recipe, place: Workplace, *, resume: bool) -> Path:
    """Train `mini` from ImageNet's trunk or the recipe's weights; returns the file of its weights."""
    torch.manual_seed(recipe.seed)
    config = default_config("mini")
    backbone = MiniBackbone(config.mini)
    backbone.to(place.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  stubs lack it
    trunk = cast(MiniEncoder, backbone.sam.image_encoder).trunk
    if recipe.init:
        init = find_backbone(record_of("mini"), None if recipe.init == EMBEDDED else Path(recipe.init))
        start_from(backbone.state_dict(), load_tensors(init), init.name)
    else:
        trunk.load_state_dict(imagenet_trunk())
    trunk.freeze(recipe.frozen_stages)
    stage = MiniStage(
        backbone,
        full_size=config.mini.image_size,
        small_size=recipe.small_size,
        small_share=recipe.small_share,
        prompting=recipe.prompting,
    )
    path = place.out / "mini.safetensors"

    def export(module: nn.Module, step: int) -> None:
        metadata = {"kind": "backbone", "config": config.to_dict(), "step": step}
        save_checkpoint(path, module.state_dict(), metadata)

    watch = MiniWatch(place.data, place.out, stage.full_size, recipe.watched)
    _train(stage, recipe, place, watch, export, resume)
    return path


def train_sama(
    recipe: Recipe,
    place: Workplace,
    *,
    config: SamaConfig,
    tasks: tuple[str, ...] = TASKS,
    resume: bool,
) -> Path:
    """Train SAMA's modules for `tasks` on the frozen backbone that `config` names, with the recipe's weights or those
    that `find_backbone` finds; returns the file of the modules' weights. Modules start from the recipe's `init`, as far
    as they fit. Raises SamaError for a small size that the backbone cannot work at."""
    torch.manual_seed(recipe.seed)
    record = record_of(config.backbone)
    file = find_backbone(record, Path(recipe.backbone_weights) if recipe.backbone_weights else None)
    config = on_backbone(config, file)
    model = Sama(config)
    _check_small_size(recipe.small_size, config.backbone, model.backbone.image_size)
    load_backbone(model.backbone, file)
    if recipe.init:
        init = find_sama(record, None if recipe.init == EMBEDDED else recipe.init)
        if init is None:
            raise SamaError(f"No weights of SAMA for {config.backbone} are embedded; give init a path.")
        start_from(model.trainable(), load_tensors(init), init.name)
    else:
        model.reset_tokens()
    metadata = sama_metadata(
        config.to_dict(),
        step=0,
        data=", ".join(sorted(place.sources or recipe.data)),
        licence=LICENCE,
        backbone_file=file,
        backbone=model.backbone,
    )
    model.to(place.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  stubs lack it
    path = place.out / f"sama_{config.backbone}.safetensors"

    def export(module: Sama, step: int) -> None:
        save_checkpoint(path, module.trainable(), metadata | {"step": step})

    watch = SamaWatch(place.data, place.out, 2 * model.backbone.image_size, recipe.watched)
    how = recipe.small_size, recipe.small_share, recipe.prompting, recipe.objective
    stage = SamaStage(model, tasks, *how)
    _train(stage, recipe, place, watch, export, resume)
    return path


def _run_sama(recipe: Recipe, place: Workplace, *, resume: bool) -> Path:
    config = replace(default_config(recipe.backbone), masked_attention=recipe.masked_attention)
    return train_sama(recipe, place, config=config, resume=resume)


def train_readout(recipe: Recipe, place: Workplace, *, resume: bool) -> Path:
    """Train the memory read-out of clips on a frozen backbone of any size, with a prompt prior; returns the file of its
    weights. Raises SamaError for another backbone."""
    torch.manual_seed(recipe.seed)
    record = record_of(recipe.backbone)
    if not BACKBONES[record.name].any_size:
        raise SamaError(f"{record.name} has one size and no prompt prior to follow clips with; use another.")
    file = find_backbone(record, Path(recipe.backbone_weights) if recipe.backbone_weights else None)
    model = Sama(on_backbone(default_config(recipe.backbone), file))
    load_backbone(model.backbone, file)
    readout = MemoryReadout(ReadoutConfig(channels=model.backbone.embed_dim))
    readout.compare_as(cast(Any, model.backbone.sam.prompt_encoder).prior.describe)
    if recipe.init:
        init = Path(recipe.init)
        if not init.is_file():
            raise SamaError(f"There is no file {init} to start from; check init, or leave it out.")
        start_from(readout.state_dict(), load_tensors(init), init.name)
    stage = ReadoutStage(
        model.backbone.to(place.device, memory_format=torch.channels_last),  # pyright: ignore[reportCallIssue]
        readout.to(place.device),
        small_size=recipe.small_size,
        small_share=recipe.small_share,
    )
    about = {
        "model": recipe.backbone,
        "backbone_sha256": sha256_of(file),
        "data": ", ".join(sorted(place.sources or recipe.data)),
        "licence": LICENCE,
    }
    path = place.out / f"{recipe.backbone}_readout.safetensors"

    def export(module: MemoryReadout, step: int) -> None:
        save_readout(path, module, about | {"step": step})

    _train(stage, recipe, place, None, export, resume)
    return path


RUNS = {"mini": train_mini, "sama": _run_sama, "readout": train_readout}  # by stage


def _check_small_size(small: int | None, backbone: str, full: int) -> None:
    """The contexts of MVLE divide a view into whole cells, and SAM's backbones have one size."""
    any_size = BACKBONES[backbone].any_size
    if small and small != full and (not any_size or small % SMALL_STEP):
        raise SamaError(
            f"small_size is {small}; use a multiple of {SMALL_STEP}."
            if any_size
            else f"small_size is {small}, but {backbone} has one size: use {full}."
        )


def start_from(own: dict[str, torch.Tensor], tensors: dict[str, torch.Tensor], file: str) -> None:
    """Fill the tensors `own` of a model with those of an earlier, perhaps smaller one: tensors that fit are taken over,
    inputs that a kernel has more of now start at zero, and the rest stays as it is. Raises SamaError when nothing
    fits."""
    known = own.keys() & tensors.keys()
    if not any(own[name].shape == tensors[name].shape for name in known):
        raise SamaError(f"{file} holds nothing of this model; give init weights that `train` wrote for it.")
    with torch.no_grad():
        for name in known:
            new, old = own[name], tensors[name]
            if old.shape == new.shape:
                new.copy_(old)
            elif old.ndim == 4 and old.shape[0] == new.shape[0] and old.shape[1] < new.shape[1]:
                new.zero_()[:, : old.shape[1]] = old


def _make_data(recipe: Recipe, place: Workplace, task: str, size: int) -> TrainingData | ClipData:
    """The data of a task. Processes that are not forked, as on Windows and macOS, get this function by its name."""
    cuts = place.cuts or place.out.parent / "cuts"
    how = {"size": size, "task": task, "seed": recipe.seed, "sources": place.sources, "cuts": cuts}
    if recipe.stage == "readout":
        return ClipData(recipe.plan, place.data, **how)
    return TrainingData(recipe.plan, place.data, prompts=recipe.prompts, **how)


def _train(
    stage, recipe: Recipe, place: Workplace, watch: Callable | None, export: Callable, resume: bool
) -> None:
    settings = TrainSettings(
        out=place.out,
        minutes=recipe.minutes,
        steps=recipe.steps,
        batch=recipe.batch,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup=recipe.warmup,
        ema_decay=recipe.ema_decay,
        clip=recipe.clip,
        seed=recipe.seed,
        checkpoint_minutes=recipe.checkpoint_minutes,
        watch_minutes=recipe.watch_minutes,
        device=place.device,
        workers=place.workers,
        paint_on_device=place.paint_on_device,
    )
    train(stage, partial(_make_data, recipe, place), settings, resume=resume, watch=watch, export=export)
