"""The page around its components: colours, and the styles of what is in none of them."""

from pathlib import Path

from sama.ui.page.colours import variables

_HERE = Path(__file__).parent
STYLES = [_HERE / "layout.css", _HERE / "parts.css"]


def head(*styles: str) -> str:
    """Return what goes into the page's head as it is, with the components' styles: Gradio would rewrite selectors such
    as :root and body inside @media, and they would match nothing."""
    own = (_HERE / "head.css").read_text("utf-8")
    return f"<style>\n{''.join((variables(), own, *styles))}</style>"
