"""How a model is built from its files: found here, in the hub's cache or at a path, checked, and loaded."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from sama.errors import WeightsError
from sama.models.backbones import BACKBONES, default_config
from sama.models.config import SamaConfig
from sama.models.sama import Sama
from sama.weights.checkpoints import assign, fingerprint, full_state, load_tensors, read_metadata
from sama.weights.digest import check_sha256, sha256_of
from sama.weights.hub import HubFile, announced_sha256, fetch, parse_hub_id
from sama.weights.official import as_segment_anything, read_checkpoint
from sama.weights.records import RECORDS as RECORDS
from sama.weights.records import WEIGHTS, ModelRecord, record_of
from sama.weights.sam_keys import is_transformers
from sama.weights.tuned import Base, apply, is_tuned


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run; `sama_digest` is None when there are no weights for SAMA's modules, and `metadata`, that
    of the SAMA checkpoint, is empty; `runtime` runs what is slow of it, torch or openvino."""

    model: Sama
    record: ModelRecord
    backbone_digest: str
    sama_digest: str | None
    metadata: dict
    runtime: str = "torch"


def find_backbone(record: ModelRecord, checkpoint: Path | None = None) -> Path:
    """Return the backbone's file: the one given, the embedded one, or the published one from the hub's cache, to
    which it is downloaded when missing.

    Raises WeightsError when there is none.
    """
    if checkpoint is not None:
        path = Path(checkpoint)
        if not path.is_file():
            raise WeightsError(f"There is no checkpoint {path.name} there; check the path.")
        return path
    if record.backbone_file is None:
        published = record.hub_file
        assert published is not None  # whatever is not embedded is published
        return fetch(HubFile.of(published), flag="--checkpoint", sha256=published.sha256, fixed=True)
    path = WEIGHTS / record.backbone_file
    if not path.is_file():
        raise WeightsError(
            f"The embedded weights {path.name} are missing from sama/weights; get the repository again."
        )
    return path


def find_sama(record: ModelRecord, sama_weights: str | Path | None = None) -> Path | None:
    """Return the file of SAMA's modules: a path, a hub id `owner/name` or `owner/name:file`, or the embedded one.

    None when nothing is given and none is embedded. Raises WeightsError.
    """
    if sama_weights is None:
        embedded = WEIGHTS / record.sama_file if record.sama_file else None
        return embedded if embedded is not None and embedded.is_file() else None
    path = Path(sama_weights)
    if path.is_file():
        return path
    file = parse_hub_id(str(sama_weights), f"sama_{record.name}.safetensors")
    if file is None:
        raise WeightsError(
            f"There is no SAMA checkpoint {path.name} there; give --sama-weights a path, or owner/name[:file] of "
            "the hub."
        )
    return fetch(file, flag="--sama-weights")


def load_backbone(module: nn.Module, path: Path) -> None:
    """Fill a backbone from one of our own safetensors files, or from an official checkpoint: segment-anything's .pth
    or transformers' model.safetensors. Raises WeightsError."""
    tensors = read_checkpoint(path)
    if path.suffix == ".safetensors" and not is_transformers(tensors):
        assign(module, tensors, path.name)
    else:
        assign(module.get_submodule("sam"), as_segment_anything(tensors), path.name)


def load_model(
    name: str, *, checkpoint: Path | None = None, sama_weights: str | Path | None = None
) -> LoadedModel:
    """Build a model on the CPU in float32, in eval mode.

    checkpoint: backbone file instead of the embedded or published one; sama_weights: see `find_sama`. The embedded ones
    are left out where they were trained on another backbone than `checkpoint`. Without any, SAMA's modules stay
    untrained, `sama_digest` is None, and nothing may present their answer. Fine-tuned weights, see
    `sama.weights.tuned`, are put on the base that they name. Raises WeightsError.
    """
    record = record_of(name)
    sama_file = find_sama(record, sama_weights)
    if sama_file is not None and is_tuned(sama_file):
        return _load_tuned(record, sama_file, checkpoint)
    metadata = _sama_metadata(sama_file, name) if sama_file else {}
    backbone_file = find_backbone(record, checkpoint)
    digest = check_sha256(backbone_file, announced_sha256(backbone_file))
    default = default_config(name)
    own = sama_weights is None and checkpoint is not None
    if own and metadata and not _trained_on(metadata, digest, default, backbone_file):
        sama_file, metadata = None, {}
    model = Sama(
        config_of(metadata, sama_file) if metadata and sama_file else on_backbone(default, backbone_file)
    )
    load_backbone(model.backbone, backbone_file)
    if sama_file is None:
        model.reset_tokens()
    else:
        _check_pair(metadata, digest, model, sama_file, backbone_file)
        assign(model, full_state(model, load_tensors(sama_file)), sama_file.name)
    model.eval()
    return LoadedModel(model, record, digest, sha256_of(sama_file) if sama_file else None, metadata)


def _load_tuned(record: ModelRecord, file: Path, checkpoint: Path | None) -> LoadedModel:
    """The base of a tuned file, with what the file has in its place. Raises WeightsError."""
    metadata, tensors = read_metadata(file), load_tensors(file)
    base = Base.of(metadata, file.name)
    if base.model != record.name:
        raise WeightsError(
            f"{file.name} was fine-tuned from {base.model}, not from {record.name}; choose --model {base.model}."
        )
    if base.whole:
        path = find_backbone(record, checkpoint)
        digest = check_sha256(path, announced_sha256(path))
        found = LoadedModel(Sama(config_of(metadata, file)).eval(), record, digest, None, {})
        load_backbone(found.model.backbone, path)
    else:
        found = load_model(record.name, checkpoint=checkpoint)
    base.check(file.name, found.model, found.backbone_digest, found.sama_digest)
    apply(found.model, tensors, file.name)
    about = {**metadata, **{k: v for k, v in found.metadata.items() if k == "licence"}}
    own = sha256_of(file)
    if base.whole or found.sama_digest is not None:
        return replace(found, sama_digest=own, metadata=about)
    # Without SAMA's modules the backbone's digest alone tells what runs.
    both = hashlib.sha256((found.backbone_digest + own).encode()).hexdigest()
    return replace(found, backbone_digest=both, metadata=about)


def on_backbone(config: SamaConfig, file: Path) -> SamaConfig:
    """Return `config` for the backbone in `file`, which may say its shape, see `BackboneKind`. Raises WeightsError."""
    if not BACKBONES[config.backbone].shape_in_file:
        return config
    return replace(config, mini=config_of(read_metadata(file), file).mini)


def config_of(metadata: dict, path: Path) -> SamaConfig:
    """Return the configuration in the metadata of one of our checkpoints; raises WeightsError."""
    try:
        config = SamaConfig.from_dict(metadata["config"])
        BACKBONES[config.backbone]  # known, too
        return config
    except (KeyError, TypeError) as error:
        raise WeightsError(
            f"{path.name} was written by another version of this package; use the version that trained it, or "
            "train again."
        ) from error


def _sama_metadata(path: Path, name: str) -> dict:
    """Metadata of a SAMA checkpoint for the backbone `name`."""
    metadata = read_metadata(path)
    if metadata.get("kind") == "readout":
        raise WeightsError(
            f"{path.name} holds a memory read-out, not SAMA's modules; give it with --readout."
        )
    if metadata.get("kind") != "sama":
        raise WeightsError(f"{path.name} holds a backbone, not SAMA's modules; give it with --checkpoint.")
    backbone = config_of(metadata, path).backbone
    if backbone != name:
        raise WeightsError(
            f"{path.name} was trained on {backbone}, not on {name}; choose --model {backbone}."
        )
    return metadata


def _trained_on(metadata: dict, digest: str, config: SamaConfig, backbone_file: Path) -> bool:
    """Whether SAMA's modules with this metadata were trained on the weights in `backbone_file`."""
    if metadata["backbone_sha256"] == digest:
        return True
    model = Sama(on_backbone(config, backbone_file))
    load_backbone(model.backbone, backbone_file)
    return metadata["backbone_fingerprint"] == fingerprint(model.backbone)


def _check_pair(metadata: dict, digest: str, model: Sama, sama_file: Path, backbone_file: Path) -> None:
    """SAMA's modules mean something only on the very weights they were trained on, in whichever file those lie."""
    if metadata.get("backbone_sha256") in (None, digest):
        return
    wanted = metadata.get("backbone_fingerprint")
    if wanted is None or wanted != fingerprint(model.backbone):
        raise WeightsError(
            f"{sama_file.name} was trained on other weights of {backbone_file.name}'s model; use the pair that "
            "belongs together."
        )
