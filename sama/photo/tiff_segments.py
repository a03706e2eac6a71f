"""TIFF: strips and tiles as samples.

Source: TIFF 6.0, sections 3, 14 (predictor 2) and 15; Adobe Photoshop TIFF Technical Note 3 (floats, predictor 3).
"""

import io
import struct
import zlib
from itertools import product

import numpy as np
from PIL import Image

from sama.photo.tiff_pages import Page

_DEFLATE = (8, 32946)
COMPRESSIONS = (1, 5, *_DEFLATE, 32773, 34925, 50000)  # none, LZW, Deflate, PackBits, LZMA, Zstandard
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}  # SampleFormat
_ROWS = 64
_MAX_BYTES = 4 << 30  # of all samples
_MAX_SEGMENTS = 200_000  # more take minutes to unpack
_MAX_TILE = 64 << 20  # bytes of a tile that is much larger than its picture


def read_samples(data: bytes, page: Page) -> np.ndarray:
    """Return all samples (H, W, S) of a page in their own type; raises ValueError where segments are missing."""
    width, height = page.size
    total, bits = page.value(277, 1), page.value(258, 1)
    separate = page.value(284, 1) == 2 and total > 1
    tiled = 324 in page.tags
    if tiled:
        across, down = page.value(322, 0), page.value(323, 0)
    else:
        across, down = width, min(page.value(278, height) or height, height)
    if not 0 < across <= 2 * width + 4096 or not 0 < down <= 2 * height + 4096:
        raise ValueError("tiles of no sensible size")
    offsets, counts = page.values(324 if tiled else 273), page.values(325 if tiled else 279)
    planes = range(total) if separate else range(1)
    tops, lefts = range(0, height, down), range(0, width, across)
    number = len(planes) * len(tops) * len(lefts)
    if page.value(259, 1) == 1 and not counts:
        counts = [len(data)] * min(number, len(offsets))
    if min(len(offsets), len(counts)) < number:
        raise ValueError("segments are missing")
    if number > _MAX_SEGMENTS:
        raise ValueError("segments without end")
    depth, dtype = 1 if separate else total, _dtype(page).newbyteorder("=")
    if across * down * depth * dtype.itemsize > max(_MAX_TILE, 4 * height * width * depth * dtype.itemsize):
        raise ValueError("tiles of no sensible size")
    if height * width * total * dtype.itemsize > _MAX_BYTES:
        raise MemoryError
    result = np.zeros((height, width, total), dtype)
    for (plane, top, left), at, count in zip(product(planes, tops, lefts), offsets, counts, strict=False):
        rows = down if tiled else min(down, height - top)
        if count == 0:  # a sparse file's empty segment
            continue
        row_bytes = (across * depth * bits + 7) // 8
        raw = _unpacked(data[at : at + count], page, rows * row_bytes)
        segment = _samples(raw, page, rows, across, depth)
        part = segment[: height - top, : width - left]
        target = result[top : top + rows, left : left + across]
        if separate:
            target[..., plane] = part[..., 0]
        else:
            target[...] = part
    return result


def _dtype(page: Page) -> np.dtype:
    bits, kind = page.value(258, 1), _KINDS[page.value(339, 1)]
    size = next(size for size in (1, 2, 4, 8) if bits <= 8 * size)
    return np.dtype(f"{page.order}{kind}{size}")


def _samples(raw: bytes, page: Page, rows: int, across: int, depth: int) -> np.ndarray:
    """Return a segment (rows, across, depth), its predictor undone."""
    dtype, bits, predictor = _dtype(page), page.value(258, 1), page.value(317, 1)
    if bits != 8 * dtype.itemsize:
        return _packed(raw, bits, rows, across * depth, dtype).reshape(rows, across, depth)
    if predictor == 3:  # bytes of equal weight beside one another, each row as differences
        steps = np.frombuffer(raw, np.uint8).reshape(rows, -1, depth)
        planes = np.cumsum(steps, 1, dtype=np.uint8).reshape(rows, dtype.itemsize, across * depth)
        whole = np.ascontiguousarray(planes.swapaxes(1, 2))
        return (
            whole.view(dtype.newbyteorder(">")).reshape(rows, across, depth).astype(dtype.newbyteorder("="))
        )
    values = np.frombuffer(raw, dtype).reshape(rows, across, depth).astype(dtype.newbyteorder("="))
    if predictor == 2:
        whole = values.view(f"u{dtype.itemsize}")
        return np.cumsum(whole, 1, dtype=whole.dtype).view(values.dtype)
    return values


def _packed(raw: bytes, bits: int, rows: int, width: int, dtype: np.dtype) -> np.ndarray:
    """Return samples (rows, width) of any number of bits; each row begins with a byte of its own."""
    lines = np.frombuffer(raw, np.uint8).reshape(rows, -1)
    weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.uint32)
    result = np.empty((rows, width), dtype.newbyteorder("="))
    for top in range(0, rows, _ROWS):
        flags = np.unpackbits(lines[top : top + _ROWS], axis=1)[:, : width * bits]
        result[top : top + _ROWS] = flags.reshape(len(flags), width, bits) @ weights
    return result


def _unpacked(data: bytes, page: Page, size: int) -> bytes:
    """Return a segment's `size` bytes; raises ValueError for fewer, and what Pillow raises."""
    compression, fill = page.value(259, 1), page.value(266, 1)
    if compression == 1 or compression in _DEFLATE:
        if fill == 2:
            data = np.packbits(np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")).tobytes()
        raw = data[:size] if compression == 1 else zlib.decompressobj().decompress(data, size)
        if len(raw) < size:
            raise ValueError("a segment is too short")
        return raw
    with Image.open(io.BytesIO(_as_bytes(data, compression, fill, size)), formats=("TIFF",)) as image:
        return image.tobytes()


def _as_bytes(data: bytes, compression: int, fill: int, size: int) -> bytes:
    """Return a TIFF whose only strip is this segment and whose `size` samples of 8 bits are its bytes."""
    samples = (
        4 if size % 4 == 0 else 1
    )  # a picture of four inks has fewer pixels, of which Pillow allows only so many
    tags = {
        256: size // samples, 257: 1, 258: 8, 259: compression, 262: 5 if samples == 4 else 1, 266: fill, 273: 0,
        277: samples, 278: 1, 279: len(data),
    }  # fmt: skip
    start = 8 + 2 + 12 * len(tags) + 4
    extra = b""
    if samples == 4:
        extra = struct.pack("<4H", 8, 8, 8, 8)
    tags[273] = start + len(extra)
    entries = b""
    for tag, value in tags.items():
        if tag == 258 and samples == 4:
            entries += struct.pack("<HHII", tag, 3, 4, start)
        else:
            entries += struct.pack("<HHII", tag, 4, 1, value)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + b"\0" * 4 + extra + data
