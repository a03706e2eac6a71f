"""Talk mode: the studio for a stage, with the examples as scenes; a `gr.HTML` component and its handler.

Events: `input`, when talk mode is switched on, and `example` {name}, when a number key asks for a scene. Props that
the server sets: `scenes`, a list of {name, title}, and `progress` {text}, what is being encoded ahead.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sama.errors import SamaError
from sama.ui.component import Component
from sama.ui.examples import Example

if TYPE_CHECKING:
    from sama.ui.visit import Visit


class Talk(Component):
    """The switch, and the line above the stage."""

    NAME = "talk"
    STYLES = ("talk.css",)
    SCRIPTS = ("talk.js",)


def encode_ahead(examples: dict[str, Example], open_visit: "Callable[[str], Visit]") -> Iterator[Talk]:
    """Bring the features of all examples into the cache, and report; those that are there cost nothing."""
    total = len(examples)
    for done, example in enumerate(examples.values()):
        yield Talk(progress={"text": f"Encoding scene {done + 1} of {total} ..."})
        try:
            visit = open_visit(str(example.path))
            for _ in visit.encode():
                pass
            visit.leave()
        except SamaError as error:
            yield Talk(progress={"text": f"{example.title}: {error}"})
            return
    yield Talk(progress={"text": f"{total} scenes ready"})
