"""The wake: a moment after the page has asked something it asks once more, for nothing; a `gr.HTML` component without
anything to see. Event: `input`.

Gradio's page opens a stream for answers when it asks something and none is open, and its server closes the stream when
nothing is asked any more. What is asked at that very moment is answered into a stream that nobody reads: the page waits
for ever. Any later question opens a stream again, which brings what has waited.
"""

from sama.ui.component import Component


class Wake(Component):
    """What asks for nothing."""

    NAME = "wake"
    STYLES = ("wake.css",)
    SCRIPTS = ("wake.js",)
    CONSTANTS = {"after": 3000}  # milliseconds since the page asked something


def nothing() -> None:
    """The answer."""
