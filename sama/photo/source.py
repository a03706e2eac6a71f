"""What a photo is read from: a path, bytes or a binary file, and its name."""

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from sama.errors import PhotoError

_PATH = str, os.PathLike
Source = str | os.PathLike | bytes | BinaryIO

# What separates the parts of a path in Windows; elsewhere a backslash may be part of a name.
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[/\\]|\\\\")


def read(source: Source, name: str) -> bytes:
    """Return a source's bytes; raises PhotoError where there are none."""
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    else:
        try:
            data = _read_path(source, name) if isinstance(source, _PATH) else source.read()
        except FileNotFoundError as error:
            raise PhotoError(f"{name} does not exist; check its path.") from error
        except PermissionError as error:
            raise PhotoError(f"{name} may not be read; change its permissions.") from error
        except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
            raise PhotoError(f"{name} cannot be read; check its path.") from error
    if not data:
        raise PhotoError(f"{name} is empty; export or download it again.")
    return data


def name_of(source: Source) -> str:
    """Return the name of a path or a file, "" where there is none."""
    name = source if isinstance(source, _PATH) else getattr(source, "name", "")
    return str(os.fspath(name)) if isinstance(name, _PATH) else ""


def base_name(name: str) -> str:
    """Return the last part of a path, letter by letter as it is called: other programs find files by it.

    It may hold anything that a file's name may: markup, control characters, hundreds of letters. For a sentence there
    is `short_name`.
    """
    if os.name == "nt" or _WINDOWS_PATH.match(name):
        name = name.replace("\\", "/")
    return name.rstrip("/").rsplit("/", 1)[-1] or "This file"


def printable(name: str) -> str:
    """Return a file's name without what leaves no mark, or turns the direction of writing."""
    return "".join(c for c in name if c.isprintable()) or "This file"


def short_name(name: str) -> str:
    """Return a file's name for a sentence: printable, and its end where it is longer than 80 letters."""
    return printable(name)[-80:]


def _read_path(path: str | os.PathLike, name: str) -> bytes:
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise PhotoError(f"{name} is a folder; choose a photo in it.")
    if not stat.S_ISREG(mode):  # reading a pipe or a device might never end
        raise PhotoError(f"{name} is not a regular file; choose a photo.")
    return Path(path).read_bytes()
