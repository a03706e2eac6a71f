"""A small model on disk and photographs of one kind, for the tests of fine-tuning."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sama.weights import zoo
from sama.weights.checkpoints import sama_metadata, save_checkpoint
from tests.helpers import small_sama


def save_pair(folder: Path, seed: int = 0) -> dict[str, Path]:
    """A random backbone and SAMA's modules on it, as flags of `load_model`."""
    model = small_sama()
    torch.manual_seed(seed)
    for head in model.heads.values():
        torch.nn.init.normal_(head.weights.layers[-1].weight, std=0.1)
    backbone, own = folder / "small.safetensors", folder / "sama_small.safetensors"
    save_checkpoint(
        backbone, model.backbone.state_dict(), {"kind": "backbone", "config": model.config.to_dict()}
    )
    zoo.load_backbone(model.backbone, backbone)  # as stored, in half precision
    about = {"step": 7, "data": "noise", "licence": "CC0-1.0"}
    metadata = sama_metadata(model.config.to_dict(), **about, backbone_file=backbone, backbone=model.backbone)
    save_checkpoint(own, model.trainable(), metadata)
    return {"checkpoint": backbone, "sama_weights": own}


def save_photos(folder: Path, count: int, seed: int = 0) -> Path:
    """Photographs of one or two bright discs on noise, with labels."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:96, :128]
    for number in range(count):
        photo = rng.integers(0, 90, (96, 128, 3), np.uint8)
        labels = np.zeros((96, 128), np.uint8)
        for each in range(1 + number % 2):
            centre = (30 + 60 * each, rng.integers(35, 60))
            disc = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < 22**2
            labels[disc] = each + 1
            photo[disc] = rng.integers(170, 255, 3)
        Image.fromarray(photo).save(folder / "images" / f"disc{number}.png")
        Image.fromarray(labels).save(folder / "labels" / f"disc{number}.png")
    return folder
