"""Help: it fits a screen, shows an example that works, and says how it was called."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sama.commands.cli import COMMANDS, main, parser_of

ROOT = Path(__file__).parents[2]
WORDS = [[name] for name in COMMANDS] + [
    ["weights", action] for action in ("list", "get", "verify", "convert")
]
SHARED = ("--box", "--point", "--sama-weights", "--device", "--dtype", "--compile")


def help_of(words: list[str], capsys, monkeypatch) -> str:
    """What `sama WORDS --help` prints on a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as stop:
        main([*words, "--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [[], *WORDS], ids=" ".join)
def test_help_fits_a_screen(words, capsys, monkeypatch):
    lines = help_of(words, capsys, monkeypatch).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_help_shows_an_example_that_is_understood(words, capsys, monkeypatch):
    (example,) = re.findall(r"^example: sama (.*)$", help_of(words, capsys, monkeypatch), re.M)
    arguments = shlex.split(example)
    assert arguments[: len(words)] == words
    parser_of(words).parse_args(arguments)


def test_help_lists_every_command(capsys, monkeypatch):
    text = help_of([], capsys, monkeypatch)
    for name, command in COMMANDS.items():
        assert re.search(rf"^ +{name} +{re.escape(command.summary)}$", text, re.M), name


def test_help_says_how_it_was_called(capsys, monkeypatch):
    assert help_of(["weights"], capsys, monkeypatch).startswith("usage: sama weights ")
    command = [sys.executable, "-m", "sama", "weights", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("usage: python -m sama weights ")


@pytest.mark.parametrize("flag", SHARED)
def test_a_shared_flag_is_declared_once(flag):
    files = (ROOT / "sama").rglob("*.py")
    found = [
        path.name for path in files for _ in re.findall(rf'^\s*(?:\S+\()?"{flag}",', path.read_text(), re.M)
    ]
    assert found == ["flags.py"]


@pytest.mark.parametrize(
    "flags",
    [["predict"], ["predict", "a.jpg", "--out"], ["nothing"], [], ["weights", "lost"], ["app", "--nonsense"]],
)
def test_a_bad_flag_is_one_sentence_and_exit_code_2(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        main(flags)
    printed = capsys.readouterr()
    assert stop.value.code == 2
    assert re.fullmatch(r"sama: [A-Z].* --help\.\n", printed.err)
    assert not printed.out
