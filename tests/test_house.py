"""The rules of the house that can be counted. A comment that starts with `Long because` lifts a limit, and says why."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMA = ROOT / "sama"
PYTHON = sorted([*SAMA.rglob("*.py"), *(ROOT / "tools").rglob("*.py"), ROOT / "app.py"])
PAGE = sorted([*SAMA.rglob("*.js"), *SAMA.rglob("*.css")])
ENTRIES, FILE_LINES, FUNCTION_LINES = 18, 250, 60
LONG = re.compile(r"^\s*(?:#|//|/?\*)\s*Long because \S", re.M)
NOT_EVERYWHERE = {"fcntl", "grp", "pwd", "resource", "termios"}  # Python's modules that Windows lacks
# Who may ask whether a backbone is `mini`: the backbones, and the tables of them.
BACKBONES = (SAMA / "models" / "backbones", SAMA / "weights" / "records.py")


def name(path: Path) -> str:
    """A file's path from the repository's root."""
    return path.relative_to(ROOT).as_posix()


def long_functions(source: str) -> Iterator[tuple[str, int]]:
    """Functions above the limit that do not say why in themselves or just above: (name, lines)."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            count = node.end_lineno - node.lineno + 1
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 2
            if count > FUNCTION_LINES and not LONG.search("\n".join(lines[max(first, 0) : node.end_lineno])):
                yield node.name, count


def asks_for_mini(source: str) -> list[int]:
    """Lines that compare something with "mini"."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            values = [child for side in (node.left, *node.comparators) for child in ast.walk(side)]
        else:
            values = [node.value] if isinstance(node, ast.MatchValue) else []
        if any(isinstance(value, ast.Constant) and value.value == "mini" for value in values):
            found.append(node.lineno)
    return found


def at_import(tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports wherever it is imported."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_package_has_few_rooms():
    entries = [path.name for path in SAMA.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= ENTRIES, sorted(entries)


@pytest.mark.parametrize("path", [*PYTHON, *PAGE], ids=name)
def test_a_file_holds_one_idea(path):
    text = path.read_text("utf-8")
    count = len(text.splitlines())
    assert count <= FILE_LINES or LONG.search(text), f"{count} lines, and no sentence says why"


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_a_function_does_one_thing(path):
    assert not list(long_functions(path.read_text("utf-8")))


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_only_the_tables_ask_for_mini(path):
    if not any(path.is_relative_to(place) for place in BACKBONES):
        assert not asks_for_mini(path.read_text("utf-8"))


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_modules_that_windows_lacks_are_imported_late(path):
    assert not NOT_EVERYWHERE & set(at_import(ast.parse(path.read_text("utf-8"))))


def test_these_tests_see_what_they_look_for():
    body = "    x = 1\n" * FUNCTION_LINES
    assert list(long_functions(f"def f():\n{body}")) == [("f", FUNCTION_LINES + 1)]
    assert not list(long_functions(f"# Long because it lists.\ndef f():\n{body}"))
    assert not list(long_functions(f"def f():\n    # Long because it lists.\n{body}"))
    assert asks_for_mini('if a == "mini": pass\nb = c in ("vit_b", "mini")\nd = "mini"\n') == [1, 2]
    assert asks_for_mini('match a:\n    case "mini": pass\n') == [2]
    assert list(at_import(ast.parse("import resource\ndef f():\n    import fcntl\n"))) == ["resource"]
