"""Talk mode: the studio for a stage, with the examples as scenes; a `gr.HTML` component.

Events: `input`, when talk mode is switched on, and `example` {name}, when a number key asks for a scene. Props that
the server sets: `scenes`, a list of {name, title}, and `progress` {text}, what is being encoded ahead.
"""

from sama.ui.component import Component


class Talk(Component):
    """The switch, and the line above the stage."""

    NAME = "talk"
    STYLES = ("talk.css",)
    SCRIPTS = ("talk.js",)
