"""Files from the Hugging Face hub, kept in its usual cache (HF_HOME).

`huggingface_hub` draws the progress bar, resumes a transfer that breaks and obeys HF_ENDPOINT and HF_HUB_OFFLINE;
here are the checksum, and one sentence for whatever goes wrong. No token is needed for what this package uses.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sama.errors import WeightsError
from sama.weights.digest import check_sha256
from sama.weights.records import PublishedFile

_HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?::([\w./-]+))?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class HubFile:
    """File `name` in the hub repository `repo` (owner/name)."""

    repo: str
    name: str

    @classmethod
    def of(cls, file: PublishedFile) -> "HubFile":
        """Return where a file that was published on the hub is; raises ValueError for others."""
        if file.hub is None:
            raise ValueError(f"{file.name} is not on the hub")
        return cls(file.hub, file.name)


def parse_hub_id(text: str, default: str) -> HubFile | None:
    """Read `owner/name` or `owner/name:file`; `default` is the file where none is named. None for anything else.

    What ends in .safetensors without naming a file is a path that does not exist, not a repository.
    """
    match = _HUB_ID.fullmatch(text)
    if match is None or (match[2] is None and text.endswith(".safetensors")):
        return None
    return HubFile(match[1], match[2] or default)


def cached(file: HubFile) -> Path | None:
    """Return where the hub's cache has the file, without asking the hub; None when it has not."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(file.repo, file.name)
    return Path(found) if isinstance(found, str) else None


def announced_sha256(path: Path) -> str | None:
    """Return the sha256 that the hub announced for a file in its cache, which names it after that; else None."""
    name = path.resolve().name
    return name if _SHA256.fullmatch(name) else None


def fetch(file: HubFile, *, flag: str | None, sha256: str | None = None, fixed: bool = False) -> Path:
    """Return the file's path in the cache, downloaded where needed.

    flag: the option that takes a path instead, named in the errors; None where there is none. sha256: checked after a
    download, by default what the hub announces; a file that differs is deleted. fixed: a cached file is final and the
    hub is not asked; otherwise the hub is asked for a newer one, and the cached one serves when it cannot be reached.
    Raises WeightsError.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, is_offline_mode

    have = cached(file)
    if have is not None and (fixed or is_offline_mode()):
        return have
    then = f"pass it with {flag}" if flag else "copy its hub cache (HF_HOME) here"
    elsewhere = f"download {file.name} of {file.repo} on another machine and {then}"
    if is_offline_mode():
        raise WeightsError(
            f"{file.repo} is not in the hub's cache and HF_HUB_OFFLINE forbids to download it; unset it, or "
            f"{elsewhere}."
        )
    answered = False
    try:
        # Asked first because `hf_hub_download` goes on trying for half a minute when nobody answers.
        get_hf_file_metadata(hf_hub_url(file.repo, file.name))
        answered = True
        path = Path(hf_hub_download(file.repo, file.name))
    except Exception as error:  # the hub's HTTP library raises its own kinds
        if have is not None:
            return have
        raise WeightsError(_sentence(error, file, elsewhere, answered)) from error
    if path != have:
        try:
            check_sha256(path, sha256 or announced_sha256(path))
        except WeightsError as error:
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            raise WeightsError(
                f"What was downloaded as {file.name} of {file.repo} has another checksum than published and was "
                f"deleted; try again, or {elsewhere}."
            ) from error
    return path


def _sentence(error: Exception, file: HubFile, elsewhere: str, answered: bool) -> str:
    """What went wrong, and what to do."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    if isinstance(error, RepositoryNotFoundError):
        return (
            f"The hub has no repository {file.repo} that you may read; check the name, or log in with "
            "`hf auth login`."
        )
    if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
        return f"{file.repo} has no file {file.name}; name another one as {file.repo}:FILE."
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return f"{constants.ENDPOINT} answered with error {status}; try again later, or {elsewhere}."
    if isinstance(error, OSError) and error.errno:
        return (
            f"{file.name} cannot be stored ({error.strerror}); make room, or set HF_HOME to another folder."
        )
    if answered:
        return f"The download of {file.name} from {constants.ENDPOINT} broke off; try again, or {elsewhere}."
    return f"{constants.ENDPOINT} cannot be reached; check the network, or {elsewhere}."
