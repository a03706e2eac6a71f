"""Session files as the source of a batch's prompts: those that the page and `sama predict` write."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sama.errors import PromptError
from sama.objects.batch.sources import Asked, digest
from sama.photo.opening import Photo
from sama.photo.source import short_name
from sama.predict.loading import Predictor
from sama.request.coco_files import same_name
from sama.request.session import MAX_SESSION_BYTES, Session


class _Entry(NamedTuple):
    path: Path
    pixels: str  # Photo.digest
    name: str  # the photo's
    model: str


@dataclass(frozen=True)
class Sessions:
    """Sessions by the pixels of their photos, so that neither is bound to a name; see `Sessions.found`."""

    entries: tuple[_Entry, ...]
    unreadable: tuple[str, ...] = ()

    @classmethod
    def found(cls, folder: Path, *, beside: bool = False, without: Path | None = None) -> "Sessions":
        """The session files in a folder and those below it; beside: in the folder itself only, where photos lie;
        without: a folder in it that does not count, such as the batch's results, which hold sessions, too.

        Other files are left alone. Raises PromptError where there is no session.
        """
        if not folder.is_dir():
            raise PromptError(f"{folder} is no folder; give one with session files.")
        entries, unreadable = [], []
        left = None if without is None else without.resolve()
        for path in sorted(folder.glob("*.json") if beside else folder.rglob("*.json")):
            if left is not None and left in path.resolve().parents:
                continue
            try:
                entry = _entry(path)
            except PromptError as error:
                unreadable.append(f"{path.name}: {error}")
                continue
            if entry is not None:
                entries.append(entry)
        if not entries:
            more = "give them with --sessions, or another source of prompts" if beside else "choose another"
            raise PromptError(f"There is no session file in {folder}; {more}.")
        return cls(tuple(entries), tuple(unreadable))

    @property
    def models(self) -> set[str]:
        """The names of the models that they were made with."""
        return {entry.model for entry in self.entries}

    def about(self) -> dict[str, Any]:
        """See `Source`."""
        return {"sessions": True}

    def mark(self, name: str, pixels: str) -> str:
        """See `Source`."""
        try:
            return digest(self._of(name, pixels).path.read_bytes())
        except OSError as error:
            raise PromptError(f"The session of {name} cannot be read; check its path.") from error

    def asked(self, photo: Photo, predictor: Predictor) -> Asked:
        """See `Source`."""
        session = Session.load(self._of(photo.name, photo.digest).path)
        session.check(photo)
        return Asked(session.prompts, session.settings)

    def _of(self, name: str, pixels: str) -> _Entry:
        called = short_name(name)
        found = [entry for entry in self.entries if entry.pixels == pixels]
        found = _of_name(found, name) or found
        if not found:
            if _of_name(self.entries, name):
                raise PromptError(
                    f"The session of {called} was made on another picture; mark it again, and save it."
                )
            raise PromptError(f"{called} has no session; mark its object, and save the session.")
        if len({entry.path.read_bytes() for entry in found}) > 1:
            paths = " and ".join(str(entry.path) for entry in found[:2])
            raise PromptError(f"{called} has several sessions, {paths}; keep one of them.")
        return found[0]


def _of_name(entries: Iterable[_Entry], name: str) -> list[_Entry]:
    return [entry for entry in entries if same_name(entry.name) == same_name(name)]


def _entry(path: Path) -> _Entry | None:
    """What a file says of its photo; None for one that means to be no session. Raises PromptError for a damaged one."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SESSION_BYTES + 1)
        if b"image_sha256" not in raw.replace(b"\0", b""):  # which UTF-16 has between letters
            return None
        data = json.loads(raw)
        entry = _Entry(path.absolute(), data["image_sha256"], data["image_name"], data["model"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise PromptError("it is damaged; save the session again.") from error
    if not all(isinstance(value, str) for value in entry[1:]):
        raise PromptError("it is damaged; save the session again.")
    return entry
