"""The lab: for whoever wants to know how good an answer is. A section of the page that is closed until it is opened,
and computes nothing before; a `gr.HTML` component.

Its value is {truth, truth_for, slow, votes}: the file of a mask or matte that is said to be right, for the photo
`truth_for`; whether methods that take seconds take part; the visitor's blind votes, each [winner, loser]. Events:
`measure`, when there is a truth and a new answer; `race` and `stop`; `unsure`, how sure the answer is; `ballot`, two
results to choose from, and `vote` {id, side}; `look_inside`.

Props that the server sets, each with the photo's `key`: `table` {seq, hard, size, small, rows, done}, a row being
{name, label, values, error, why}, or {refused}; `race_state` {number, count, curves, done}, a curve being {name, label,
ious, nocs}; `doubt` {seq, sure, share, src, next}, where `next` is [x, y] in the photo's pixels or null; `pair` {id,
left, right}, pictures; `voted` {id, winner, loser}; `inside` {seq, pictures, steps, notes, box}, pictures of {name,
title, src}, steps of [name, milliseconds]. `brought` has the votes of a session, and `failed` is a new number whenever
nothing came of what was asked for.
"""

from typing import Any

from gradio.data_classes import FileData, GradioModel
from pydantic import field_validator

from sama.evaluation.live import LIVE
from sama.evaluation.race import CLICKS, LEVELS
from sama.export.palette import EXTRA_COLOUR, MISSING_COLOUR, OBJECT_COLOURS
from sama.methods import METHODS
from sama.request.settings import MAX_VOTES
from sama.ui.component import DataComponent
from sama.ui.page.colours import hexadecimal


class LabData(GradioModel):
    """What travels between page and server."""

    truth: FileData | None = None
    truth_for: str = ""
    slow: bool = False
    votes: list[list[str]] = []

    @field_validator("votes")
    @classmethod
    def _known(cls, votes: list[list[str]]) -> list[list[str]]:
        if len(votes) > MAX_VOTES or any(len(each) != 2 or not set(each) <= set(METHODS) for each in votes):
            raise ValueError("votes are pairs of methods")
        return votes

    def truth_of(self, key: str) -> FileData | None:
        """The truth of the photo `key`, if there is one."""
        return self.truth if self.truth_for == key else None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The votes as `Settings` has them."""
        return tuple((winner, loser) for winner, loser in self.votes)


class Lab(DataComponent):
    """The section."""

    NAME = "lab"
    STYLES = ("lab.css", "parts.css")
    SCRIPTS = ("table.js", "curves.js", "doubt.js", "vote.js", "inside.js", "lab.js")
    CONSTANTS: dict[str, Any] = {
        "measures": [{"name": name, "digits": digits, "higher": higher} for name, digits, higher in LIVE],
        "levels": LEVELS,
        "clicks": CLICKS,
        "most_votes": MAX_VOTES,
        "labels": {name: method.label for name, method in METHODS.items()},
        "curve_colours": [hexadecimal(each) for each in OBJECT_COLOURS],
        "error_colours": {"missing": hexadecimal(MISSING_COLOUR), "extra": hexadecimal(EXTRA_COLOUR)},
    }
    data_model = LabData
