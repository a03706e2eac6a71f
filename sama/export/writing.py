"""Write what a person takes away to a folder or into one zip, all or nothing."""

import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sama.errors import SamaError
from sama.export.files import FILES, names_of, write_file
from sama.export.outputs import Outputs
from sama.export.parts import FOLDER, has_parts, is_ours, write_parts
from sama.export.turns import alone_in, is_idle

_STAGING = ".sama-"
_NEW = 60  # seconds in which a folder may not be held yet
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same answer makes the same zip, whenever it is made


class ExportError(SamaError):
    """A folder that cannot be written to."""


class _Checked(Exception):
    """Leaves a folder as it was, after a look at it."""


def write_outputs(
    out_dir: str | os.PathLike, outputs: Outputs, names: Iterable[str] | None = None
) -> list[Path]:
    """Write files to a folder, made where needed; names: which of `names_of(outputs)`, by default all, and the folders
    of several objects.

    Returns their paths. Files of these names are replaced only once all are written; on any failure the folder is as
    it was. Whoever writes all leaves the files of one answer: an earlier one's that this has not are removed, and of
    two who write at once one comes after the other. Raises ExportError where writing is impossible, PromptError for a
    session that cannot be saved.
    """
    out, wanted = Path(out_dir), list(names_of(outputs) if names is None else names)
    parts = []
    with explained(out), staging(out) as folder:
        for name in wanted:
            write_file(name, outputs, folder)
        if names is None and has_parts(outputs):
            parts = write_parts(outputs, folder)
        whole = [*wanted, FOLDER] if parts else wanted
        others = [name for name in (*FILES, FOLDER) if name not in whole] if names is None else []
        with alone_in(out):
            _move(folder, out, whole, others)
    return [out / name for name in (*wanted, *parts)]


def check_folder(out_dir: str | os.PathLike) -> None:
    """Raise ExportError, before minutes of work, where `write_outputs` could not write; leaves nothing there."""
    out = Path(out_dir)
    with suppress(_Checked), explained(out), staging(out):
        for name in (*FILES, FOLDER):
            _refuse_folder(out / name)
        raise _Checked


def write_zip(path: str | os.PathLike, outputs: Outputs) -> None:
    """Write all files into one zip; the errors are those of `write_outputs`, and a failure leaves nothing."""
    path = Path(path)
    with explained(path.parent), tempfile.TemporaryDirectory(prefix="sama-", dir=path.parent) as folder:
        whole = Path(folder) / "whole.zip"
        with zipfile.ZipFile(whole, "w") as archive:
            for file in _all_files(outputs, Path(folder)):
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
                entry.external_attr = 0o644 << 16
                # Pictures are compressed already.
                stored = file.suffix != ".json"
                entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                with file.open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target)
                file.unlink()  # so that the disk holds everything once
        whole.replace(path)


def _all_files(outputs: Outputs, folder: Path) -> Iterator[Path]:
    """Write one file after another."""
    for name in names_of(outputs):
        yield write_file(name, outputs, folder)
    if has_parts(outputs):
        yield from (folder / name for name in write_parts(outputs, folder))


@contextmanager
def explained(out: Path) -> Iterator[None]:
    """Turn the system's refusals into one sentence."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"The folder {out.name or out} cannot be written to ({error.strerror or error}); "
            "choose another one."
        ) from error


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """Give a temporary folder inside `out`; on failure, also remove what was made of `out`."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    folder = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        sweep(out)
        folder = Path(tempfile.mkdtemp(prefix=_STAGING, dir=out))
        with alone_in(folder):
            yield folder
    except BaseException:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        for each in made:  # the innermost first
            if each.is_dir() and not any(each.iterdir()):
                each.rmdir()
        raise
    shutil.rmtree(folder, ignore_errors=True)


def sweep(out: Path, *, new: float = _NEW) -> None:
    """Remove what runs into `out` that were killed have left; those that are at work hold their folders.

    new: seconds for which a folder is left alone; 0 where nobody else can be making one.
    """
    for folder in out.glob(f"{_STAGING}*/"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime >= new and is_idle(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _move(folder: Path, out: Path, names: list[str], unwanted: Iterable[str]) -> None:
    """Move files into `out`, and what is unwanted there away; should one fail, put everything back."""
    previous = folder / "previous"
    previous.mkdir()
    earlier = [name for name in unwanted if (out / name).is_file() or _is_parts(out / name)]
    try:
        for name in (*names, *earlier):
            _refuse_folder(out / name)
            if os.path.lexists(out / name):
                os.replace(out / name, previous / name)
            if name in names:
                os.replace(folder / name, out / name)
    except BaseException:
        for name in (*names, *earlier):
            if name in names and not os.path.lexists(folder / name):  # it was moved
                os.replace(out / name, folder / name)
            if os.path.lexists(previous / name):
                os.replace(previous / name, out / name)
        raise


def _is_parts(path: Path) -> bool:
    """Whether it is the objects' folder of an earlier answer."""
    return path.name == FOLDER and path.is_dir() and is_ours(path)


def _refuse_folder(path: Path) -> None:
    if path.name == FOLDER:
        if path.is_dir() and not is_ours(path):
            raise IsADirectoryError(None, f"{path.name} in it holds files of others")
    elif path.is_dir():
        raise IsADirectoryError(None, f"{path.name} in it is a folder")
