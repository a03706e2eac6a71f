"""What all components of the page have in common: `gr.HTML` without a npm build, each in a folder of its own."""

import re
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

import gradio as gr
from gradio.data_classes import GradioModel

UI = Path(__file__).parents[1]
SHARED = tuple(f"component/{name}.js" for name in ("viewport", "shared", "keys", "drawn", "contour"))


class Component(gr.HTML):
    """A component with NAME.html, its styles and its scripts.

    IDS: of the elements that it is on a page, by default NAME. CONSTANTS: props that never change, for limits and names
    that Python and the page share.
    """

    NAME: ClassVar[str]
    IDS: ClassVar[tuple[str, ...]] = ()
    STYLES: ClassVar[tuple[str, ...]]
    SCRIPTS: ClassVar[tuple[str, ...]]
    CONSTANTS: ClassVar[dict[str, Any]] = {}

    def __init__(self, value: Any = None, **props: Any):
        """value: None or what the component's module says; props: see there, and whatever `gr.HTML` takes."""
        props.setdefault("html_template", asset(f"{self.NAME}/{self.NAME}.html"))
        props.setdefault("css_template", "")  # see `style`
        scripts = (f"{self.NAME}/{name}" for name in self.SCRIPTS)
        props.setdefault("js_on_load", joined(*SHARED, *scripts))
        props.setdefault("apply_default_css", False)
        super().__init__(value, **{**self.CONSTANTS, **props})

    @classmethod
    def style(cls) -> str:
        """What goes into the page's head for it. Gradio would write a template's styles anew with every prop that
        changes, and the browser would match all elements of the page again while somebody waits for a click."""
        ids = ", ".join(f"#{name}" for name in cls.IDS or (cls.NAME,))
        return f":is({ids}) {{\n{joined(*(f'{cls.NAME}/{name}' for name in cls.STYLES))}}}\n"

    def __getattr__(self, name: str) -> Any:
        """See `gr.HTML`: events are what the script names in quotes, for which it would be searched at every update."""
        if name not in _quoted(self.__dict__.get("js_on_load") or ""):
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name}, and its script no such event."
            )
        return super().__getattr__(name)


class DataComponent(Component):
    """A component whose value is a `data_model`, at the start the model's defaults.

    With a data model Gradio itself refuses a path that no visitor has uploaded. The page has the value at the start
    in the prop `start`.
    """

    def __init__(self, value: Any = None, **props: Any):
        """See `Component`."""
        props.setdefault("start", self.example_payload())
        super().__init__(value, **props)

    @property
    def _model(self) -> type[GradioModel]:
        return cast(type[GradioModel], self.data_model)

    def preprocess(self, payload: GradioModel | None) -> GradioModel:
        """Return the page's value."""
        return payload or self._model()

    def postprocess(self, value: GradioModel | None) -> GradioModel:
        """Return the value for the page."""
        return value or self._model()

    def api_info(self) -> dict[str, Any]:
        """The schema of the value."""
        return dict(_schema(self._model))

    def example_payload(self) -> dict[str, Any]:
        """The value at the start."""
        return self._model().model_dump()

    def example_value(self) -> dict[str, Any]:
        """The value at the start."""
        return self._model().model_dump()


@cache
def asset(name: str) -> str:
    """Return the text of a file of the page; components are made anew at every update."""
    return (UI / name).read_text("utf-8")


@cache
def joined(*names: str) -> str:
    """Return the texts of files of the page one after another."""
    return "\n".join(asset(name) for name in names)


@cache
def _quoted(script: str) -> frozenset[str]:
    """The words that a script has in quotes."""
    return frozenset(re.findall(r"""['"`](\w+)(?=['"`])""", script))


@cache
def _schema(model: type[GradioModel]) -> dict[str, Any]:
    """Gradio asks for it several times at every update."""
    return model.model_json_schema()
