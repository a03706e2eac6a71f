"""The ways: on screens where the page is one column, a bar at the bottom that leads to its parts, and says when results
have come that are out of sight; a `gr.HTML` component without events. Constant: `ways`, a list of {name, to}, where
`to` is an element's id.
"""

from sama.ui.component import Component


class Ways(Component):
    """The bar; wide screens do not show it."""

    NAME = "ways"
    STYLES = ("ways.css",)
    SCRIPTS = ("ways.js",)
    CONSTANTS = {
        "ways": [
            {"name": "Photo", "to": "prompter"},
            {"name": "Results", "to": "viewer"},
            {"name": "Background", "to": "scene"},
            {"name": "Download", "to": "take"},
        ]
    }
