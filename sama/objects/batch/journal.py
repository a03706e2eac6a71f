"""Which results of a batch are there already, and a line for each that comes, so that it goes on wherever it stops."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sama.errors import SamaError
from sama.export.writing import explained
from sama.objects.batch.report import JOURNAL, REPORT, SHEET, TABLE, read_results
from sama.objects.batch.result import Result
from sama.objects.batch.sources import Source, digest
from sama.objects.batch.work import Task
from sama.request.coco_files import same_name

_TAKEN = (REPORT, TABLE, SHEET, JOURNAL)


class Journal:
    """The results in a folder: `earlier`, by photo, of a batch with the same settings."""

    def __init__(self, out: Path, settings: dict[str, Any], *, again: bool):
        """Begin, or go on; again: forget what is there. Raises SamaError where that is a batch with other settings."""
        self.path, self.settings, self._begun = out / JOURNAL, settings, False
        if again:
            with explained(out):
                for name in _TAKEN:
                    (out / name).unlink(missing_ok=True)
        self.earlier: dict[str, Result] = {}
        for name in (JOURNAL, REPORT):  # the newer one first
            there, results = read_results(out / name)
            if there is None and name == REPORT and (out / name).exists():
                raise SamaError(f"{out} has a {REPORT} that is no batch's; give another --out.")
            if there == settings:
                self.earlier = results | self.earlier
            elif there is not None and results and not self.earlier:
                raise SamaError(_differing(there, settings, out))

    @property
    def weights(self) -> str:
        """The digest of the model's weights that results are by; empty where there is none."""
        return next((each.weights for each in self.earlier.values() if each.weights), "")

    def add(self, result: Result) -> None:
        """Note a result. Raises ExportError."""
        if not self._begun:
            if read_results(self.path)[0] != self.settings:
                self._write({"settings": self.settings}, "w")
            self._begun = True
        self._write(result.to_dict(), "a")

    def end(self) -> None:
        """Remove the file, once all is in the report."""
        self.path.unlink(missing_ok=True)

    def _write(self, line: dict[str, Any], mode: str) -> None:
        # A line break first: the last line may have been cut off.
        with explained(self.path.parent), self.path.open(mode, encoding="utf-8", newline="\n") as file:
            file.write(f"\n{json.dumps(line)}\n")


def folders_for(photos: Iterable[Path], earlier: dict[str, Result]) -> list[Task]:
    """Give each photo a folder: called as it is without its ending, or with it where another photo has that folder.
    Those that have one keep it."""
    photos = list(photos)
    kept = {path.name: earlier[path.name].folder for path in photos if path.name in earlier}
    taken = {_folded(name) for name in (*_TAKEN, *kept.values())}
    stems: dict[str, int] = {}
    for path in photos:
        stems[_folded(path.stem)] = stems.get(_folded(path.stem), 0) + 1
    tasks = []
    for path in photos:
        folder = kept.get(path.name)
        if folder is None:
            alone = stems[_folded(path.stem)] == 1 and _folded(path.stem) not in taken
            folder = path.stem if alone else _free(path.name, taken)
            taken.add(_folded(folder))
        tasks.append(Task(path, folder))
    return tasks


def is_current(result: Result | None, task: Task, source: Source, out: Path) -> bool:
    """Whether a photo's files are all there, and made of this photo and what is asked of it now."""
    if result is None or not result.written:
        return False
    folder = out / task.folder
    try:
        there = all((folder / name).stat().st_size == size for name, size in result.files.items())
        return (
            there
            and digest(task.photo.read_bytes()) == result.content
            and source.mark(result.photo, result.pixels) == result.mark
        )
    except (OSError, SamaError):
        return False


def _folded(name: str) -> str:
    """Names that some file system takes for one."""
    return same_name(name).casefold().rstrip(". ")


def _free(name: str, taken: set[str]) -> str:
    number, tried = 2, name
    while _folded(tried) in taken:
        tried, number = f"{name}_{number}", number + 1
    return tried


def _differing(begun: dict[str, Any], settings: dict[str, Any], out: Path) -> str:
    names = sorted(name for name in begun.keys() | settings.keys() if begun.get(name) != settings.get(name))
    told = "; ".join(
        f"{name} was {_short(begun.get(name))} and is {_short(settings.get(name))}" for name in names
    )
    return f"{out} holds a batch with other settings: {told}; give another --out, or make all of it --again."


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
