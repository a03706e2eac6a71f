"""The files of all photos of a row in one ZIP, a folder for each."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sama.errors import SamaError
from sama.export.writing import write_zip
from sama.methods.findings import finding_of
from sama.ui.handlers.exports import file_stem, settings_of
from sama.ui.handlers.page import Changes, Page
from sama.ui.handlers.turns import name_of_work
from sama.ui.prompter import PromptData, Prompter

MOST = 200  # photos
REPORT = "report.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def collect(page: Page) -> Iterator[Changes]:
    """Make all files of the photos in the value's `row`, each by its own marks and all by the page's settings; tells
    how far it is, and ends early where the page has asked for `enough`. What cannot be made is in the ZIP's report."""
    work, photos = name_of_work(page.event), page.data.row[:MOST]
    if not work or not photos:
        return
    report: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="sama-") as place:
        path = Path(place) / "photos_sama.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for number, data in enumerate(photos):
                if page.studio.stops.stopped(work):
                    yield _news(work, number, len(photos), over=True)
                    return
                yield _news(work, number, len(photos), name=data.name or "")
                folder = _folder(data, {each["folder"] for each in report})
                report.append({"photo": data.name or "", "folder": folder})
                report[-1] |= _added(archive, folder, Path(place), page, data)
            archive.writestr(zipfile.ZipInfo(REPORT, _EPOCH), json.dumps(report, indent=1) + "\n")
        kept = page.studio.keep(str(path))
    failed = [each["photo"] for each in report if "error" in each]
    yield _news(work, len(photos), len(photos), path=kept, failed=failed, over=True)


def _added(
    archive: zipfile.ZipFile, folder: str, place: Path, page: Page, data: PromptData
) -> dict[str, str]:
    """Put one photo's files into the archive; returns what is to be reported of it."""
    try:
        visit = page.studio.open(data.path, data.name)
    except SamaError as error:
        return {"error": str(error)}
    try:
        here = replace(page, visit=visit, data=data)
        outputs = visit.outputs(data.prompts, settings_of(here), page.studio.info)
        one = place / "one.zip"
        write_zip(one, outputs)
        with zipfile.ZipFile(one) as made:
            for entry in made.infolist():
                named = zipfile.ZipInfo(f"{folder}/{entry.filename}", _EPOCH)
                named.compress_type, named.external_attr = entry.compress_type, entry.external_attr
                archive.writestr(named, made.read(entry))
        one.unlink()
        finding = finding_of(outputs.answer, outputs.request)
        return {"note": finding.text} if finding.missed else {}
    except SamaError as error:
        return {"error": str(error)}
    finally:
        visit.leave()


def _folder(data: PromptData, taken: set[str]) -> str:
    """A photo's folder; the second of two photos of one name has a number."""
    stem = file_stem(data.name or "photo")
    names = [stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name not in taken)


def _news(work: str, done: int, total: int, *, over: bool = False, **more: Any) -> Changes:
    return {
        "prompter": Prompter(collected={"work": work, "done": done, "total": total, "over": over, **more})
    }
