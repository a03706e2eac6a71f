"""What a benchmark says: one row for each thing measured."""

from dataclasses import asdict, dataclass
from typing import Any

from sama.errors import SamaError

MIB = 2**20


class BenchError(SamaError):
    """A benchmark that cannot be run as asked."""


@dataclass(frozen=True)
class Row:
    """ms: median milliseconds. ratio: ours divided by the stock figure of the same run, None where nothing stock does
    the same. peak_mib: MiB at the peak, of what each benchmark's note says; None where the system does not tell.
    device, dtype: where and in which number format ours ran."""

    name: str
    ms: float
    ratio: float | None
    peak_mib: float | None
    device: str
    dtype: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, rounded to what a clock can mean."""
        ratio = None if self.ratio is None else round(self.ratio, 3)
        peak = None if self.peak_mib is None else round(self.peak_mib, 1)
        return asdict(self) | {"ms": round(self.ms, 2), "ratio": ratio, "peak_mib": peak}


def row_name(model: str, what: str) -> str:
    """Return the name of a row about an official model: ViT-B's are the plain ones."""
    return what if model == "vit_b" else f"{model}_{what}"
