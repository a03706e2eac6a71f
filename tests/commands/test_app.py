"""`sama app`, and the Space's door to it."""

import ast
import socket
from pathlib import Path

import pytest

from sama.commands.cli import main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "flags",
    [
        ["--port", "abc"],
        ["--port", "70000"],
        ["--nonsense"],
        ["--model", "nope"],
        ["--device", "abacus"],
    ],
)
def test_a_bad_flag_is_one_sentence_and_exit_code_2(flags, capsys):
    try:
        code = main(["app", *flags])
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.err.strip().count("\n") == 0
    assert printed.err.startswith("sama: ") and printed.err.strip().endswith(".")


def test_a_taken_port_is_one_sentence_and_exit_code_2(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["app", "--device", "cpu", "--host", "127.0.0.1", "--port", port]) == 2
    sentences = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sama: ")]
    assert len(sentences) == 1 and "--port" in sentences[0]


def test_the_spaces_door_imports_spaces_first_and_is_the_command(monkeypatch):
    tree = ast.parse((ROOT / "app.py").read_text())
    _docstring, first, *rest = tree.body
    assert isinstance(first, ast.Import) and [name.name for name in first.names] == ["spaces"]
    assert not [node for node in rest if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign)]
    monkeypatch.syspath_prepend(str(ROOT))
    import app

    assert app.main is main
