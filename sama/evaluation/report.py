"""The results of an evaluation as a table for people, as JSON for programs, as CSV for spreadsheets."""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

from sama.errors import SamaError
from sama.evaluation.columns import BY_GROUP, DECIMALS, GROUPS, MEANINGS, ROW
from sama.evaluation.layouts import LAYOUTS
from sama.evaluation.published_rows import beside

FIXED = ("photo", "object", "group", "pixels", "method")  # columns of the CSV before the metrics
MOST_GROUPS = 40  # more are no groups but names; JSON and CSV have them


def format_table(results: dict) -> str:
    """Return the results of `evaluate` as text: a block per group of metrics, a line per method."""
    skipped = f", {results['skipped']} too small and skipped" if results["skipped"] else ""
    asked = set(results["methods"]) - set(results.get("answers", ()))
    lines = [
        f"{results['dataset']}: {results['n']} objects{skipped}; prompts {results['prompts'] if asked else 'none'}; "
        f"model {results['model'] or 'none'}; {results['seconds']:.0f} s",
        *results["notes"],
    ]
    methods = results["methods"]
    for title, names, _ in GROUPS:
        present = [name for name in names if any(name in values for values in methods.values())]
        if not present:
            continue
        if "inside_alpha" in present:
            title = f"{title} ({results['inside_objects']} of {results['n']})"
        rows = {method: [_cell(values, name) for name in present] for method, values in methods.items()}
        lines += ["", title, *_block(present, rows)]
    lines += _by_group(results)
    if (layout := results.get("layout")) is not None:
        lines += beside(layout, results["prompts"], methods, LAYOUTS[layout].caution)
    return "\n".join(lines)


def format_columns() -> str:
    """What every column means, one a line."""
    width = max(map(len, MEANINGS))
    return "\n".join(f"{name:<{width}}  {words}" for name, words in MEANINGS.items())


def _by_group(results: dict) -> Iterator[str]:
    """Blocks of the most telling metrics: a line per family or source, a column per method."""
    groups, methods = results["groups"], results["methods"]
    if not 2 <= len(groups) <= MOST_GROUPS:
        return
    kind = results["grouped_by"]
    plural = {"family": "families"}.get(kind, f"{kind}s")
    has_mattes = any("MSE" in values for values in methods.values())
    for metric in BY_GROUP[has_mattes]:
        rows = {
            group: [str(found["n"]), *(_cell(found["methods"][name], metric) for name in methods)]
            for group, found in groups.items()
        }
        means = results["mean_of_groups"]
        rows[f"mean over {plural}"] = ["", *(_cell(means[name], metric) for name in methods)]
        yield ""
        yield f"{metric} by {kind}"
        yield from _block(["n", *methods], rows)


def _cell(values: dict[str, float], name: str) -> str:
    return f"{values[name]:.{DECIMALS[name]}f}" if name in values else "-"


def _block(heads: list[str], rows: dict[str, list[str]]) -> list[str]:
    """Lines of a table with right-aligned columns."""
    label_width = max(map(len, rows))
    widths = [max(len(head), 9) for head in heads]

    def line(label: str, cells: list[str]) -> str:
        aligned = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        return f"{label:<{label_width}}  {aligned}"

    return [line("", heads), *(line(label, cells) for label, cells in rows.items())]


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
    _write(json.dumps(results, indent=2, allow_nan=False) + "\n", path)


def write_csv(results: dict, path: Path) -> None:
    """Write a line for each object and method as CSV, whole or not at all; a metric that is not there is empty."""
    text = io.StringIO()
    measured = {name for each in results["objects"] for row in each["methods"].values() for name in row}
    present = [name for name in ROW if name in measured]
    writer = csv.DictWriter(text, (*FIXED, *present), lineterminator="\n")
    writer.writeheader()
    for each in results["objects"]:
        for method, row in each["methods"].items():
            fixed = {name: each.get(name) for name in FIXED if name != "method"}
            writer.writerow(fixed | {"method": method} | row)
    _write(text.getvalue(), path)


def _write(text: str, path: Path) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        # A file's name need not be valid Unicode.
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        partial.replace(path)
    except OSError as error:
        raise SamaError(
            f"{path} cannot be written ({error.strerror}): make room, or choose another place."
        ) from error
