"""The viewer: SAM mask, SAMA mask, alpha matte and composite, four canvases with one zoom and pan.

Props that the server sets: `layers` {key, seq, sam, sama, alpha, score}, pictures as data URLs of which SAM's
may come alone and first, and `composite` {key, seq, src}. `key` names the photo and `seq` the prompts they
answer; the page drops what arrives late.
"""

from typing import Any

import gradio as gr

from sama.ui.prompter import HERE, script


class Viewer(gr.HTML):
    """The four results side by side."""

    def __init__(self, value: Any = None, **props: Any):
        """props: see the module, and whatever `gr.HTML` takes."""
        props.setdefault("html_template", (HERE / "viewer.html").read_text("utf-8"))
        props.setdefault("css_template", (HERE / "viewer.css").read_text("utf-8"))
        props.setdefault("js_on_load", script("viewer.js"))
        props.setdefault("apply_default_css", False)
        super().__init__(value, **props)
