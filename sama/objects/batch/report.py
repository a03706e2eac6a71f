"""What a batch leaves beside the photos' folders.

OUT/report.json         settings, counts, and of every photo what became of it: a batch that goes on begins with it
OUT/report.csv          the same as a table
OUT/contact_sheet.png   photo and cut-out of some of them
OUT/batch.jsonl         while it runs: the results so far, a line each

Nothing in them depends on when a photo was done, so a batch that was stopped and goes on leaves the same bytes.
"""

import csv
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.export.files import FILES
from sama.export.rows import TILE, Row, chosen, on_colour, picture, save_sheet
from sama.export.writing import explained, staging
from sama.objects.batch.result import DONE, FAILED, MISSED, Result
from sama.photo.opening import open_image
from sama.photo.resize import fit_within
from sama.photo.source import short_name

REPORT, TABLE, SHEET, JOURNAL = "report.json", "report.csv", "contact_sheet.png", "batch.jsonl"
_COLUMNS = ("photo", "folder", "status", "message", "width", "height", "objects", "score")


@dataclass(frozen=True)
class Report:
    """A finished batch: results by the photos' names; kept: how many were there already; notes: a sentence for each
    file that was passed over."""

    out: Path
    results: tuple[Result, ...]
    kept: int
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> list[Result]:
        """Photos without files."""
        return [each for each in self.results if each.status == FAILED]

    @property
    def missed(self) -> list[Result]:
        """Photos with files of nothing, or hardly anything."""
        return [each for each in self.results if each.status == MISSED]


def write_report(out: Path, photos: Path, settings: dict[str, Any], results: Sequence[Result]) -> None:
    """Write report and sheet of the photos in a folder; all or nothing. Raises ExportError."""
    counts = {name: sum(each.status == name for each in results) for name in (DONE, MISSED, FAILED)}
    whole = {"settings": settings, "counts": counts, "photos": [each.to_dict() for each in results]}
    with explained(out), staging(out) as work:
        (work / REPORT).write_text(json.dumps(whole, indent=1) + "\n", "utf-8", newline="\n")
        with (work / TABLE).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            writer.writerows(_cells(each) for each in results)
        shown = chosen([each.photo for each in results if each.written])
        rows = [row for each in results if each.photo in shown and (row := _row(out, photos, each))]
        if rows:
            save_sheet(rows, work / SHEET)
        for path in sorted(work.iterdir()):
            os.replace(path, out / path.name)


def read_results(path: Path) -> tuple[dict[str, Any] | None, dict[str, Result]]:
    """Settings and results by photo in a REPORT or a JOURNAL; None and nothing where there is none that can be read. A
    line that was not written to its end is left out."""
    try:
        text = path.read_text("utf-8")
        if path.name == REPORT:
            whole = json.loads(text)
            return dict(whole["settings"]), _by_photo(whole["photos"])
        lines = [line for line in map(_parsed, text.splitlines()) if isinstance(line, dict)]
        return dict(lines[0]["settings"]), _by_photo(lines[1:])
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None, {}


def _by_photo(entries: Iterable[dict[str, Any]]) -> dict[str, Result]:
    found = [Result.from_dict(each) for each in entries]
    return {each.photo: each for each in found}


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _cells(result: Result) -> list[Any]:
    width, height = result.size or ("", "")
    score = "" if result.score is None else result.score
    named = (result.photo, result.folder, result.status, result.message)
    return [*(_harmless(text) for text in named), width, height, result.objects, score]


def _harmless(text: str) -> str:
    """A name that a spreadsheet would calculate is a text there, too."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _row(out: Path, photos: Path, result: Result) -> Row | None:
    """A photo and what was cut out of it, else the first picture that there is; None where neither can be read."""
    picked = [name for name in FILES if name in result.files and name.endswith(".png")]
    if not picked:
        return None
    try:
        rgb = open_image(photos / result.photo).rgb
        with Image.open(out / result.folder / picked[0]) as file:
            made = file.convert("RGBA")
    except (OSError, SamaError):
        return None
    tile = Image.fromarray(rgb).resize(fit_within(rgb.shape[1], rgb.shape[0], TILE), Image.Resampling.BOX)
    small = np.asarray(made.resize(fit_within(*made.size, TILE), Image.Resampling.BOX), np.float32)
    told = "" if result.status == DONE else f" ({result.status})"
    caption = f"{short_name(result.photo)}{told}: photo, {picked[0].removesuffix('.png')}"
    return Row(caption, [picture(np.asarray(tile)), on_colour(small[..., :3], small[..., 3] / 255)])
