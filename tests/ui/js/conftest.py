"""The page's scripts alone, in a blank tab: no server, no Gradio."""

import pytest

from sama.ui.component import SHARED, joined


class Scripts:
    """A tab with some scripts in it."""

    def __init__(self, page, names: tuple[str, ...]):
        self.page = page
        page.add_script_tag(content=joined(*SHARED, *names))

    def __call__(self, expression: str, *arguments):
        """Return what an expression is worth; `a`, `b`, ... in it are the arguments."""
        names = "abcdef"[: len(arguments)]
        return self.page.evaluate(f"([{', '.join(names)}]) => {expression}", list(arguments))


@pytest.fixture(scope="module")
def scripts(browser):
    """Open a tab: `scripts("prompter/marks.js")`; what all components share is there, too."""
    contexts = []

    def load(*names: str, density: int = 1) -> Scripts:
        contexts.append(browser.new_context(device_scale_factor=density))
        return Scripts(contexts[-1].new_page(), names)

    yield load
    for context in contexts:
        context.close()
