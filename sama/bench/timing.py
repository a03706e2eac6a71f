"""Fair timing: the sides of a comparison take turns, so that a slow minute of the machine hits them all."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from sama.bench.peak import PeakMeter
from sama.bench.rows import MIB, Row
from sama.predict.answer import ModelInfo


@dataclass(frozen=True)
class Side:
    """One side of a comparison: `run` is timed, `prepare`, before it, is not."""

    run: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Timing:
    """Of one side: median seconds, and the largest memory in bytes that `run` added, None where unknown."""

    seconds: float
    peak: int | None

    def over(self, stock: "Timing", times: int = 1) -> float:
        """Return this time divided by `times` the stock one."""
        return self.seconds / (times * stock.seconds)

    def row(self, name: str, ratio: float | None, info: ModelInfo | None = None) -> Row:
        """Return this as a row; info: of the model that ran, None for what needs none and runs on the processor."""
        peak = None if self.peak is None else self.peak / MIB
        where = ("cpu", "float32") if info is None else (info.device, info.dtype)
        return Row(name, 1000 * self.seconds, ratio, peak, *where)


def interleave(
    sides: dict[str, Side], *, repeats: int, device: torch.device, progress: Callable[[str], None]
) -> dict[str, Timing]:
    """Run every side once to warm up, then `repeats` rounds of all of them; the keys are those of `sides`.

    The last round tells the peak of memory, too, and begins with what was freed given back. On CUDA a run ends when the
    device has done its work.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    peaks: dict[str, int | None] = {}
    meter = PeakMeter(device)
    for i in range(repeats + 1):
        for name, side in sides.items():
            progress(f"{name}, " + (f"round {i} of {repeats}" if i else "warm-up"))
            side.prepare()
            _synchronise(device)
            if i == repeats:
                meter.start()
            started = time.perf_counter()
            side.run()
            _synchronise(device)
            seconds[name].append(time.perf_counter() - started)
            if i == repeats:
                peaks[name] = meter.stop()
    return {name: Timing(statistics.median(seconds[name][1:]), peaks[name]) for name in sides}


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
