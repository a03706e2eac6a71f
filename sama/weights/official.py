"""Official SAM checkpoints on disk, in either format: segment-anything's .pth and transformers' .safetensors."""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from sama.errors import WeightsError
from sama.weights.checkpoints import stored_tensors
from sama.weights.sam_keys import (
    count_blocks,
    from_segment_anything,
    from_transformers,
    is_transformers,
    sam_names,
    to_transformers,
)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .safetensors or .pth file as they are stored, under the names they are stored by.

    A .pth is a pickle: it is read with `weights_only=True`, which builds tensors and runs nothing. Raises WeightsError.
    """
    if path.suffix == ".safetensors":
        return stored_tensors(path)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is not a checkpoint
        raise WeightsError(f"{path.name} is not a segment-anything checkpoint; download it again.") from error
    if not isinstance(tensors, dict) or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise WeightsError(f"{path.name} holds more than tensors; choose the published checkpoint.")
    return tensors


def as_segment_anything(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return all tensors of an official checkpoint under segment-anything's names, and none else.

    Raises WeightsError when a tensor is missing or left over; shapes are for the model to check.
    """
    blocks = count_blocks(tensors)
    if not blocks:
        raise WeightsError("The file holds no image encoder of SAM; choose a published SAM checkpoint.")
    rename = from_transformers if is_transformers(tensors) else from_segment_anything
    return rename(tensors, sam_names(blocks))


def convert(source: Path, target: Path) -> None:
    """Write the SAM checkpoint `source` in the format that the ending of `target` names: .pth or .safetensors.

    Tensors keep their values and types; `target` appears when complete. Raises WeightsError.
    """
    if target.suffix not in (".safetensors", ".pth"):
        raise WeightsError(f"{target.name} must end in .pth or .safetensors, which chooses the format.")
    if not target.parent.is_dir():
        raise WeightsError(f"There is no folder {target.parent}; make it first.")
    if target.exists():
        raise WeightsError(f"{target.name} is already there; choose another name.")
    tensors = as_segment_anything(read_checkpoint(source))
    partial = target.with_name(f".{target.name}.partial")
    try:
        if target.suffix == ".pth":
            torch.save(tensors, partial)
        else:
            renamed = {to_transformers(name): value.contiguous() for name, value in tensors.items()}
            # transformers refuses a file that does not say which framework it is for.
            save_file(renamed, partial, metadata={"format": "pt"})
        os.replace(partial, target)
    except (OSError, RuntimeError, SafetensorError) as error:  # what torch and safetensors say of a full disk
        raise WeightsError(f"{target.name} cannot be written ({error}); choose another place.") from error
    finally:
        partial.unlink(missing_ok=True)
