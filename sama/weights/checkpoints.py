"""Safetensors checkpoints of `mini` and of SAMA's own modules, with metadata that says what they are.

A file holds half-precision tensors and one JSON string `sama` in its metadata: kind (`backbone` or `sama`), config,
step, and for SAMA's modules what `sama_metadata` says. Keys are checked strictly.
"""

import hashlib
import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from sama.errors import WeightsError
from sama.weights.digest import sha256_of


def sama_metadata(
    config: dict, *, step: int, data: str, licence: str, backbone_file: Path, backbone: nn.Module
) -> dict:
    """Return the metadata of a SAMA checkpoint: which backbone it belongs to, how it came about, what it may be used
    for. config: `SamaConfig.to_dict()`; backbone: the module as loaded from `backbone_file`."""
    return {
        "kind": "sama",
        "config": config,
        "step": step,
        "data": data,
        "licence": licence,
        "backbone_sha256": sha256_of(backbone_file),
        "backbone_fingerprint": fingerprint(backbone),
    }


def fingerprint(module: nn.Module) -> str:
    """Return a hex digest of a module's tensors; the same weights have the same one, whichever format they came in."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().contiguous().numpy())
    return digest.hexdigest()


def save_checkpoint(path: Path, tensors: dict[str, Tensor], metadata: dict) -> None:
    """Write tensors in half precision (integers as they are) with `metadata`, which must be JSON-able."""
    halves = {
        k: (v.detach().cpu().half() if v.is_floating_point() else v.detach().cpu()).contiguous()
        for k, v in tensors.items()
    }
    save_file(halves, path, metadata={"sama": json.dumps(metadata)})


def read_metadata(path: Path) -> dict:
    """Return what `save_checkpoint` wrote beside the tensors; WeightsError when the file is not one of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads((file.metadata() or {})["sama"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise WeightsError(
            f"{path.name} is not a SAMA checkpoint, or damaged; copy it again or train one with "
            "`python -m sama train`."
        ) from error


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors as float32 (integers as they are); raises WeightsError."""
    return {k: v.float() if v.is_floating_point() else v for k, v in stored_tensors(path).items()}


def stored_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file as they are stored; raises WeightsError."""
    try:
        with safe_open(path, framework="pt") as file:
            return {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path.name} is damaged or missing; copy it again.") from error


def assign(module: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Load `tensors` strictly into the parameters and buffers of the same names.

    Raises WeightsError when names or shapes differ.
    """
    check_names(module, tensors, name)
    module.load_state_dict(tensors)


def check_names(module: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Raise WeightsError unless `tensors`, of the file `name`, are just the module's by name and shape."""
    own = module.state_dict()
    missing, unknown = own.keys() - tensors.keys(), tensors.keys() - own.keys()
    shapes = [k for k in own.keys() & tensors.keys() if own[k].shape != tensors[k].shape]
    if missing or unknown or shapes:
        first = sorted(missing | unknown | set(shapes))[0]
        raise WeightsError(
            f"{name} was made for another model ({len(missing)} tensors missing, {len(unknown)} unknown, "
            f"{len(shapes)} of another shape, first {first}); choose the checkpoint of this backbone."
        )


def full_state(model: nn.Module, trainable: dict[str, Tensor]) -> dict[str, Tensor]:
    """Complete a SAMA checkpoint with the backbone tensors the model already has, for a strict load.

    Raises WeightsError when the checkpoint brings backbone tensors of its own: they would replace SAM's in silence.
    """
    foreign = [k for k in trainable if k.startswith("backbone.")]
    if foreign:
        raise WeightsError(
            f"The SAMA checkpoint holds {len(foreign)} tensors of a backbone, first {min(foreign)}; save SAMA's own "
            "modules alone."
        )
    backbone = {k: v for k, v in model.state_dict().items() if k.startswith("backbone.")}
    return backbone | trainable
