"""Names of files that are made of somebody's words."""

from sama.photo.source import printable

_UNSAFE = '<>:"/\\|?*'  # in names of files in Windows
_LONGEST = 150  # bytes; names of files have at most 255, and ours add a few


def file_stem(name: str) -> str:
    """Return what a file may be called after `name`: as far as every system can hold it; may be empty."""
    stem = "".join("_" if c in _UNSAFE else c for c in printable(name)).strip(" .")
    while len(stem.encode("utf-8", "replace")) > _LONGEST:
        stem = stem[: len(stem) // 2] + stem[len(stem) // 2 + 1 :]  # names often differ at their ends
    return stem
