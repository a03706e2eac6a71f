"""Fine-tuned weights: a small file of what differs from a base that it names, and means nothing on another.

Half-precision tensors under the names of `Sama`, and in the metadata of `sama.weights.checkpoints` the kind `tuned`,
the `base`, and what the file was made from.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sama.errors import WeightsError
from sama.models.sama import Sama
from sama.weights.checkpoints import fingerprint, read_metadata, save_checkpoint

KIND = "tuned"


@dataclass(frozen=True)
class Base:
    """What was fine-tuned: the model's name, digest of the backbone's file and `fingerprint` of its tensors, and digest
    of the file of SAMA's modules, None where there are none or the tuned file holds all of them (`whole`)."""

    model: str
    backbone_sha256: str
    backbone_fingerprint: str
    sama_sha256: str | None = None
    whole: bool = False

    @classmethod
    def of(cls, metadata: dict, name: str) -> "Base":
        """What the metadata of the tuned file `name` say. Raises WeightsError."""
        try:
            base = cls(**metadata["base"])
            if not all(isinstance(each, str) for each in (base.model, base.backbone_fingerprint)):
                raise TypeError("no names")
            return base
        except (KeyError, TypeError) as error:
            raise WeightsError(
                f"{name} does not say what it was fine-tuned from; make it again with `sama finetune`."
            ) from error

    def check(self, name: str, model: Sama, backbone_sha256: str, sama_sha256: str | None) -> None:
        """Raise WeightsError unless the model in hand, of files with these digests, is the base of the file `name`."""
        same = backbone_sha256 == self.backbone_sha256
        same = same or fingerprint(model.backbone) == self.backbone_fingerprint
        if not same or (not self.whole and sama_sha256 != self.sama_sha256):
            raise WeightsError(
                f"{name} was fine-tuned from other weights of {self.model} ({self.backbone_sha256[:12]}"
                f"{'+' + self.sama_sha256[:12] if self.sama_sha256 else ''}); use those, or fine-tune these."
            )


def is_tuned(path: Path) -> bool:
    """Whether a file says that it holds fine-tuned weights; False for whatever is none of ours."""
    try:
        return read_metadata(path).get("kind") == KIND
    except WeightsError:
        return False


def changed(model: Sama, base: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a model whose half-precision values differ from those of the same names in `base`."""
    return {
        name: value
        for name, value in model.state_dict().items()
        if not torch.equal(_stored(value), _stored(base[name]))
    }


def save_tuned(
    path: Path, model: Sama, base: Base, tensors: dict[str, Tensor], about: dict[str, Any]
) -> None:
    """Write what differs from the base, and all of SAMA's modules where these are not the base's; `about` holds JSON
    values. The file is written aside and renamed. Raises WeightsError where that is impossible."""
    kept = changed(model, tensors)
    if base.whole:
        kept = model.trainable() | kept
    metadata = {"kind": KIND, "config": model.config.to_dict(), "base": asdict(base), **about}
    partial = path.with_name(f".{path.name}.partial")
    try:
        save_checkpoint(partial, kept, metadata)
        partial.replace(path)
    except Exception as error:  # safetensors has its own
        partial.unlink(missing_ok=True)
        raise WeightsError(f"{path} cannot be written; make room, or choose another --out.") from error


def apply(model: Sama, tensors: dict[str, Tensor], name: str) -> None:
    """Put the tensors of the tuned file `name` in the place of the base's. Raises WeightsError for one that the model
    has no place for."""
    own = model.state_dict()
    strange = [key for key, value in tensors.items() if key not in own or own[key].shape != value.shape]
    if strange:
        raise WeightsError(
            f"{name} holds a tensor that {model.config.backbone} has no place for, {min(strange)}; "
            "fine-tune again with this version."
        )
    with torch.no_grad():
        for key, value in tensors.items():
            own[key].copy_(value)


def told(metadata: dict) -> list[str]:
    """What a tuned file says of itself, a line each."""
    base = metadata.get("base", {})
    lines = [f"base {each.name}: {base.get(each.name)}" for each in fields(Base)]
    return [*lines, *(f"{k}: {v}" for k, v in metadata.items() if k not in ("config", "base"))]


def _stored(value: Tensor) -> Tensor:
    return value.detach().cpu().half() if value.is_floating_point() else value.detach().cpu()
