"""The finder: words for what is in the photo, which a detector turns into boxes; a `gr.HTML` component.

Its value is {text, asked}. Event: `input`, when a visitor asks. Prop that never changes: `longest`, of a text, in
letters. Without a detector the page has `without` in its place, a closed section that says how to get one.
"""

from html import escape

from gradio.data_classes import GradioModel

from sama.methods.words import LONGEST
from sama.ui.component import DataComponent
from sama.ui.component.data import Whole


class FinderData(GradioModel):
    """What travels from page to server: the words, and how many times somebody has asked."""

    text: str = ""
    asked: Whole = 0


class Finder(DataComponent):
    """The line for words, and its button."""

    NAME = "finder"
    STYLES = ("finder.css",)
    SCRIPTS = ("finder.js",)
    CONSTANTS = {"longest": LONGEST}
    data_model = FinderData


def without(sentence: str) -> str:
    """HTML that says why words find nothing here, and what to do; closed until somebody asks."""
    return (
        '<details class="st-words"><summary>Find by words</summary>'
        f"<p>{escape(sentence, quote=False)}</p></details>"
    )
