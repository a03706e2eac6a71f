"""Which device and number format a model really runs on; nothing falls back in silence."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from sama.errors import DeviceError
from sama.models.graphs import runtime as graphs

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
AUTO, TORCH, OPENVINO = RUNTIMES = ("auto", "torch", "openvino")
VIEW_BYTES = 1.5 * 2**30  # what the largest encoder needs for one view, its weights aside
FEW = 4  # threads of a processor for what is small


def resolve_device(name: str) -> torch.device:
    """Return the device; `auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises DeviceError for a device this machine does not have.
    """
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(n for n in ("cuda", "mps", "cpu") if present[n])
    if name not in present:
        raise DeviceError(f"There is no device called {name!r}; choose one of {', '.join(DEVICES)}.")
    if not present[name]:
        raise DeviceError(f"This machine has no working {name}; choose --device cpu or auto.")
    return torch.device(name)


def resolve_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the dtype of the matrix products.

    `auto` takes bfloat16 where the processor multiplies it in hardware (CUDA from Ampere on, CPUs with AMX or
    AVX512-BF16) and float32 elsewhere. Raises DeviceError for an unknown name, and for float16 on a processor that
    would emulate it.
    """
    if name == "auto":
        return torch.bfloat16 if _fast_bfloat16(device) else torch.float32
    if name not in DTYPES:
        raise DeviceError(f"There is no dtype called {name!r}; choose auto, {' or '.join(DTYPES)}.")
    if name == "float16" and device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_fp16_supported():
        raise DeviceError("This processor does not multiply float16; choose --dtype bfloat16 or float32.")
    return DTYPES[name]


def resolve_runtime(name: str, device: torch.device, dtype: torch.dtype) -> str:
    """Return what runs the slow parts of a model with products in `dtype`, TORCH or OPENVINO.

    `auto` takes OpenVINO where products are shorter than float32, whose time it halves; in float32 it gains a fifth and
    takes 500 MB more. Raises DeviceError for an unknown name, and for OpenVINO where it does not run.
    """
    if name not in RUNTIMES:
        raise DeviceError(f"There is no runtime called {name!r}; choose one of {', '.join(RUNTIMES)}.")
    can = device.type == "cpu" and graphs.available()
    if name == OPENVINO and not can:
        raise DeviceError(
            "OpenVINO does not run here: it takes an x86 processor, --device cpu and `pip install openvino`; choose "
            "--runtime torch or auto."
        )
    return OPENVINO if name == OPENVINO or (name == AUTO and can and dtype != torch.float32) else TORCH


def views_at_once(device: torch.device) -> int:
    """How many of a photo's four local views to encode in one batch.

    A GPU takes as many as its free memory holds. A CPU gains nothing from a batch, and one view after another leaves
    progress to be seen.
    """
    if device.type != "cuda":
        return 1
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, min(4, int(free / VIEW_BYTES)))


def compiled(function: Callable, name: str) -> Callable:
    """Return a function that `torch.compile` speeds up, after a slow first call; `name` says which it is.

    That call raises DeviceError where the compiler fails, for want of a C++ compiler or of Triton, say.
    """
    from torch._dynamo.exc import BackendCompilerFailed  # seconds to import

    fast = torch.compile(function, dynamic=False)

    def call(*args):
        try:
            return fast(*args)
        except BackendCompilerFailed as error:
            raise DeviceError(f"torch.compile cannot compile {name} here; leave out --compile.") from error

    return call


@contextmanager
def inference(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """No gradients, and autocast to `dtype` unless it is float32; few threads beside a GPU."""
    autocast = torch.autocast(device.type, dtype, enabled=dtype != torch.float32)
    with torch.inference_mode(), autocast, threads_beside(device):
        yield


def threads_beside(device: torch.device) -> AbstractContextManager:
    """Few threads of the processor beside a GPU, what there are without one."""
    return nullcontext() if device.type == "cpu" else few_threads()


@contextmanager
def few_threads() -> Iterator[None]:
    """At most FEW of PyTorch's threads, of those that this thread has.

    A step of a filter over a map of 512 cells is over in some ten microseconds, and waits for the last of its threads.
    With one on each of sixteen virtual processors of a server, which others use as well, that wait was all of a click:
    1.5 s beside an H100, 0.15 s with four (docs/performance.md).
    """
    before = torch.get_num_threads()
    if before <= FEW:
        yield
        return
    torch.set_num_threads(FEW)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        return torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return False
