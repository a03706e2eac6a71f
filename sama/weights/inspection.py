"""Whether a file of weights is what it should be: its checksum, and every tensor's name and shape."""

from pathlib import Path

import torch
from torch import nn

from sama.errors import WeightsError
from sama.models.backbones import OFFICIAL, build_backbone
from sama.models.config import SamaConfig
from sama.models.sama import Sama
from sama.weights.checkpoints import check_names, full_state, read_metadata
from sama.weights.digest import check_sha256
from sama.weights.hub import announced_sha256
from sama.weights.official import as_segment_anything, read_checkpoint
from sama.weights.readouts import KIND as READOUT
from sama.weights.readouts import built_readout
from sama.weights.records import RECORDS, WEIGHTS
from sama.weights.sam_keys import count_blocks
from sama.weights.tuned import KIND, told
from sama.weights.zoo import config_of


def inspect_file(path: Path, model: str | None = None) -> list[str]:
    """Check a checkpoint of any kind and return what it is, a line each.

    model: the name it must fit; by default whichever it fits. Raises WeightsError for a wrong checksum, for tensors
    missing, left over or of another shape.
    """
    if not path.is_file():
        raise WeightsError(f"There is no checkpoint {path.name} there; check the path.")
    published = {file.name: file for record in RECORDS.values() for file in record.published if file.url}
    known = {file.sha256: f"{file.name} as published" for file in published.values() if file.sha256}
    expected = announced_sha256(path)
    if expected is None and path.name in published:
        expected = published[path.name].sha256
    digest = check_sha256(path, expected)
    if digest in known:
        origin = known[digest]
    elif expected is not None:
        origin = "as the hub announced it"
    else:
        origin = "embedded" if path.parent == WEIGHTS else "of no published file this package knows"
    lines = [f"{path.name}: {path.stat().st_size / 1e6:.1f} MB", f"sha256 {digest}, {origin}"]
    tensors = read_checkpoint(path)
    if count_blocks(tensors):
        return [*lines, _official(as_segment_anything(tensors), path.name, model)]
    return [*lines, *_ours(tensors, path, model)]


def _official(tensors: dict, name: str, model: str | None) -> str:
    failures = []
    for candidate in OFFICIAL if model is None else (model,):
        try:
            check_names(_skeleton(candidate).get_submodule("sam"), tensors, name)
        except WeightsError as error:
            failures.append(error)
        else:
            return f"{len(tensors)} tensors, all those of {candidate}"
    raise failures[0]


def _ours(tensors: dict, path: Path, model: str | None) -> list[str]:
    metadata = read_metadata(path)
    if metadata.get("kind") == READOUT:
        check_names(built_readout(metadata, path), tensors, path.name)
        return [f"{len(tensors)} tensors, all those of a memory read-out", *_told(metadata)]
    config = config_of(metadata, path)
    if model not in (None, config.backbone):
        raise WeightsError(f"{path.name} belongs to {config.backbone}, not to {model}; check the path.")
    if metadata["kind"] == KIND:
        own = _built(config, Sama).state_dict()
        if strange := [k for k, v in tensors.items() if k not in own or own[k].shape != v.shape]:
            raise WeightsError(
                f"{path.name} holds {min(strange)}, which {config.backbone} has no place for; fine-tune again."
            )
        return [f"{len(tensors)} tensors, fine-tuned, of {config.backbone}", *told(metadata)]
    if metadata["kind"] == "sama":
        whole = _built(config, Sama)
        check_names(whole, full_state(whole, tensors), path.name)
    else:
        check_names(_built(config, build_backbone), tensors, path.name)
    whose = "SAMA's modules on" if metadata["kind"] == "sama" else "the backbone"
    return [f"{len(tensors)} tensors, all those of {whose} {config.backbone}", *_told(metadata)]


def _told(metadata: dict) -> list[str]:
    return [f"{key}: {value}" for key, value in metadata.items() if key != "config"]


def _skeleton(name: str) -> nn.Module:
    return _built(SamaConfig(backbone=name), build_backbone)


def _built(config: SamaConfig, build) -> nn.Module:
    """Build without memory for the parameters where the backbone is large."""
    with torch.device("meta" if config.backbone in OFFICIAL else "cpu"):
        return build(config)
