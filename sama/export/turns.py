"""One writer in a folder at a time, of all threads and all processes of a machine."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".sama-lock"  # where a folder cannot be locked, this file in it is
_PAUSE = 0.05  # seconds between two looks whether another writer is done


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until nobody else writes to a folder by this function, and keep others waiting.

    The system itself gives up a lock when its process ends, however it ends. Where it cannot lock, as on some network
    drives, nobody waits. The folder must be there; raises OSError where it is not.
    """
    if sys.platform == "win32":
        with _locked_file(folder / _LOCK):
            yield
    else:
        with _locked_folder(folder):
            yield


def is_idle(folder: Path) -> bool:
    """Whether it is certain that nobody writes to a folder by `alone_in`."""
    return _held(folder) is False


def is_held(folder: Path) -> bool:
    """Whether it is certain that somebody writes to a folder by `alone_in`."""
    return _held(folder) is True


def _held(folder: Path) -> bool | None:
    """Whether somebody has a folder; None where nobody can know, as on some network drives."""
    if sys.platform != "win32":
        import fcntl

        return _refused(folder, os.O_RDONLY, lambda each: fcntl.flock(each, fcntl.LOCK_EX | fcntl.LOCK_NB))
    import msvcrt

    path = folder / _LOCK
    if not path.exists():
        return False
    take = msvcrt.locking, msvcrt.LK_NBLCK  # pyright: ignore[reportAttributeAccessIssue]
    return _refused(path, os.O_RDWR, lambda each: take[0](each, take[1], 1))


def _refused(path: Path, flags: int, take: Callable[[int], object]) -> bool | None:
    """Whether a lock cannot be had because somebody has it; None where it cannot for another reason."""
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    try:
        take(descriptor)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not on this drive
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _locked_file(path: Path) -> Iterator[None]:
    """Windows cannot lock a folder, but a byte of a file, which nobody can delete while another waits for it."""
    import msvcrt  # there alone

    descriptor = _opened(path)
    try:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue]
                break
            except PermissionError:  # somebody has it
                time.sleep(_PAUSE)
            except OSError:  # not on this drive
                break
        yield
    finally:
        os.close(descriptor)
        with suppress(OSError):  # somebody waits for it, and will
            path.unlink()


def _opened(path: Path, tries: int = 100) -> int:
    """Open the file to be locked; refused for a moment while somebody deletes it."""
    for _ in range(tries - 1):
        with suppress(PermissionError):
            return os.open(path, os.O_RDWR | os.O_CREAT)
        time.sleep(_PAUSE)
    return os.open(path, os.O_RDWR | os.O_CREAT)
