"""What Windows and macOS do otherwise, as far as it can be looked for on Linux."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_house import PYTHON, ROOT, name

# Python's modules and functions that Windows lacks; who uses one asks first whether it is there.
MODULES = {"fcntl", "grp", "pwd", "resource", "termios", "pty", "tty", "syslog", "crypt", "nis"}
FUNCTIONS = {
    "os": {"fork", "forkpty", "getuid", "geteuid", "getgid", "setsid", "killpg", "getpgid", "mkfifo", "mknod"}
    | {
        "chown",
        "uname",
        "nice",
        "getloadavg",
        "sched_getaffinity",
        "sched_setaffinity",
        "wait",
        "waitpid",
        "statvfs",
    },
    "signal": {
        "SIGKILL",
        "SIGHUP",
        "SIGUSR1",
        "SIGUSR2",
        "SIGALRM",
        "SIGQUIT",
        "SIGPIPE",
        "alarm",
        "setitimer",
        "pause",
    },
    "time": {"tzset"},
    "socket": {"AF_UNIX"},
}
FOLDERS = re.compile(r"^/(tmp|dev|proc|var|usr|etc|home|sys|run)(/|$)")
# Files that look at Linux's own folders, and go on where these are not.
ON_LINUX = {"sama/bench/peak.py": "OSError", "sama/bench/report.py": "OSError"}
RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))}


def foreign(source: str) -> Iterator[str]:
    """What a module uses that Windows lacks, without looking whether it is there (hasattr, getattr, sys.platform)."""
    tree = ast.parse(source)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If | ast.IfExp) and "sys.platform" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in FUNCTIONS.get(node.value.id, ())
            and id(node) not in guarded
        ):
            yield f"{node.value.id}.{node.attr}"
        if isinstance(node, ast.Call) and any(
            each.arg in ("shell", "preexec_fn", "start_new_session") for each in node.keywords
        ):
            yield ast.unparse(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and FOLDERS.match(node.value):
            yield node.value


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_nothing_is_used_that_windows_lacks(path):
    source = path.read_text("utf-8")
    found = list(foreign(source))
    if name(path) in ON_LINUX:
        assert found and ON_LINUX[name(path)] in source
    else:
        assert not found


def test_every_file_of_the_repository_can_lie_on_any_disk():
    """No name that Windows reserves or cannot write, no two that differ in case alone, no path that is too long."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    paths = [path for path in listed.stdout.split("\0") if path]
    assert len(paths) > 100
    assert len({path.casefold() for path in paths}) == len(paths)
    for path in paths:
        assert len(path) < 120, path
        for part in Path(path).parts:
            assert part.isascii() and not re.search(r'[<>:"|?*\\\x00-\x1f]', part), path
            assert not part.endswith((".", " ")) and part.split(".")[0].lower() not in RESERVED, path


# Runs a command as if on Windows: without what Windows lacks. SIGTERM is there, and os.cpu_count.
WITHOUT = """
import os, signal, sys
sys.path.insert(0, os.getcwd())
for module in {modules!r}:
    sys.modules[module] = None
os.environ.setdefault("USERNAME", "somebody")  # which Windows always has
import torch, torchvision, gradio, asyncio, multiprocessing  # other people's packages have branches of their own
for holder, names in ((os, {os!r}), (signal, {signal!r})):
    for each in names:
        if hasattr(holder, each):
            delattr(holder, each)
from sama.commands.cli import COMMANDS, main, parser_of
parser_of(list(COMMANDS)).format_help()  # imports every command
sys.exit(main(sys.argv[1:]))
"""


def test_predict_runs_without_what_windows_lacks(tmp_path):
    """But for the lock between processes, which is of another kind there, and for what other packages use elsewhere."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (120, 90), "green")
    ImageDraw.Draw(image).ellipse((30, 15, 90, 75), fill="red")
    image.save(tmp_path / "disc.png")
    ours = sorted(
        MODULES - {"fcntl", "pwd", "termios", "tty", "pty"}
    )  # which other packages ask for, but not there
    code = WITHOUT.format(modules=ours, os=FUNCTIONS["os"], signal=FUNCTIONS["signal"])
    arguments = ["predict", tmp_path / "disc.png", "--box", "28,13,92,77", "--out", tmp_path / "out"]
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert len(list((tmp_path / "out").iterdir())) == 12 and "peak memory" in run.stdout


def test_any_letter_can_be_printed_on_any_terminal():
    """As on a terminal of Windows, whose encoding knows some 200 letters."""
    code = "import sys; sys.path.insert(0, '.'); from sama.commands.surroundings import print_anything\n"
    code += "print_anything(); print('wrote \\u5199\\u771f \\udce9.png')"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, env={"PYTHONIOENCODING": "cp1252:strict"}
    )
    assert run.returncode == 0 and run.stdout.strip() == rb"wrote \u5199\u771f \udce9.png", run.stderr


def test_windows_locks_a_file_in_the_folder(tmp_path, monkeypatch):
    """Its own module stands in: the second writer waits, and nothing is left."""
    import threading
    import types

    from sama.export import turns

    held, events = threading.Lock(), []

    def locking(descriptor: int, mode: int, size: int) -> None:
        if not held.acquire(blocking=False):
            events.append("refused")
            raise PermissionError(13, "Permission denied")

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(turns, "sys", types.SimpleNamespace(platform="win32"))

    def other() -> None:
        with turns.alone_in(tmp_path):
            events.append("second")
        held.release()

    with turns.alone_in(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        while "refused" not in events:
            pass
        events.append("first")
    held.release()
    thread.join(30)
    assert events.index("first") < events.index("second") and not list(tmp_path.iterdir())


def test_these_tests_see_what_they_look_for():
    assert set(foreign("import os\nos.fork()\nsignal.SIGKILL\n")) == {"os.fork", "signal.SIGKILL"}
    assert list(foreign("open('/tmp/x')")) == ["/tmp/x"]
    assert list(foreign("run('a', shell=True)")) == ["run('a', shell=True)"]
    assert not list(foreign("if sys.platform != 'win32':\n    os.fork()\ngetattr(signal, 'SIGHUP', None)\n"))
