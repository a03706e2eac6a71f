"""What is imported at each start, in processes of their own."""

import subprocess
import sys

PAGE = """
import sys
import numpy as np
import sama, sama.ui.studio
from sama.models.graphs.runtime import available
runtime = "openvino" if available() else "torch"
predictor = sama.load("mini", device="cpu", dtype="float32", runtime=runtime)
for _ in predictor.set_image(np.zeros((40, 60, 3), np.uint8)):
    pass
sama.answer(predictor, sama.Request.of(sama.Prompts(boxes=((5, 5, 30, 30),)), (60, 40)))
print([name for name in ("torch._dynamo", "sympy", "torch._inductor") if name in sys.modules])
"""
AFTERWARDS = """
import sama.models
import torch, torchvision
from torchvision.ops import nms, roi_align
from torchvision.ops.roi_align import is_compile_supported
assert "torch._dynamo" not in __import__("sys").modules
boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 5], [6, 6, 9, 9]])
print(nms(boxes, torch.tensor([1.0, 0.5, 0.2]), 0.5).tolist())
print(is_compile_supported("cpu"), roi_align(torch.ones(1, 1, 9, 9), [boxes], 2).mean().item())
doubled = torch.compile(lambda x: 2 * x, backend="eager")
print(doubled(torch.ones(2)).tolist(), type(torch._dynamo.utils).__name__, torch._dynamo.utils.__file__ is not None)
"""
BEFORE = """
import torch._dynamo.utils
real = torch._dynamo
import sama.models, torchvision
from torchvision.ops.roi_align import is_compile_supported
print(torch._dynamo is real, is_compile_supported is torch._dynamo.utils.is_compile_supported)
"""


def said(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_page_starts_and_answers_without_the_compiler():
    assert said(PAGE)[-1] == "[]"


def test_torchvision_and_the_compiler_work_as_ever_afterwards():
    kept, asked, compiled = said(AFTERWARDS)
    assert kept == "[0, 2]"
    assert asked == "True 1.0"
    assert compiled == "[2.0, 2.0] module True"


def test_what_is_imported_already_is_left_alone():
    assert said(BEFORE) == ["True True"]
