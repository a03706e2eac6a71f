"""The viewer: SAM mask, SAMA mask, alpha matte and composite, four canvases with one zoom and pan.

Props that the server sets, each with the label {key, seq, chosen, matte} of the answer it belongs to (`Shown.label`),
and pictures as data URLs: `layers` {trained, sam, sama, alpha, composite}, of which SAM's may come alone and first;
`composite` {src}, the same answer on another background; `look` {box, and the layers that were asked for}, a part of
the photo close up; `difference` {src, places}. The page drops what arrives late.

Events: `look` {box, side, names}, when a panel or the loupe enlarges beyond what it has; `compare`, when the map of
differences is to be seen.
"""

from typing import Any

import gradio as gr

from sama.ui.prompter import asset, script

_SCRIPTS = ("layers.js", "looks.js", "loupe.js", "slider.js", "tour.js", "gestures.js", "viewer.js")


class Viewer(gr.HTML):
    """The four results side by side, or two of them with a divider, or where they differ."""

    def __init__(self, value: Any = None, **props: Any):
        """props: see the module, and whatever `gr.HTML` takes."""
        props.setdefault("html_template", asset("viewer.html"))
        props.setdefault("css_template", asset("viewer.css"))
        props.setdefault("js_on_load", script(*_SCRIPTS))
        props.setdefault("apply_default_css", False)
        super().__init__(value, **props)
