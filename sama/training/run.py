"""`python -m sama train`: flags to a stage, its data and the loop."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn

from sama.devices import resolve_device
from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.models.checkpoints import assign, load_tensors, save_checkpoint, sha256_of
from sama.models.config import default_config
from sama.models.sama import Sama
from sama.models.zoo import RECORDS, find_backbone, load_backbone, record_of
from sama.training.data import TrainingData
from sama.training.mini_stage import MiniStage
from sama.training.sama_stage import SamaStage
from sama.training.trainer import TrainSettings, train
from sama.training.validation import MiniWatch, SamaWatch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `train` command."""
    parser.add_argument("stage", choices=["mini", "sama"], help="what to train")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, required=True, help="folder for state, log, sheet, weights")
    parser.add_argument("--minutes", type=float, default=60, help="training time in all, resumes included")
    parser.add_argument("--steps", type=int, help="budget in steps instead of minutes")
    parser.add_argument("--resume", action="store_true", help="go on from --out/state.pt")
    parser.add_argument("--init", type=Path, help="mini: start from the image encoder of these weights")
    parser.add_argument("--batch", type=int, help="images a step, by default 8 for mini and 3 for sama")
    parser.add_argument("--prompts", type=int, help="prompts an image, by default 4 for mini and 2 for sama")
    parser.add_argument("--small-size", type=int, help="mini: side of a view in the first part of the run")
    parser.add_argument("--backbone", choices=sorted(RECORDS), default="mini", help="sama: what it stands on")
    parser.add_argument(
        "--checkpoint", type=Path, help="sama: backbone weights, by default the embedded ones"
    )
    parser.add_argument("--learning-rate", type=float, default=8e-4)
    parser.add_argument("--warmup", type=int, default=100, help="steps until the full learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare data")
    parser.add_argument("--sources", nargs="+", help="data folders to use, all by default")
    parser.add_argument("--watched", type=int, default=12, help="validation photos a folder")


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend."""
    if not args.data.is_dir():
        raise SamaError(f"There is no folder {args.data}; name one that holds train/ and val/.")
    torch.manual_seed(args.seed)
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
    )
    sources = set(args.sources) if args.sources else None
    prompts = args.prompts or (4 if mini else 2)

    def make_data(task: str, size: int) -> TrainingData:
        return TrainingData(
            args.data, size=size, task=task, prompts=prompts, seed=settings.seed, sources=sources
        )

    prepare = _prepare_mini if mini else _prepare_sama
    stage, watch, export = prepare(args, settings)
    settings.out.mkdir(parents=True, exist_ok=True)
    train(
        stage,
        make_data,
        settings,
        resume=args.resume,
        watch=partial(_watch_and_export, watch=watch, export=export),
    )
    return 0


def _watch_and_export(module: nn.Module, step: int, *, watch: Callable, export: Callable) -> dict:
    export(module, step)
    return watch(module)


def _prepare_mini(args: argparse.Namespace, settings: TrainSettings):
    config = default_config("mini")
    backbone = MiniBackbone(config.mini).to(settings.device, memory_format=torch.channels_last)
    if args.init is not None:
        prefix = "sam.image_encoder."
        tensors = {k: v for k, v in load_tensors(args.init).items() if k.startswith(prefix)}
        rest = {k: v for k, v in backbone.state_dict().items() if not k.startswith(prefix)}
        assign(backbone, rest | tensors, args.init.name)
    stage = MiniStage(backbone, full_size=config.mini.image_size, small_size=args.small_size)

    def export(module: nn.Module, step: int) -> None:
        metadata = {"kind": "backbone", "config": config.to_dict(), "step": step}
        save_checkpoint(settings.out / "mini.safetensors", module.state_dict(), metadata)

    return stage, MiniWatch(args.data, settings.out, stage.full_size, args.watched), export


def _prepare_sama(args: argparse.Namespace, settings: TrainSettings):
    config = default_config(args.backbone)
    path = find_backbone(record_of(args.backbone), args.checkpoint)
    model = Sama(config)
    load_backbone(model.backbone, path)
    model.reset_tokens()
    model.to(settings.device, memory_format=torch.channels_last)
    digest = sha256_of(path)

    def export(module: Sama, step: int) -> None:
        metadata = {
            "kind": "sama",
            "config": config.to_dict(),
            "step": step,
            "backbone_sha256": digest,
        }
        path = settings.out / f"sama_{args.backbone}.safetensors"
        save_checkpoint(path, module.trainable(), metadata)

    watch = SamaWatch(args.data, settings.out, 2 * model.backbone.image_size, args.watched)
    return SamaStage(model), watch, export
