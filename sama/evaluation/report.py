"""The results of an evaluation as a table for people and as JSON for programs."""

import json
import os
from pathlib import Path

from sama.errors import SamaError
from sama.evaluation.metrics import MASK_METRICS, MATTE_METRICS

UNKNOWN_METRICS = tuple(f"{name}_unknown" for name in MATTE_METRICS)
GROUPS = (
    ("masks: higher is better, except MAE", MASK_METRICS, 3),
    ("mattes, whole image: lower is better", MATTE_METRICS, 2),
    ("mattes, unknown region of the trimaps: lower is better", UNKNOWN_METRICS, 2),
    ("answering one object, without encoding the photo", ("seconds",), 2),
)


def format_table(results: dict) -> str:
    """Return the results of `evaluate` as text: a block per group of metrics, a line per method."""
    skipped = f", {results['skipped']} too small and skipped" if results["skipped"] else ""
    lines = [
        f"{results['dataset']}: {results['n']} objects{skipped}; prompts {results['prompts']}; "
        f"model {results['model'] or 'none'}; {results['seconds']:.0f} s",
        *results["notes"],
    ]
    methods = results["methods"]
    label_width = max(map(len, methods))
    for title, names, decimals in GROUPS:
        present = [name for name in names if any(name in values for values in methods.values())]
        if not present:
            continue
        widths = [max(len(name), 9) for name in present]
        heads = "  ".join(f"{name:>{width}}" for name, width in zip(present, widths, strict=True))
        lines += ["", title, f"{'':<{label_width}}  {heads}"]
        for method, values in methods.items():
            cells = "  ".join(
                f"{values[name]:>{width}.{decimals}f}" for name, width in zip(present, widths, strict=True)
            )
            lines.append(f"{method:<{label_width}}  {cells}")
    return "\n".join(lines)


def prepare_output(path: Path) -> Path:
    """Make the folder of a file to be written, before hours of work; raises SamaError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SamaError(
            f"{path.parent} cannot be made ({error.strerror}): choose another place to write to."
        ) from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise SamaError(f"{path} cannot be written: choose another place.")
    return path


def write_json(results: dict, path: Path) -> None:
    """Write the results as JSON, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(results, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)
