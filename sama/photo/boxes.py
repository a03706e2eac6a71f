"""AVIF, HEIC and JPEG 2000: the colours that their boxes name. Source: ISO/IEC 14496-12, 23008-12 and 15444-1."""

import struct
from collections.abc import Iterator

from sama.photo import spaces

_FULL_BOX = 4  # bytes of version and flags


def read_space(data: bytes) -> spaces.Space | None:
    """Return the space that an AVIF's primary picture names by a colour box of numbers (nclx)."""
    try:
        body = _primary_colour(memoryview(data))
    except (struct.error, IndexError):  # damaged boxes; the decoder says what it thinks of them
        return None
    if body is None:
        # A sequence without a still picture, or a colour that only the tiles of a grid have: take the first there is.
        start = data.find(b"colrnclx")
        body = data[start + 8 : start + 15] if start >= 0 else b""
    if len(body) < 6:
        return None
    primaries, transfer = struct.unpack(">HH", body[:4])
    return to_space(primaries, transfer)


def jpeg2000_profile(data: bytes) -> bytes | None:
    """Return the profile in a JPEG 2000, which Pillow passes over."""
    for name, body in _boxes(dict(_boxes(memoryview(data))).get("jp2h", memoryview(b""))):
        if name == "colr" and len(body) > 3 and body[0] == 2:  # the method: a profile
            return bytes(body[3:])
    return None


def without_exif(data: bytes) -> bytes | None:
    """Return a file whose EXIF is not found by that name; None where there is none."""
    start = data.find(b"iinf")
    if data[4:8] != b"ftyp" or start < 4:
        return None
    end = start - 4 + int.from_bytes(data[start - 4 : start], "big")
    items = data[start:end]
    return data[:start] + items.replace(b"Exif", b"skip") + data[end:] if b"Exif" in items else None


def to_space(primaries: int, transfer: int) -> spaces.Space | None:
    """Return the space of nclx numbers, None where samples stay; the decoder has seen to the range."""
    space = spaces.from_cicp(primaries, transfer, lenient=True)
    return None if space is None or space.is_srgb else space


def _primary_colour(data: memoryview) -> bytes | None:
    """Return the payload of the primary item's nclx box: primaries, transfer, matrix, range."""
    meta = dict(_boxes(dict(_boxes(data)).get("meta", data[:0])[_FULL_BOX:]))
    if not {"pitm", "iprp"} <= set(meta):
        return None
    pitm = meta["pitm"]
    primary = struct.unpack(">I", pitm[4:8])[0] if pitm[0] else struct.unpack(">H", pitm[4:6])[0]
    iprp = dict(_boxes(meta["iprp"]))
    if not {"ipco", "ipma"} <= set(iprp):
        return None
    properties = list(_boxes(iprp["ipco"]))
    for item, indices in _associations(iprp["ipma"]):
        if item != primary:
            continue
        for index in indices:
            kind, body = properties[index - 1] if 0 < index <= len(properties) else ("", b"")
            if kind == "colr" and bytes(body[:4]) == b"nclx":
                return bytes(body[4:11])
    return None


def _boxes(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Yield the boxes of a level: name and payload."""
    at = 0
    while at + 8 <= len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, start = bytes(data[at + 4 : at + 8]).decode("latin-1"), at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", data[at + 8 : at + 16])
            start = at + 16
        end = len(data) if size == 0 else at + size
        if end < start:
            return
        yield name, data[start:end]
        at = end


def _associations(data: memoryview) -> Iterator[tuple[int, list[int]]]:
    """Yield items and the indices, from 1, of their properties (box ipma)."""
    wide_item, wide_index = data[0] > 0, data[3] & 1
    (count,) = struct.unpack(">I", data[4:8])
    at = 8
    for _ in range(count):
        item = (
            struct.unpack(">I", data[at : at + 4])[0]
            if wide_item
            else struct.unpack(">H", data[at : at + 2])[0]
        )
        at += 4 if wide_item else 2
        number, at = data[at], at + 1
        indices = []
        for _ in range(number):
            indices.append((data[at] & 0x7F) << 8 | data[at + 1] if wide_index else data[at] & 0x7F)
            at += 2 if wide_index else 1
        yield item, indices
