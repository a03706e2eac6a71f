"""Files that are made to keep us busy, or to fill the memory: little work is done for them."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from sama.errors import PhotoError
from sama.photo import plain, png_chunks, tiff_pages
from sama.photo.opening import open_image
from tests.helpers import encode, png_chunk, png_file

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def counted(monkeypatch, module, name: str) -> list:
    """Count the calls of a module's function."""
    calls, function = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args: (calls.append(1), function(*args))[1])
    return calls


def test_directories_that_lie_over_one_another(monkeypatch):
    """3000 directories of 1024 entries each in 24 kB: every four bytes begin another one."""
    count, pages = 1024, 3000
    first, pointers = 8, 8 + 2 + 12 * 1024
    data = bytearray(pointers + 4 * pages + 16)
    data[:8] = struct.pack("<2sHI", b"II", 42, first)
    for i in range(pages):
        struct.pack_into("<H", data, first + 4 * i, count)
        struct.pack_into("<I", data, pointers + 4 * i, first + 4 * (i + 1))
    calls = counted(monkeypatch, tiff_pages, "_read")
    with pytest.raises(PhotoError, match="begins as a TIFF but is damaged"):
        open_image(bytes(data))
    assert 10 < len(calls) < 100


def test_texts_that_are_enormous_when_they_are_unpacked(monkeypatch):
    body = b"Raw profile type exif\0\0" + zlib.compress(b"x" * 100_000)
    calls = counted(monkeypatch, png_chunks, "inflate")
    photo = open_image(png_file(RGB, 8, 2, [(b"zTXt", body)] * 500))
    np.testing.assert_array_equal(photo.rgb, RGB)
    assert len(calls) == 8


def test_a_png_of_very_many_parts(monkeypatch):
    monkeypatch.setattr(png_chunks, "_MAX_CHUNKS", 50)
    whole = png_file(RGB, 8, 2)
    assert open_image(whole).size == (30, 20)
    with pytest.raises(
        PhotoError, match="x is made of more than a million parts; export or download it again"
    ):
        open_image(whole[:33] + png_chunk(b"tEXt", b"") * 60 + whole[33:], name="x")


def test_a_tile_that_is_much_larger_than_its_picture():
    file = io.BytesIO()
    tifffile.imwrite(file, RGB.astype(np.uint16), tile=(16, 16), photometric="rgb", compression="zlib")
    data = bytearray(file.getvalue())
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as read:
        tags = read.pages[0].tags
        for tag in (322, 323):
            struct.pack_into("<H", data, tags[tag].offset + 8, 4096)
    tracemalloc.start()
    try:
        with pytest.raises(PhotoError, match="is damaged or incomplete"):
            open_image(bytes(data))
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


def test_a_jpeg_of_very_many_scans(monkeypatch):
    data = encode(Image.fromarray(RGB), "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    assert 5 < scans < 20 and open_image(data).size == (30, 20)
    last = data[data.rindex(b"\xff\xda") : -2]
    monkeypatch.setattr(plain, "_MAX_WORK", 200 * 30 * 20)
    assert open_image(data).size == (30, 20)
    with pytest.raises(PhotoError, match=f"x is a JPEG of {300 + scans} scans, which would take minutes"):
        open_image(data[:-2] + last * 300 + data[-2:], name="x")
