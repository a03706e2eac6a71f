"""A device that is not there: its tensors lie in main memory, but refuse to be mixed with those of the processor.

What runs on it would not fail on a GPU for want of a `.to(device)`. `python -m tests.training.other_device STAGE DATA`
`OUT` trains a tiny model for four steps, from data painted on the device, and lets it answer, first on the processor
and then on this device, and prints what came out, as JSON. In a process of its own: PyTorch cannot forget a device.
Automatic casts and inference mode are switched off for both: neither goes with a device that PyTorch does not know.
"""

import contextlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from sama.request.prompts import Prompts
from sama.training.data import filters
from sama.training.data.dataset import TrainingData
from sama.training.trainer import TrainSettings, train
from sama.training.validation import MiniWatch, SamaWatch
from tests.helpers import ask, mini_stage, plan_of, predictor_of, sama_stage

NAME = "elsewhere"
aten = torch.ops.aten
CROSSING = {aten._to_copy.default, aten.copy_.default}
# Indices may come from anywhere.
INDEXING = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}


class Elsewhere(torch.Tensor):
    """A tensor on the device; `inner` holds its values."""

    @staticmethod
    def __new__(cls, inner: torch.Tensor, requires_grad: bool = False):
        """`requires_grad` as nn.Parameter gives it."""
        layout = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        device = torch.device(NAME, 0)
        out = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, device=device, requires_grad=requires_grad, **layout
        )
        out.inner = inner
        return out

    def __reduce_ex__(self, protocol):
        """In files its values are what `map_location="cpu"` would make of them."""
        return self.inner.__reduce_ex__(protocol)

    @classmethod
    def __torch_dispatch__(cls, operator, types, args=(), kwargs=None):
        return _run(operator, args, kwargs or {})


class Watched(TorchDispatchMode):
    """Sees every operation, so that tensors can also be made on the device."""

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        return _run(operator, args, kwargs or {})


def _run(operator, args, kwargs):
    given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    here = [x for x in given if not isinstance(x, Elsewhere) and x.dim()]  # a number may lie anywhere
    met = any(isinstance(x, Elsewhere) for x in given)
    if met and here and operator not in CROSSING | INDEXING:
        raise RuntimeError(f"{operator} mixes devices: {[tuple(x.shape) for x in here]} are the processor's.")
    target = kwargs.get("device")
    goes_there = met if target is None else torch.device(target).type == NAME
    known = kwargs if target is None else kwargs | {"device": torch.device("cpu")}
    out = operator(*_opened(args), **_opened(known))
    if operator is aten.copy_.default:
        return args[0]
    if not goes_there:
        return out
    out = tree_map_only(torch.Tensor, lambda x: x if isinstance(x, Elsewhere) else Elsewhere(x), out)
    return return_and_correct_aliasing(operator, args, kwargs, out) if met else out


def _opened(values):
    return tree_map_only(Elsewhere, lambda x: x.inner, values)


def _filled(target, source):
    target.inner.copy_(_opened(source))
    return target


def install() -> None:
    """Make PyTorch know the device."""
    _setup_privateuseone_for_python_backend(NAME)
    tensor, generator = torch.tensor, torch.Generator

    def make(data, *, device=None, **options):
        out = tensor(data, **options)
        return out if device is None else out.to(device)

    class Generator(generator):
        def __new__(cls, device="cpu"):
            return super().__new__(cls)

    # Both go round operators on their way to a device, as an index given as a list does.
    torch.tensor, torch.Generator = make, Generator
    torch.Tensor.new_tensor = lambda self, data: make(data, dtype=self.dtype, device=self.device)
    torch.library.impl("aten::empty_strided", "PrivateUse1")(
        lambda size, stride, *, dtype=None, **_: Elsewhere(torch.empty_strided(size, stride, dtype=dtype))
    )
    torch.library.impl("aten::_copy_from", "PrivateUse1")(
        lambda source, target, non_blocking=False: _filled(target, source)
    )


class _NoCasts(contextlib.nullcontext):
    def __init__(self, *_, **__):
        super().__init__()


def _work(kind: str, root: Path, out: Path, device: str) -> dict:
    """Train two steps, go on for two more, and answer a box."""
    numbers = {}
    for steps in (2, 4):
        stage = {"mini": mini_stage, "sama": sama_stage}[kind]()
        stage.module.to(device)
        watch = {"mini": MiniWatch, "sama": SamaWatch}[kind](root, out, stage.frame_size(1), 1)
        settings = TrainSettings(
            out, steps=steps, batch=2, workers=0, warmup=2, device=device, paint_on_device=True
        )
        train(
            stage,
            lambda task, size: TrainingData(plan_of(task), root, size=size, task=task, prompts=2, seed=0),
            settings,
            resume=steps > 2,
            watch=watch,
        )
        numbers[steps] = json.loads((out / "log.jsonl").read_text().splitlines()[-1])
        del numbers[steps]["minutes"]
    if kind == "sama":
        predictor = predictor_of(stage.module)
        rng = np.random.default_rng(0)
        for _ in predictor.set_image(rng.integers(0, 256, (120, 160, 3), np.uint8)):
            pass
        answer = ask(predictor, Prompts(boxes=((20, 20, 60, 50),), points=((40, 30, 1),)))
        numbers["alpha"] = answer.alpha[::10, ::10].round(4).tolist()
    return numbers


if __name__ == "__main__":
    stage, data, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    torch.autocast = _NoCasts
    filters.by_codec = filters.as_codec  # the same JPEG for both
    torch.inference_mode = lambda mode=True: torch.set_grad_enabled(not mode)
    install()  # before anything is learnt: the first gradient counts the devices
    results = {"cpu": _work(stage, data, out / "cpu", "cpu")}
    with Watched():
        results[NAME] = _work(stage, data, out / NAME, NAME)
    print(json.dumps(results))
