"""Accepting answers, of a page that was started with a folder for them; a `gr.HTML` component.

Event: `input` {what}, with what is to be done: ACCEPT the answer, and in a review SKIP the photo or go BACK to the one
before. Props that the server sets: `said` {text, at}, what was done, and in a review `place` {number, total, name,
became, done}: which photo is shown, what became of it and how many are done. Constants: `reviewing`, `doings`.
"""

from sama.ui.component import Component

ACCEPT, SKIP, BACK, BEGIN = "accept", "skip", "back", "begin"


class Accept(Component):
    """The buttons, their keys, and a line that says what was written."""

    NAME = "accept"
    STYLES = ("accept.css",)
    SCRIPTS = ("accept.js",)
    CONSTANTS = {"doings": {"a": ACCEPT, "s": SKIP, "z": BACK}}
