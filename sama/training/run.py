"""`python -m sama train`: flags to a stage, its data and the loop."""

import argparse
from pathlib import Path

import torch

from sama.errors import SamaError
from sama.models.backbones.mini import MiniBackbone
from sama.models.config import default_config
from sama.training.data import TrainingData
from sama.training.mini_stage import MiniStage
from sama.training.trainer import TrainSettings, train
from sama.training.validation import MiniWatch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `train` command."""
    parser.add_argument("stage", choices=["mini", "sama"], help="what to train")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, required=True, help="folder for state, log, sheet, weights")
    parser.add_argument("--minutes", type=float, default=60, help="training time in all, resumes included")
    parser.add_argument("--steps", type=int, help="budget in steps instead of minutes")
    parser.add_argument("--resume", action="store_true", help="go on from --out/state.pt")
    parser.add_argument("--batch", type=int, default=8, help="images a step")
    parser.add_argument("--prompts", type=int, default=4, help="prompts an image")
    parser.add_argument("--size", type=int, help="side of a view at the end of the run")
    parser.add_argument("--small-size", type=int, help="side of a view in the first part of the run")
    parser.add_argument("--learning-rate", type=float, default=8e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--sources", nargs="*", help="data folders to use, all by default")


def main(args: argparse.Namespace) -> int:
    """Run the command; raises SamaError for anything the user can mend."""
    if not args.data.is_dir():
        raise SamaError(f"There is no folder {args.data}; name one that holds train/ and val/.")
    device = "cuda" if args.device == "auto" and torch.cuda.is_available() else args.device
    device = "cpu" if device == "auto" else device
    torch.manual_seed(args.seed)
    settings = TrainSettings(
        out=args.out,
        minutes=args.minutes,
        steps=args.steps,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        device=device,
    )
    train_mini(args, settings)
    return 0


def train_mini(args: argparse.Namespace, settings: TrainSettings) -> None:
    """Stage one."""
    config = default_config("mini").mini
    backbone = MiniBackbone(config).to(settings.device, memory_format=torch.channels_last)
    stage = MiniStage(backbone, full_size=args.size or config.image_size, small_size=args.small_size)

    def make_data(task: str, size: int) -> TrainingData:
        return TrainingData(
            args.data,
            size=size,
            task=task,
            prompts=args.prompts,
            seed=settings.seed,
            sources=set(args.sources) if args.sources else None,
        )

    watch = MiniWatch(stage, args.data, args.out, stage.full_size)
    train(stage, make_data, settings, resume=args.resume, watch=watch)
