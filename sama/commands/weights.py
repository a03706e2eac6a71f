"""`python -m sama weights`."""

import argparse

from sama.models.zoo import RECORDS, WEIGHTS, ModelRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no flags of its own."""


def main(args: argparse.Namespace) -> int:
    """Print one line a model: name, parameters, what is here, where the rest comes from, licence."""
    for record in RECORDS.values():
        millions = f"{record.parameters / 1e6:.1f} M"
        print(f"{record.name:6} {millions:>8}  {_presence(record):58} {record.licence}")
    return 0


def _presence(record: ModelRecord) -> str:
    if record.backbone_file is None:
        return f"not embedded: {record.hub}, give the file with --checkpoint"
    files = [name for name in (record.backbone_file, record.sama_file) if name]
    found = [name for name in files if (WEIGHTS / name).is_file()]
    missing = [name for name in files if name not in found]
    size = sum((WEIGHTS / name).stat().st_size for name in found) / 2**20
    text = f"embedded: {', '.join(found)} ({size:.1f} MiB)" if found else ""
    return text + (f" missing: {', '.join(missing)}" if missing else "")
