"""All scripts of the page as one module on stdout, for the linter: what one script declares, another uses."""

import sys

from sama.ui.component import SHARED, asset
from sama.ui.studio import COMPONENTS


def joined() -> str:
    """Return the shared scripts, and each component's in a function with what Gradio gives it; a comment before each
    script names its file."""
    parts = [_text(name) for name in SHARED]
    for component in COMPONENTS:
        scripts = [_text(f"{component.NAME}/{name}") for name in component.SCRIPTS]
        head = f"export function {component.NAME}({{ element, props, trigger, watch, upload }}) {{"
        parts += [head, *scripts, "}"]
    parts += ["export const restore =", _text("prompter/restore.js")]
    return "\n".join(parts)


def _text(name: str) -> str:
    return f"// ---- {name}\n{asset(name)}"


if __name__ == "__main__":
    sys.stdout.write(joined())
