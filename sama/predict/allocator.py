"""How the C library gives memory back."""

import ctypes
import sys
from collections.abc import Callable

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_LARGEST, _KEPT = 32 * 2**20, 256 * 2**20


def reuse_memory() -> None:
    """Have malloc keep what it was given back for the next map of that size, up to 256 MiB.

    By default every map of a few megabytes comes fresh from the kernel, which clears it first: a quarter of a click's
    time. All threads share one arena: each of a server's many threads would keep as much for itself alone, and with
    five visitors the app grew by 1.7 GB within two minutes. A C library without these settings is left alone.
    """
    mallopt = _libc("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_ARENA_MAX, 1)


def return_memory() -> None:
    """Give everything that is free back to the system, where the C library is glibc."""
    trim = _libc("malloc_trim")
    if trim is not None:
        trim(0)


def _libc(name: str) -> Callable | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
