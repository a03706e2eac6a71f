"""`python -m sama train`: flags to a stage, its data and the loop."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.models.config import SamaConfig, default_config
from sama.models.sama import TASKS, Sama
from sama.predict.devices import resolve_device
from sama.training.data.dataset import TrainingData
from sama.training.data.sources import NAMES
from sama.training.imagenet import imagenet_trunk
from sama.training.stages.mini import MiniStage
from sama.training.stages.sama import SamaStage
from sama.training.trainer import TrainSettings, train
from sama.training.validation import MiniWatch, SamaWatch
from sama.weights.checkpoints import load_tensors, sama_metadata, save_checkpoint
from sama.weights.zoo import RECORDS, find_backbone, load_backbone, on_backbone, record_of

# Strides 2, 4 and 8: their backward pass costs more than the rest of a step together.
FROZEN_STAGES = 3

SMALL_STEP = 128  # the contexts of MVLE divide a view into whole cells

LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class Feed:
    """What a run learns from: `root` with train/ and val/, prompts an image, the folders to use (all by default), and
    how many photos of each validation folder are watched."""

    root: Path
    prompts: int
    sources: Sequence[str] | None = None
    watched: int = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `train` command."""
    parser.add_argument("stage", choices=["mini", "sama"], help="what to train")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, required=True, help="folder for state, log, sheet, weights")
    parser.add_argument("--minutes", type=float, default=60, help="training time in all, resumes included")
    parser.add_argument("--steps", type=int, help="budget in steps instead of minutes")
    parser.add_argument("--resume", action="store_true", help="go on from --out/state")
    parser.add_argument(
        "--init", type=Path, help="start from these weights; mini starts from ImageNet's trunk"
    )
    parser.add_argument("--batch", type=int, help="images a step, by default 8 for mini and 3 for sama")
    parser.add_argument("--prompts", type=int, help="prompts an image, by default 4 for mini and 2 for sama")
    parser.add_argument("--small-size", type=int, help="side of a view in the first part of the run")
    parser.add_argument("--backbone", choices=sorted(RECORDS), default="mini", help="sama: what it stands on")
    parser.add_argument(
        "--checkpoint", type=Path, help="sama: backbone weights, by default the embedded ones"
    )
    parser.add_argument("--learning-rate", type=float, default=8e-4)
    parser.add_argument("--warmup", type=int, default=100, help="steps until the full learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare data")
    parser.add_argument(
        "--paint",
        choices=["workers", "device"],
        help="where composites are painted and degraded, by default on the device if it is no processor",
    )
    parser.add_argument("--sources", nargs="+", help="data folders to use, all by default")
    parser.add_argument("--watched", type=int, default=12, help="validation photos a folder")


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend."""
    if not args.data.is_dir():
        raise SamaError(f"There is no folder {args.data}; name one that holds train/ and val/.")
    mini = args.stage == "mini"
    settings = TrainSettings(
        out=args.out,
        minutes=args.minutes,
        steps=args.steps,
        batch=args.batch or (8 if mini else 3),
        learning_rate=args.learning_rate,
        warmup=args.warmup,
        seed=args.seed,
        workers=args.workers,
        device=str(resolve_device(args.device)),
        paint_on_device=None if args.paint is None else args.paint == "device",
    )
    feed = Feed(args.data, args.prompts or (4 if mini else 2), args.sources, args.watched)
    if mini:
        train_mini(settings, feed, init=args.init, small_size=args.small_size, resume=args.resume)
    else:
        config = default_config(args.backbone)
        train_sama(
            settings,
            feed,
            config=config,
            checkpoint=args.checkpoint,
            init=args.init,
            small_size=args.small_size,
            resume=args.resume,
        )
    return 0


def train_mini(
    settings: TrainSettings, feed: Feed, *, init: Path | None, small_size: int | None, resume: bool
) -> Path:
    """Train `mini` from ImageNet's trunk, or from the weights `init`; returns the file of its weights."""
    torch.manual_seed(settings.seed)
    config = default_config("mini")
    backbone = MiniBackbone(config.mini).to(settings.device, memory_format=torch.channels_last)
    trunk = backbone.sam.image_encoder.trunk
    if init is None:
        trunk.load_state_dict(imagenet_trunk())
    else:
        start_from(backbone.state_dict(), load_tensors(init), init.name)
    trunk.freeze(FROZEN_STAGES)
    stage = MiniStage(backbone, full_size=config.mini.image_size, small_size=small_size)
    path = settings.out / "mini.safetensors"

    def export(module: nn.Module, step: int) -> None:
        metadata = {"kind": "backbone", "config": config.to_dict(), "step": step}
        save_checkpoint(path, module.state_dict(), metadata)

    watch = MiniWatch(feed.root, settings.out, stage.full_size, feed.watched)
    _train(stage, settings, feed, watch, export, resume)
    return path


def train_sama(
    settings: TrainSettings,
    feed: Feed,
    *,
    config: SamaConfig,
    checkpoint: Path | None = None,
    init: Path | None = None,
    tasks: tuple[str, ...] = TASKS,
    small_size: int | None = None,
    resume: bool,
) -> Path:
    """Train SAMA's modules for `tasks` on the frozen backbone that `config` names, with the weights `checkpoint` or
    those that `find_backbone` finds; returns the file of the modules' weights. init: modules to start from, as far as
    they fit. Raises SamaError for a `small_size` that the backbone cannot work at."""
    if small_size and (config.backbone != "mini" or small_size % SMALL_STEP):
        raise SamaError(
            f"--small-size must be a multiple of {SMALL_STEP}, and SAM's backbones have one size only."
        )
    torch.manual_seed(settings.seed)
    file = find_backbone(record_of(config.backbone), checkpoint)
    config = on_backbone(config, file)
    model = Sama(config)
    load_backbone(model.backbone, file)
    if init is None:
        model.reset_tokens()
    else:
        start_from(model.trainable(), load_tensors(init), init.name)
    metadata = sama_metadata(
        config.to_dict(),
        step=0,
        data=", ".join(sorted(feed.sources or NAMES)),
        licence=LICENCE,
        backbone_file=file,
        backbone=model.backbone,
    )
    model.to(settings.device, memory_format=torch.channels_last)
    path = settings.out / f"sama_{config.backbone}.safetensors"

    def export(module: Sama, step: int) -> None:
        save_checkpoint(path, module.trainable(), metadata | {"step": step})

    watch = SamaWatch(feed.root, settings.out, 2 * model.backbone.image_size, feed.watched)
    _train(SamaStage(model, tasks, small_size), settings, feed, watch, export, resume)
    return path


def start_from(own: dict[str, torch.Tensor], tensors: dict[str, torch.Tensor], file: str) -> None:
    """Fill the tensors `own` of a model with those of an earlier, perhaps smaller one: tensors that fit are taken over,
    inputs that a kernel has more of now start at zero, and the rest stays as it is. Raises SamaError when nothing
    fits."""
    known = own.keys() & tensors.keys()
    if not any(own[name].shape == tensors[name].shape for name in known):
        raise SamaError(f"{file} holds nothing of this model; give --init weights that `train` wrote for it.")
    with torch.no_grad():
        for name in known:
            new, old = own[name], tensors[name]
            if old.shape == new.shape:
                new.copy_(old)
            elif old.ndim == 4 and old.shape[0] == new.shape[0] and old.shape[1] < new.shape[1]:
                new.zero_()[:, : old.shape[1]] = old


def _train(
    stage, settings: TrainSettings, feed: Feed, watch: Callable, export: Callable, resume: bool
) -> None:
    def make_data(task: str, size: int) -> TrainingData:
        return TrainingData(
            feed.root,
            size=size,
            task=task,
            prompts=feed.prompts,
            seed=settings.seed,
            sources=set(feed.sources) if feed.sources else None,
        )

    def watch_and_export(module: nn.Module, step: int) -> dict:
        export(module, step)
        return watch(module)

    train(stage, make_data, settings, resume=resume, watch=watch_and_export)
