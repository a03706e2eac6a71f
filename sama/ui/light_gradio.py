"""Gradio without the files that it writes while it is imported."""

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

WRITER = "gradio.component_meta"


class _Finder(MetaPathFinder):
    """Finds the module whose function `create_or_modify_pyi` parses every component's source, renders a template and
    writes a `.pyi` file beside it: for those who write components, 0.8 s of each start for all others, and files in
    folders that are not ours to write to."""

    def find_spec(self, fullname: str, path=None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See `MetaPathFinder`."""
        spec = PathFinder.find_spec(fullname, path) if fullname == WRITER else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _silence(module)

        spec.loader.exec_module = exec_module
        return spec


def import_gradio() -> None:
    """Import Gradio, unless it is imported already, and have it write no `.pyi` files from now on."""
    if WRITER in sys.modules:
        _silence(sys.modules[WRITER])
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        import gradio  # noqa: F401
    finally:
        sys.meta_path.remove(finder)


def _silence(module: ModuleType) -> None:
    if hasattr(module, "create_or_modify_pyi"):
        vars(module)["create_or_modify_pyi"] = lambda *_: None
