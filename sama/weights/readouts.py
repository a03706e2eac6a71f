"""Files of learned memory read-outs: half-precision tensors that name the backbone they were trained on."""

from pathlib import Path

from sama.errors import WeightsError
from sama.models.memory_readout import MemoryReadout, ReadoutConfig
from sama.weights.checkpoints import assign, load_tensors, read_metadata, save_checkpoint
from sama.weights.tuned import KIND as TUNED
from sama.weights.zoo import LoadedModel

KIND = "readout"


def save_readout(path: Path, readout: MemoryReadout, about: dict) -> None:
    """Write a read-out; about: JSON values, of which `model` and `backbone_sha256` say what it belongs to."""
    metadata = {"kind": KIND, "config": readout.config.to_dict(), **about}
    save_checkpoint(path, readout.state_dict(), metadata)


def load_readout(path: Path, loaded: LoadedModel) -> MemoryReadout:
    """The read-out in a file, on the model's device and in eval mode. Raises WeightsError for a file that holds none,
    or one that was trained on other weights than those of the model in hand."""
    if not path.is_file():
        raise WeightsError(f"There is no read-out {path.name} there; check the path, or give --readout none.")
    metadata = read_metadata(path)
    if metadata.get("kind") != KIND:
        raise WeightsError(f"{path.name} is no memory read-out; give a file that `sama train` made of one.")
    if not belongs(metadata, loaded):
        raise WeightsError(
            f"{path.name} was trained on other weights of {metadata.get('model')} "
            f"({str(metadata.get('backbone_sha256'))[:12]}); use those, train it on these, or give --readout none."
        )
    readout = built_readout(metadata, path)
    assign(readout, load_tensors(path), path.name)
    return readout.to(next(loaded.model.parameters()).device).eval().requires_grad_(False)


def built_readout(metadata: dict, path: Path) -> MemoryReadout:
    """An untrained read-out of the shape that a file's metadata say; raises WeightsError."""
    try:
        return MemoryReadout(ReadoutConfig.from_dict(metadata["config"]))
    except (KeyError, TypeError) as error:
        raise WeightsError(
            f"{path.name} was written by another version of this package; train again."
        ) from error


def belongs(metadata: dict, loaded: LoadedModel) -> bool:
    """Whether a read-out with these metadata was trained on the model's backbone as it is: the same file, and nothing
    fine-tuned in its place."""
    same = metadata.get("backbone_sha256") == loaded.backbone_digest
    return same and loaded.metadata.get("kind") != TUNED
