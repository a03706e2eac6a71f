"""Whether OpenVINO can run graphs here, and how it is told to."""

import platform
from functools import cache
from importlib import metadata
from importlib.util import find_spec

import torch

MACHINES = {"x86_64", "AMD64"}  # where a graph was measured to be quicker than PyTorch
HINTS = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16"}


def available() -> bool:
    """Whether graphs can be run: OpenVINO is installed, and the processor is one on which they are quicker."""
    return platform.machine() in MACHINES and find_spec("openvino") is not None


def version() -> str:
    """OpenVINO's version; an empty string where it is not installed."""
    return metadata.version("openvino") if find_spec("openvino") is not None else ""


@cache
def core():
    """OpenVINO's one core of this process."""
    from openvino import Core

    return Core()


def settings(dtype: torch.dtype) -> dict:
    """What a graph with products in `dtype` is compiled with: one answer at a time, on as many threads as PyTorch has.

    Threads are not tied to cores: two processes would tie theirs to the same one.
    """
    return {
        "INFERENCE_PRECISION_HINT": HINTS[dtype],
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "ENABLE_CPU_PINNING": False,
    }
