"""The README's examples, run as they are printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder where the examples are found and files may be written."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    """Run a command with the package importable; return what it printed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_command_line_examples_work(checkout):
    (block,) = blocks("bash")
    lines = [line.split() for line in block.splitlines() if line]
    assert len(lines) >= 3
    for line in lines:
        start = {"python": [], "sama": ["-m", "sama"]}[line[0]]
        run([sys.executable, *start, *line[1:]], checkout)
    first, again = checkout / "out/flower", checkout / "out/again"
    assert (first / "alpha.png").read_bytes() == (again / "alpha.png").read_bytes()


def test_python_example_works(checkout):
    block, _ = blocks("python")
    printed = run([sys.executable, "-c", block], checkout)
    assert "local view 4 of 4" in printed
    assert "(427, 640) (427, 640) float32" in printed


def test_client_example_works(checkout):
    import sama
    from tests.ui.browser.conftest import serve

    _, block = blocks("python")
    assert "http://127.0.0.1:7860" in block
    studio, url = serve(sama.load("mini", device="cpu"))
    try:
        printed = run([sys.executable, "-c", block.replace("http://127.0.0.1:7860", url)], checkout)
    finally:
        studio.close()
    assert "flower_cutout.png" in printed and "(640, 427) RGBA" in printed


def test_space_front_matter_agrees_with_the_pins():
    front = dict(line.split(": ", 1) for line in README.split("---")[1].strip().splitlines() if ": " in line)
    pins = dict(
        line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    )
    assert front["sdk_version"] == pins["gradio"]
    assert (ROOT / front["app_file"]).is_file()


def test_pictures_and_documents_named_here_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
