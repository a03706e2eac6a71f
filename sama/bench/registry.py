"""Which benchmarks there are, by the names of their rows."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from sama.bench import decode, encode, matting, memory, start, video
from sama.bench.lab import SIZES, Lab
from sama.bench.rows import BenchError, Row, row_name
from sama.weights.records import record_of


@dataclass(frozen=True)
class Benchmark:
    """names: of its rows. measure: called with a lab and the names that are wanted, at least one. note: what exactly
    is measured, for those who read the table."""

    names: tuple[str, ...]
    measure: Callable[[Lab, Collection[str]], Iterator[Row]]
    note: str


MODELS = ("vit_b", "mini")  # measured by default


def benchmarks(models: Sequence[str] = MODELS) -> list[Benchmark]:
    """Return all benchmarks, for models in the order given; raises WeightsError for an unknown one."""
    found = []
    for model in dict.fromkeys(models):
        found += _mini() if record_of(model).backbone_file else _official(model)
    for what, note, measure in (
        ("foreground", matting.FOREGROUND_NOTE, matting.foreground),
        ("composite", matting.COMPOSITE_NOTE, matting.compositing),
        ("export", matting.EXPORT_NOTE, matting.export),
    ):
        found += [_sized(what, size, measure, note) for size in SIZES]
    found += [_sized("rss", size, memory.rss, memory.NOTE) for size in ("12mp", "50mp")]
    return [*found, Benchmark(start.NAMES, start.start, start.NOTE)]


def select(available: list[Benchmark], only: Sequence[str] | None) -> list[tuple[Benchmark, set[str]]]:
    """Return the benchmarks of which a row is wanted, with those rows; all of them without `only`.

    Raises BenchError for a name that none has.
    """
    known = [name for benchmark in available for name in benchmark.names]
    for name in only or ():
        if name not in known:
            raise BenchError(f"There is no benchmark called {name!r}; choose from {', '.join(known)}.")
    wanted = set(only or known)
    return [(b, wanted.intersection(b.names)) for b in available if wanted.intersection(b.names)]


def _official(model: str) -> list[Benchmark]:
    def names(*whats: str) -> tuple[str, ...]:
        return tuple(row_name(model, what) for what in whats)

    return [
        Benchmark(
            names(*encode.VIEWS.values(), encode.LOCAL),
            lambda lab, wanted: encode.official(lab, model, wanted),
            encode.OFFICIAL_NOTE,
        ),
        Benchmark(
            names(decode.SAM, decode.SAMA),
            lambda lab, wanted: decode.official(lab, model, wanted),
            decode.OFFICIAL_NOTE,
        ),
    ]


def _mini() -> list[Benchmark]:
    return [
        _single("mini_encode_photo", encode.mini, encode.MINI_NOTE),
        _single("mini_decode", decode.mini, decode.MINI_NOTE),
        *(
            [_single("video_frame", video.frame, video.NOTE)] if find_spec("cv2") else []
        ),  # of the extra `video`
    ]


def _single(name: str, measure: Callable[[Lab, str], Iterator[Row]], note: str) -> Benchmark:
    return Benchmark((name,), lambda lab, _: measure(lab, name), note)


def _sized(what: str, size: str, measure: Callable[[Lab, str, str], Iterator[Row]], note: str) -> Benchmark:
    return _single(f"{what}_{size}", lambda lab, name: measure(lab, name, size), note)
