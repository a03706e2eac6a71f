"""The models this package knows: one record each, and how to build one from its files."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from sama.errors import WeightsError
from sama.models.checkpoints import assign, full_state, load_tensors, read_metadata, sha256_of
from sama.models.config import SamaConfig, default_config
from sama.models.sam_keys import from_transformers, is_transformers
from sama.models.sama import Sama

WEIGHTS = Path(__file__).parent.parent / "weights"


@dataclass(frozen=True)
class ModelRecord:
    """One model: where its backbone comes from, where SAMA's modules come from, what they may be used for."""

    name: str
    title: str
    backbone_file: str | None
    sama_file: str | None
    hub: str | None
    licence: str
    parameters: int


RECORDS = {
    record.name: record
    for record in (
        ModelRecord(
            "mini",
            "SAM-mini and SAMA on it, embedded",
            "mini.safetensors",
            "sama_mini.safetensors",
            None,
            "Apache-2.0; see the model card for the data",
            9_537_596,
        ),
        ModelRecord("vit_b", "SAM ViT-B", None, None, "facebook/sam-vit-base", "Apache-2.0", 93_735_472),
        ModelRecord("vit_l", "SAM ViT-L", None, None, "facebook/sam-vit-large", "Apache-2.0", 312_342_832),
        ModelRecord("vit_h", "SAM ViT-H", None, None, "facebook/sam-vit-huge", "Apache-2.0", 641_090_608),
    )
}


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run; `sama_digest` is None when SAMA's modules are untrained."""

    model: Sama
    record: ModelRecord
    backbone_digest: str
    sama_digest: str | None
    metadata: dict


def record_of(name: str) -> ModelRecord:
    """Return the record; WeightsError names the known ones."""
    if name not in RECORDS:
        raise WeightsError(f"There is no model called {name!r}; choose one of {', '.join(RECORDS)}.")
    return RECORDS[name]


def find_backbone(record: ModelRecord, checkpoint: Path | None = None) -> Path:
    """Return the backbone's file: the one given, or the embedded one.

    Raises WeightsError when there is none.
    """
    if checkpoint is not None:
        path = Path(checkpoint)
        if not path.is_file():
            raise WeightsError(f"There is no checkpoint {path.name} there; check the path.")
        return path
    if record.backbone_file is None:
        raise WeightsError(
            f"{record.title} is not part of this package; download {record.hub}'s checkpoint and give its "
            "path with --checkpoint, or use --model mini."
        )
    path = WEIGHTS / record.backbone_file
    if not path.is_file():
        raise WeightsError(
            f"The embedded weights {path.name} are missing from sama/weights; get the repository again."
        )
    return path


def load_backbone(module: nn.Module, path: Path) -> None:
    """Fill a backbone from one of our own safetensors files, or from an official checkpoint: segment-anything's .pth
    or transformers' model.safetensors. Raises WeightsError."""
    if path.suffix == ".safetensors":
        tensors = load_tensors(path)
        if not is_transformers(tensors):
            assign(module, tensors, path.name)
            return
        tensors = from_transformers(tensors, list(module.sam.state_dict()))
    else:
        try:
            tensors = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds for a file that is not a checkpoint
            raise WeightsError(
                f"{path.name} is not a segment-anything checkpoint; download it again."
            ) from error
    assign(module.sam, tensors, path.name)


def load_model(name: str, *, checkpoint: Path | None = None, sama_weights: Path | None = None) -> LoadedModel:
    """Build a model on the CPU in float32, in eval mode.

    checkpoint: backbone file instead of the embedded one; sama_weights: SAMA's modules likewise. Without any,
    SAMA's modules stay untrained and return SAM's logits. Raises WeightsError.
    """
    record = record_of(name)
    backbone_file = find_backbone(record, checkpoint)
    sama_file = Path(sama_weights) if sama_weights else None
    if sama_file is None and record.sama_file and (WEIGHTS / record.sama_file).is_file():
        sama_file = WEIGHTS / record.sama_file
    if sama_file is not None and not sama_file.is_file():
        raise WeightsError(f"There is no SAMA checkpoint {sama_file.name} there; check --sama-weights.")

    metadata = read_metadata(sama_file) if sama_file else {}
    config = SamaConfig.from_dict(metadata["config"]) if metadata else default_config(name)
    if config.backbone != name:
        raise WeightsError(
            f"{sama_file.name} was trained on {config.backbone}, not on {name}; choose --model {config.backbone}."
        )
    model = Sama(config)
    load_backbone(model.backbone, backbone_file)
    digest = sha256_of(backbone_file)
    if sama_file is None:
        model.reset_tokens()
    else:
        if metadata.get("backbone_sha256") not in (None, digest):
            raise WeightsError(
                f"{sama_file.name} was trained on other weights of {name} than {backbone_file.name}; "
                "use the pair that belongs together."
            )
        assign(model, full_state(model, load_tensors(sama_file)), sama_file.name)
    model.eval()
    return LoadedModel(model, record, digest, sha256_of(sama_file) if sama_file else None, metadata)
