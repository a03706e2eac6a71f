"""The session file: what it takes to repeat an answer."""

import json
import os
import re
import tempfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from sama.errors import PromptError
from sama.photo.source import short_name
from sama.request import checks as check
from sama.request.prompts import Prompts

SESSION_VERSION = 1
MAX_SESSION_BYTES = 64_000_000


class HasDigest(Protocol):
    """What is a photo by its digest."""

    @property
    def digest(self) -> str:
        """See `Photo.digest`."""
        ...


@dataclass(frozen=True)
class Session:
    """What it takes to repeat an answer: which photo, which prompts, which model, which settings.

    image_sha256 is `Photo.digest`, image_size its (width, height); settings holds JSON values.
    """

    image_sha256: str
    image_size: tuple[int, int]
    image_name: str
    prompts: Prompts
    model: str
    settings: dict[str, Any] = field(default_factory=dict)
    version: int = SESSION_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**plain, "image_size": list(self.image_size), "prompts": self.prompts.to_dict()}

    @classmethod
    def from_dict(cls, data: Any) -> "Session":
        """Read what `to_dict` wrote; raises PromptError on anything malformed."""
        names = {f.name for f in fields(cls)}
        data = check.known_keys(data, names, "session")
        if missing := sorted(names - data.keys()):
            raise PromptError(f"The session file lacks {missing[0]!r}; save the session again.")
        kinds = {"image_sha256": str, "image_name": str, "model": str, "settings": dict}
        for name, kind in kinds.items():
            if not isinstance(data[name], kind):
                raise PromptError(f"{name!r} has the wrong type in the session file; save it again.")
        if type(data["version"]) is not int or data["version"] != SESSION_VERSION:
            raise PromptError(f"The session file is not of version {SESSION_VERSION}; save it again here.")
        if not re.fullmatch(r"[0-9a-f]{64}", data["image_sha256"]):
            raise PromptError("'image_sha256' is not a SHA-256 in the session file; save it again.")
        size = tuple(check.sequence(data["image_size"], "image_size"))
        if len(size) != 2 or any(type(v) is not int or v < 1 for v in size):
            raise PromptError("'image_size' must be two positive integers in the session file.")
        prompts = Prompts.from_dict(data["prompts"], size=size)
        return cls(**{**data, "image_size": size, "prompts": prompts})

    def save(self, path: str | os.PathLike) -> None:
        """Write a JSON file, whole or not at all; raises PromptError where that is impossible."""
        path = Path(path)
        try:
            text = json.dumps(self.to_dict(), indent=1, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise PromptError("The session's settings are not plain JSON values.") from error
        temporary = None
        try:
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".session-", delete=False
            ) as file:
                temporary = Path(file.name)
                file.write(text + "\n")
            temporary.chmod(0o644)  # temporary files are private, a session is not
            temporary.replace(path)
        except OSError as error:
            raise PromptError(
                f"The session {path.name} cannot be written ({error.strerror}); choose another folder."
            ) from error
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Session":
        """Read a JSON file written by `save`; raises PromptError on anything malformed."""
        path = Path(path)
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_SESSION_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a valid path"
            raise PromptError(
                f"The session {path.name} cannot be read ({reason}); check its path."
            ) from error
        if len(raw) > MAX_SESSION_BYTES:
            raise PromptError(f"{path.name} is too large for a session file; choose another file.")
        try:
            # As bytes: a file may begin with a byte order mark, or be UTF-16, as editors in Windows save it.
            data = json.loads(raw, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise PromptError(
                f"{path.name} is not a session file (no valid JSON); choose a file that SAMA saved."
            ) from error
        return cls.from_dict(data)

    def check(self, photo: HasDigest) -> None:
        """Raise PromptError unless the session was made on this photo (same upright pixels)."""
        if photo.digest != self.image_sha256:
            raise PromptError(
                f"This session was made on another photo ({short_name(self.image_name)}); open that photo instead."
            )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
