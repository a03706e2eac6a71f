"""How files are damaged: anywhere, and in the units that a format is made of."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

Span = tuple[int, int]
_PNG = b"\x89PNG\r\n\x1a\n"
_BOXES = (b"meta", b"iprp", b"ipco", b"jp2h", b"moov")  # which hold others


def units(data: bytes) -> list[Span]:
    """The chunks, segments, boxes, blocks or directory entries of a file, as far as they can be made out."""
    for starts, parts in (
        ((_PNG,), _chunks),
        ((b"II*\0", b"MM\0*"), _entries),
        ((b"\xff\xd8",), _segments),
        ((b"RIFF",), _riff),
        ((b"GIF8",), _blocks),
    ):
        if data.startswith(starts):
            return list(parts(data))
    return list(_boxes(data, 0, len(data))) if data[4:8] in (b"ftyp", b"jP  ") else []


def _chunks(data: bytes) -> Iterator[Span]:
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield at, min(end, len(data))
        at = end


def _entries(data: bytes) -> Iterator[Span]:
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", data, 4) if len(data) >= 8 else (0,)
    seen = set()
    while 0 < at <= len(data) - 2 and at not in seen:
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", data, at)
        for i in range(min(count, 64)):
            yield min(at + 2 + 12 * i, len(data)), min(at + 14 + 12 * i, len(data))
        end = at + 2 + 12 * count
        at = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0


def _segments(data: bytes) -> Iterator[Span]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield at, min(end, len(data))
        if data[at + 1] == 0xDA:  # what follows is the picture
            yield min(end, len(data)), len(data)
            return
        at = end


def _riff(data: bytes) -> Iterator[Span]:
    at = 12
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        end += end % 2
        yield at, min(end, len(data))
        at = end


def _blocks(data: bytes) -> Iterator[Span]:
    marks = [at for at in range(6, len(data)) if data[at] in (0x21, 0x2C, 0x3B)][:40]
    yield from zip([6, *marks], [*marks, len(data)], strict=True)


def _boxes(data: bytes, at: int, end: int) -> Iterator[Span]:
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big")
        stop = min(at + size, end) if size >= 8 else end
        yield at, stop
        if data[at + 4 : at + 8] in _BOXES:
            yield from _boxes(data, at + 8 + 4 * (data[at + 4 : at + 8] == b"meta"), stop)
        at = stop


# ---- operations: (data, the place in [0, 1), another number in [0, 1), a value) -> data


def _flip(data: bytes, a: float, b: float, value: int) -> bytes:
    at = int(a * len(data))
    return data[:at] + bytes([data[at] ^ (1 << value % 8)]) + data[at + 1 :] if data else data


def _put(data: bytes, a: float, b: float, value: int) -> bytes:
    """Write a number that is none too innocent, of 1, 2, 4 or 8 bytes."""
    return _written(data, int(a * len(data)), b, value)


def _written(data: bytes, at: int, b: float, value: int) -> bytes:
    size, little = (1, 2, 4, 8)[value % 4], "little" if value & 4 else "big"
    top = 256**size - 1
    numbers = (0, 1, 2, top, top // 2, top // 2 + 1, 255, 65535, 50_000, 7, 16, 32)
    number = numbers[int(b * len(numbers))] % (top + 1)
    return data[:at] + number.to_bytes(size, little) + data[at + size :]  # type: ignore[arg-type]


def _cut(data: bytes, a: float, b: float, value: int) -> bytes:
    return data[: int(a * len(data))]


def _lengthen(data: bytes, a: float, b: float, value: int) -> bytes:
    at = len(data) if value & 1 else int(a * len(data))
    return data[:at] + bytes([value % 256]) * int(2 ** (12 * b)) + data[at:]


def _drop(data: bytes, a: float, b: float, value: int) -> bytes:
    at = int(a * len(data))
    return data[:at] + data[at + int(2 ** (8 * b)) :]


def _repeat(data: bytes, a: float, b: float, value: int) -> bytes:
    at, end = sorted((int(a * len(data)), int(b * len(data))))
    return data[:end] + data[at : min(end, at + 4096)] * (1 + value % 3) + data[end:]


def _unit(change: Callable[[bytes, Span, float, int], bytes]):
    def operation(data: bytes, a: float, b: float, value: int) -> bytes:
        found = units(data)
        return change(data, found[int(a * len(found))], b, value) if found else _flip(data, a, b, value)

    return operation


def _drop_unit(data: bytes, unit: Span, b: float, value: int) -> bytes:
    return data[: unit[0]] + data[unit[1] :]


def _repeat_unit(data: bytes, unit: Span, b: float, value: int) -> bytes:
    times = 2 + value % 40 if unit[1] - unit[0] < 2000 else 2
    return data[: unit[0]] + data[unit[0] : unit[1]] * times + data[unit[1] :]


def _move_unit(data: bytes, unit: Span, b: float, value: int) -> bytes:
    found = units(data)
    other = found[int(b * len(found))]
    if other[1] <= unit[0]:
        unit, other = other, unit
    if other[0] < unit[1]:
        return data
    parts = (
        data[: unit[0]],
        data[slice(*other)],
        data[unit[1] : other[0]],
        data[slice(*unit)],
        data[other[1] :],
    )
    return b"".join(parts)


def _head(data: bytes, unit: Span, b: float, value: int) -> bytes:
    """Change a unit's length, name, type, count or value."""
    return _written(data, min(unit[0] + 2 * (value // 8 % 6), len(data)), b, value)


def _body(data: bytes, unit: Span, b: float, value: int) -> bytes:
    """Change a unit's inside, and mend the checksum of a PNG's chunk."""
    start, end = unit
    if end - start <= 12:
        return _head(data, unit, b, value)
    at = start + 8 + int(b * (end - start - 12))
    data = _written(data, at, (value / 97) % 1, value)
    if data.startswith(_PNG) and end <= len(data):
        data = data[: end - 4] + struct.pack(">I", zlib.crc32(data[start + 4 : end - 4])) + data[end:]
    return data


OPERATIONS: dict[str, Callable[[bytes, float, float, int], bytes]] = {
    "flip": _flip,
    "put": _put,
    "cut": _cut,
    "lengthen": _lengthen,
    "drop": _drop,
    "repeat": _repeat,
    "drop unit": _unit(_drop_unit),
    "repeat unit": _unit(_repeat_unit),
    "move unit": _unit(_move_unit),
    "head": _unit(_head),
    "body": _unit(_body),
}


@dataclass(frozen=True)
class Damage:
    """What is done to a file, one operation after another."""

    steps: tuple[tuple[str, float, float, int], ...]

    def done(self, data: bytes) -> bytes:
        """Return the damaged file."""
        for name, a, b, value in self.steps:
            data = OPERATIONS[name](data, a, b, value)
        return data


_part = st.integers(0, 9999).map(lambda n: n / 10_000)
_step = st.tuples(st.sampled_from(sorted(OPERATIONS)), _part, _part, st.integers(0, 255))
damages = st.lists(_step, min_size=1, max_size=4).map(lambda steps: Damage(tuple(steps)))
