"""Checksums of files of weights."""

import hashlib
from pathlib import Path

from sama.errors import WeightsError


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: Path, expected: str | None) -> str:
    """Return the file's hex digest; WeightsError when it is not `expected` (None expects nothing)."""
    digest = sha256_of(path)
    if expected not in (None, digest):
        raise WeightsError(
            f"{path.name} is damaged: its sha256 is {digest[:12]}... instead of {expected[:12]}...; delete it and "
            "run `python -m sama weights get` again, or copy it again."
        )
    return digest
