"""What documents say: the README's and CONTRIBUTING's examples, run as they are printed, and what they point at."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DOCUMENTS = (
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    ROOT / "recipes" / "README.md",
    ROOT / "sama" / "weights" / "README.md",
)
FILE = re.compile(r"`((?:sama|tests|docs|recipes|examples)/[\w./]+\.(?:py|md|toml|js|sh|jsonl))`")


def blocks(language: str, text: str = README) -> list[str]:
    """Return the fenced blocks of a language that are no part of a list."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


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
    path = next(word for word in printed.split() if word.endswith("flower_cutout.png"))
    with Image.open(path) as cutout:
        assert cutout.size == (640, 427) and cutout.mode == "RGBA"


def test_space_front_matter_agrees_with_the_pins():
    front = dict(line.split(": ", 1) for line in README.split("---")[1].strip().splitlines() if ": " in line)
    pins = dict(
        line.split("==", 1) for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    )
    assert front["sdk_version"] == pins["gradio"]
    assert (ROOT / front["app_file"]).is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_points_at_exists(document):
    text = document.read_text("utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target
    for name in FILE.findall(text):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_that_a_document_names_are_there(document):
    from sama.commands.cli import COMMANDS

    text = document.read_text("utf-8")
    code = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)]
    lines = [line.removeprefix("python -m ") for part in code for line in part.splitlines()]
    for line in lines:
        if called := re.match(r"sama ([a-z]+)\b", line):
            assert called[1] in COMMANDS, line
        for flag in re.findall(r"\s(--[a-z-]+)", line) if called else ():
            assert flag in flags_of(called[1]), line


def flags_of(command: str) -> set[str]:
    """The flags of a command."""
    from sama.commands.cli import parser_of

    (commands,) = (each for each in parser_of([command])._actions if each.dest == "command")
    return {flag for action in _actions(commands.choices[command]) for flag in action.option_strings}


def _actions(parser):
    """Those of a command, and of commands of its own such as `weights get`."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for own in action.choices.values():
                yield from _actions(own)


def test_the_method_to_learn_from_works(monkeypatch):
    from sama.methods import METHODS
    from sama.request.prompts import Prompts
    from sama.request.request import Request

    source = next(block for block in blocks("python", CONTRIBUTING) if "PhotoMethod" in block)
    names = {}
    exec(compile(source, "bright.py", "exec"), names)
    assert "`bright.Bright(),`" in CONTRIBUTING
    method = names["Bright"]()
    monkeypatch.setitem(METHODS, method.name, method)
    photo = np.zeros((30, 40, 3), np.uint8)
    photo[5:15, 10:20] = 200
    request = Request.of(Prompts(boxes=((20, 8, 60, 40),)), (80, 60), output_size=(80, 60))
    found = method.open(photo)(request, None)
    assert found.method == "bright" and found.mask("bright").shape == (60, 80)
    assert found.mask("bright")[15:25, 25:35].all() and not found.mask("bright")[:, 45:].any()


def test_the_backbone_to_learn_from_works():
    import torch

    source = next(block for block in blocks("python", CONTRIBUTING) if "SmallVitBackbone" in block)
    names = {}
    imports = (
        "from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer\n"
        "from torch import Tensor\n"
        "from sama.models.backbones.base import Backbone, EncodedView\n"
    )
    exec(compile(imports + source, "small_vit.py", "exec"), names)
    backbone = names["SmallVitBackbone"]()
    with torch.inference_mode():
        view = backbone.encode(torch.zeros(1, 3, backbone.image_size, backbone.image_size))
    assert backbone.grid == (32, 32)
    assert view.embedding.shape == (1, backbone.embed_dim, 32, 32)
    assert view.early.shape == (1, backbone.early_channels, 32, 32)


def test_the_recipe_to_learn_from_is_one(tmp_path):
    from sama.training.recipe import read_recipe

    (block,) = blocks("toml", CONTRIBUTING)
    for path in (ROOT / "recipes").glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "mine.toml").write_text(block)
    recipe = read_recipe(tmp_path / "mine.toml")
    assert "birds" in recipe.data and recipe.mixture["mini"].photographs["birds"] == 0.1
