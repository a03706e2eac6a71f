"""How far somebody has come through a folder of proposals: a file beside the accepted answers."""

import json
from collections.abc import Sequence
from pathlib import Path

from sama.export.writing import explained

FILE = "review.json"
ACCEPTED, SKIPPED = "accepted", "skipped"


class Progress:
    """What became of each photo, by its file's name; kept in DIR/review.json and read again by the next start."""

    def __init__(self, folder: Path):
        """A file that is damaged counts as none: the answers themselves are in the folder."""
        self.path = folder / FILE
        try:
            told = json.loads(self.path.read_text("utf-8"))
            self.done = {str(k): str(v) for k, v in told.items() if v in (ACCEPTED, SKIPPED)}
        except (OSError, ValueError, AttributeError):
            self.done: dict[str, str] = {}

    def mark(self, name: str, what: str) -> None:
        """Write down that a photo was ACCEPTED or SKIPPED. Raises ExportError."""
        self.done[name] = what
        with explained(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial = self.path.with_name(f".{FILE}.partial")
            partial.write_text(json.dumps(self.done, indent=1) + "\n", "utf-8", newline="\n")
            partial.replace(self.path)

    def first(self, names: Sequence[str], after: int = -1) -> int | None:
        """The place of the first photo that nothing became of, from the one after `after` on and then from the
        beginning; None where all are done."""
        order = [*range(after + 1, len(names)), *range(after + 1)]
        return next((place for place in order if names[place] not in self.done), None)
