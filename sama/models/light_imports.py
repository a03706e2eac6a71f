"""Imports of other people's packages without what nobody here asks them for."""

import sys
from types import ModuleType

COMPILER = "torch._dynamo"


def import_torchvision() -> None:
    """Import torchvision, which segment-anything wants, without PyTorch's compiler.

    One of torchvision's functions, which is used for boxes on CUDA, asks the compiler whether it runs there; importing
    it for that takes a second of each start and a hundred megabytes. So it is imported when the question is asked.
    """
    if "torchvision" in sys.modules or COMPILER in sys.modules:
        return
    import torch  # noqa: F401  which must not meet the stand-ins

    stand_ins = {COMPILER: ModuleType(COMPILER), f"{COMPILER}.utils": ModuleType(f"{COMPILER}.utils")}
    stand_ins[f"{COMPILER}.utils"].__dict__["is_compile_supported"] = is_compile_supported
    sys.modules |= stand_ins
    try:
        import torchvision  # noqa: F401
    except ImportError:  # a version that asks for more: then with everything
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def is_compile_supported(device_type: str) -> bool:
    """What the function of that name in `torch._dynamo.utils` says."""
    from torch._dynamo.utils import is_compile_supported as asked

    return asked(device_type)
