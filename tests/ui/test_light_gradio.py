"""What Gradio does not do while it is imported, in processes of their own."""

import subprocess
import sys

import pytest

FIRST = """
import sys
import sama.ui
assert not any(type(finder).__module__ == "sama.ui.light_gradio" for finder in sys.meta_path)
"""
LATER = """
import gradio
import sama.ui
"""
COMPONENT = """
import gradio
from gradio.components.base import Component
sys_path = __import__("sys").path
sys_path.insert(0, {folder!r})
import own
made = own.Own()
print(hasattr(made, "change"), gradio.Textbox("a").value)
"""


@pytest.mark.parametrize("order", [FIRST, LATER], ids=["ours first", "gradio first"])
def test_no_files_are_written_beside_components(tmp_path, order):
    (tmp_path / "own.py").write_text(
        "import gradio\n\n\nclass Own(gradio.HTML):\n    EVENTS = gradio.HTML.EVENTS\n"
    )
    code = order + COMPONENT.format(folder=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "a"]
    assert not list(tmp_path.rglob("*.pyi"))
