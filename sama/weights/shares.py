"""How many parameters SAMA adds to the SAM that it stands on, from the headers of the embedded files."""

from pathlib import Path

from sama.weights.records import WEIGHTS, ModelRecord

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # of batch norms: nothing that is trained


def added_share(record: ModelRecord) -> str:
    """A sentence for people: what SAMA's modules add, and what share of the whole that is; empty where a model has no
    embedded files of both."""
    if record.backbone_file is None or record.sama_file is None:
        return ""
    paths = [WEIGHTS / record.backbone_file, WEIGHTS / record.sama_file]
    if not all(path.is_file() for path in paths):
        return ""
    base, added = (parameters_of(path) for path in paths)
    return (
        f"SAMA adds {added / 1e6:.2f} M parameters to SAM's {base / 1e6:.2f} M, "
        f"{100 * added / (base + added):.1f} % of the whole (paper: 1.8 % on SAM's ViT)"
    )


def parameters_of(path: Path) -> int:
    """How many numbers of a safetensors file are parameters; reads its header alone."""
    from safetensors import safe_open

    total = 0
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118
            if name.rpartition(".")[2] not in STATISTICS:
                count = 1
                for side in file.get_slice(name).get_shape():
                    count *= side
                total += count
    return total
