"""Peak memory: of this process, and of one step in it."""

import re
import sys
from pathlib import Path

import torch

from sama.predict.allocator import return_memory

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_rss() -> int | None:
    """Return the largest resident memory in bytes that this process has had, or has had since `PeakMeter.start`.

    None on systems that do not tell.
    """
    # Linux's ru_maxrss would include the process that started this one.
    if (peak := _status("VmHWM")) is not None:
        return peak
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def resident() -> int | None:
    """Return the resident memory of this process in bytes; None on systems that do not tell."""
    return _status("VmRSS")


def state_of(process: int) -> tuple[int, int, int]:
    """Return another process's resident bytes, threads and open files; zeros on systems that do not tell."""
    folder = Path("/proc") / str(process)
    try:
        text = (folder / "status").read_text()
        files = len(list((folder / "fd").iterdir()))
    except OSError:
        return 0, 0, 0
    found = {name: re.search(rf"^{name}:\s+(\d+)", text, re.M) for name in ("VmRSS", "Threads")}
    rss, threads = (int(match[1]) if match else 0 for match in found.values())
    return rss * 1024, threads, files


class PeakMeter:
    """How much memory a step adds at its peak: the device's on CUDA, otherwise this process's resident memory."""

    def __init__(self, device: torch.device):
        self._cuda = device if device.type == "cuda" else None
        self._before: int | None = None

    def start(self) -> None:
        """Begin a step; what this process has freed goes back to the system, or a step could have it for nothing."""
        if self._cuda is not None:
            torch.cuda.reset_peak_memory_stats(self._cuda)
            self._before = torch.cuda.memory_allocated(self._cuda)
            return
        return_memory()
        try:
            _CLEAR.write_text("5", "utf-8")  # proc(5): resets the peak
        except OSError:
            self._before = None
        else:
            self._before = _status("VmRSS")

    def stop(self) -> int | None:
        """End the step; returns bytes, None where the system cannot tell the peak of a step."""
        if self._before is None:
            return None
        peak = torch.cuda.max_memory_allocated(self._cuda) if self._cuda is not None else _status("VmHWM")
        return None if peak is None else max(0, peak - self._before)


def _status(field: str) -> int | None:
    """Bytes of a field of /proc/self/status; None on other systems."""
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB", _STATUS.read_text("utf-8"), re.M)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
