"""What runs a model: PyTorch, or OpenVINO where it can."""

import numpy as np
import pytest
import torch

import sama
from sama.errors import DeviceError
from sama.models.graphs import runtime
from sama.predict import devices
from sama.predict.devices import resolve_runtime
from tests.helpers import ask

CPU = torch.device("cpu")


def test_openvino_is_taken_where_it_runs_and_pays(monkeypatch):
    short, whole = torch.bfloat16, torch.float32
    monkeypatch.setattr(devices.graphs, "available", lambda: True)
    names = "auto", "torch", "openvino"
    assert [resolve_runtime(name, CPU, short) for name in names] == ["openvino", "torch", "openvino"]
    assert [resolve_runtime(name, CPU, whole) for name in names] == ["torch", "torch", "openvino"]
    assert resolve_runtime("auto", torch.device("cuda"), short) == "torch"
    with pytest.raises(DeviceError, match="x86 processor"):
        resolve_runtime("openvino", torch.device("cuda"), short)
    monkeypatch.setattr(devices.graphs, "available", lambda: False)
    assert resolve_runtime("auto", CPU, short) == "torch"
    with pytest.raises(DeviceError, match="choose --runtime torch or auto"):
        resolve_runtime("openvino", CPU, short)
    with pytest.raises(DeviceError, match="no runtime called 'onnx'"):
        resolve_runtime("onnx", CPU, short)


@pytest.mark.skipif(not runtime.available(), reason="OpenVINO does not run here")
def test_both_runtimes_answer_alike_and_call_nobody(watch):
    photo = sama.open_image("examples/flower.jpg")
    prompts = sama.Prompts(boxes=((166, 80, 456, 384),))
    answers = {}
    with watch.nothing_of("/nowhere"):  # neither the graph's makers nor anybody else
        for name in ("torch", "openvino"):
            predictor = sama.load("mini", device="cpu", dtype="float32", runtime=name)
            assert predictor.info.runtime == name
            assert (" by openvino," in predictor.info.running) == (name == "openvino")
            assert predictor.fork().info.runtime == name
            for _ in predictor.set_image(photo.rgb):
                pass
            answers[name] = ask(predictor, prompts)
    ours, theirs = answers["openvino"], answers["torch"]
    assert np.mean(ours.mask("sama") != theirs.mask("sama")) < 1e-4
    assert np.mean(ours.mask("sam") != theirs.mask("sam")) < 1e-4
    assert np.abs(ours.alpha - theirs.alpha).mean() < 1e-4
