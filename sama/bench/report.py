"""Benchmark rows for people and for programs."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sama.bench.rows import BenchError

_HEADINGS = {"ms": "ms", "ratio": "ratio", "peak_mib": "peak MiB"}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows, which all have the same keys, as aligned text; numbers to the right, None as a dash."""
    keys = list(rows[0]) if rows else []
    lines = [[_HEADINGS.get(key, key) for key in keys]]
    lines += [[_cell(key, row[key]) for key in keys] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(keys))]
    numbers = [any(isinstance(row[key], int | float) for row in rows) for key in keys]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        ).rstrip()
        for line in lines
    )


def check_target(path: Path) -> None:
    """Raise BenchError now rather than after minutes of measuring when a file cannot be written there."""
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise BenchError(f"{path.name} cannot be written there; choose another path for --json.")


def write_json(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows as a JSON array; raises BenchError."""
    try:
        path.write_text(json.dumps(list(rows), indent=1) + "\n", "utf-8")
    except OSError as error:
        raise BenchError(
            f"{path.name} cannot be written ({error.strerror}); choose another path for --json."
        ) from error


def machine(device: torch.device) -> str:
    """Name the hardware and what runs on it."""
    name = platform.processor() or platform.machine()
    try:
        info = Path("/proc/cpuinfo").read_text("utf-8")
        name = next(line.partition(":")[2].strip() for line in info.splitlines() if line[:10] == "model name")
    except (OSError, StopIteration):  # not Linux, or a processor without a name
        pass
    words = f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, torch {torch.__version__}"
    return f"{torch.cuda.get_device_name(device)}; {words}" if device.type == "cuda" else words


def _cell(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    if key == "ratio":
        return f"{value:.3f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
