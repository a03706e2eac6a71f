"""What became of one photo of a batch."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

DONE, MISSED, FAILED = "done", "not found", "failed"


@dataclass(frozen=True)
class Result:
    """photo: its file's name; folder: where in OUT its files are; status: DONE, MISSED where there are files but the
    object in them is empty or nearly so, FAILED where there are none; message: why, or what was noted.

    size: (width, height) of the upright photo; objects: how many were asked for; score: SAM's own estimate of its
    masks' IoU; weights: digest of the model's; files: bytes of each file. Digests of what it was made from: content, of
    the photo's file; pixels, `Photo.digest`; mark, of the prompts.
    """

    photo: str
    folder: str
    status: str
    message: str = ""
    size: tuple[int, int] | None = None
    objects: int = 0
    score: float | None = None
    weights: str = ""
    content: str = ""
    pixels: str = ""
    mark: str = ""
    files: dict[str, int] = field(default_factory=dict)

    @property
    def written(self) -> bool:
        """Whether there are files."""
        return self.status in (DONE, MISSED)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"size": None if self.size is None else list(self.size)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Result":
        """Read what `to_dict` wrote; raises TypeError, KeyError or ValueError for anything else."""
        given: dict[str, Any] = {each.name: data[each.name] for each in fields(cls)}
        size = given["size"]
        if not all(isinstance(given[name], str) for name in ("photo", "folder", "status")):
            raise TypeError("no names")
        given["size"] = None if size is None else (int(size[0]), int(size[1]))
        return cls(**given)
