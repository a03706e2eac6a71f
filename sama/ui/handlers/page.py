"""What handlers see of the page, and how they are connected to it.

A handler is a function of one `Page` that returns, or yields, what changes: {name of a component: its new value}.
Components that are not named stay as they are. Mistakes a visitor can mend become one sentence in the page's corner.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any

import gradio as gr

from sama.photo.opening import MAX_PIXELS
from sama.predict.answer import ModelInfo
from sama.ui.candidates import ChoiceData
from sama.ui.examples import Example
from sama.ui.handlers.stopping import tidied
from sama.ui.handlers.turns import Stops, Turns
from sama.ui.prompter import PromptData
from sama.ui.scene import SceneData
from sama.ui.scene.backdrop import Backdrop
from sama.ui.shown import Shown
from sama.ui.visit import Visit

if TYPE_CHECKING:
    from sama.ui.filming import Filming
    from sama.ui.handlers.accepting import Acceptance

Changes = dict[str, Any]
Keep = Callable[[str], str]  # copies a file to where the page may fetch it, and returns the copy's path


@dataclass(frozen=True)
class Studio:
    """What all visitors share. open: opens the photo in a file, which its owner may call by another name, raises
    PhotoError; max_pixels: of a photo; acceptance: where answers that are accepted go, if anywhere; filming: how clips
    are followed."""

    open: Callable[..., Visit]
    info: ModelInfo
    examples: dict[str, Example]
    keep: Keep
    max_pixels: int = MAX_PIXELS
    acceptance: "Acceptance | None" = None
    filming: "Filming | None" = None
    stops: Stops = field(default_factory=Stops)


@dataclass(frozen=True)
class Page:
    """One visitor's page when something happens on it: the values of its components, and `event`, what came with what
    has happened."""

    studio: Studio
    visit: Visit | None
    data: PromptData
    scene: SceneData
    backdrop: Backdrop | None
    choice: ChoiceData
    event: Any = None

    @property
    def shown(self) -> Shown | None:
        """The last answer to this photo; None before one, or after the visit expired, until a click brings it back."""
        visit = self.visit
        return visit.shown if visit is not None and visit.path == self.data.path else None

    @property
    def here(self) -> Visit:
        """The visit, of a page that has one."""
        if self.visit is None:
            raise ValueError("nobody has opened a photo")
        return self.visit

    @property
    def filming(self) -> "Filming":
        """How clips are followed, on a page that has a view for them."""
        if self.studio.filming is None:
            raise ValueError("this page has no clips")
        return self.studio.filming

    def opened(self) -> "Page":
        """The same page with a visit to its photo, which is opened again where the visit has expired; raises
        PhotoError."""
        path = self.data.path or ""
        if self.visit is not None and self.visit.holds(path):
            return self
        return replace(self, visit=self.studio.open(path, self.data.name))


Handler = Callable[..., Any]  # of a Page, and of the values of `extra`: Changes, or an iterator over them


class Wiring:
    """Connects events to handlers."""

    READ = ("visit", "prompter", "scene", "backdrop", "candidates")  # in the order of `Page`'s values

    def __init__(self, studio: Studio, components: dict[str, Any]):
        """components: all that handlers may name."""
        self.studio = studio
        self.components = components
        self._turns = Turns()

    def connect(
        self,
        listen: Callable,
        handler: Handler,
        changes: str,
        *,
        event: bool = False,
        extra: tuple = (),
        opens: bool = False,
        **options: Any,
    ):
        """Connect an event's listener, such as `prompter.input`, to a handler.

        changes: names of the components that it may change, separated by blanks; event: whether it asks for what came
        with the event; extra: further components, whose values it is given after the page; opens: whether it opens a
        photo, step by step, see `Turns`.
        """
        names = changes.split()
        inputs = [*(self.components[name] for name in self.READ), *extra]
        outputs = [self.components[name] for name in names]
        options.setdefault("show_progress", "hidden")
        steps = tidied(handler, names)
        called = self._opening(steps, event) if opens else self._called(steps, event)
        return listen(called, inputs, outputs, api_visibility="private", **options)

    def _page(self, visit, data, scene, backdrop, choice, told=None) -> Page:
        return Page(self.studio, visit, data, scene, backdrop, choice, told)

    def _named(self, changes: Changes) -> Any:
        if not changes:  # Gradio takes an empty dictionary for a value
            return gr.skip()
        return {self.components[name]: value for name, value in changes.items()}

    def _steps(self, steps: Iterable[Changes]) -> Iterator[Any]:
        """What a handler yields, for Gradio: at least one step, or it would empty all that the handler may change."""
        silent = True
        for changes in steps:
            silent = False
            yield self._named(changes)
        if silent:
            yield gr.skip()

    def _called(self, handler: Handler, event: bool) -> Callable:
        """A handler as Gradio calls it, which looks at signatures to find out what to give."""
        page, named = self._page, self._named

        if isgeneratorfunction(handler):
            if event:

                def steps_told(visit, data, scene, backdrop, choice, told: gr.EventData):
                    yield from self._steps(handler(page(visit, data, scene, backdrop, choice, told._data)))

                return steps_told

            def steps(*values):
                yield from self._steps(handler(page(*values[:5]), *values[5:]))

            return steps
        if event:

            def once_told(visit, data, scene, backdrop, choice, told: gr.EventData):
                return named(handler(page(visit, data, scene, backdrop, choice, told._data)))

            return once_told

        def once(*values):
            return named(handler(page(*values[:5]), *values[5:]))

        return once

    def _opening(self, handler: Handler, event: bool) -> Callable:
        """The same as `_called` for a handler that opens a photo, of the tab that a request comes from."""

        def kept(page: Page, request: gr.Request | None):
            tab = request.session_hash if request else None
            yield from self._steps(self._turns.kept(tab, handler(page)))

        if event:

            def opening_told(visit, data, scene, backdrop, choice, told: gr.EventData, request: gr.Request):
                yield from kept(self._page(visit, data, scene, backdrop, choice, told._data), request)

            return opening_told

        def opening(visit, data, scene, backdrop, choice, request: gr.Request):
            yield from kept(self._page(visit, data, scene, backdrop, choice), request)

        return opening
