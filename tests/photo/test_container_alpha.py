"""Transparency of WebP, AVIF and HEIC: straight, or with colours multiplied by it."""

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from sama.photo.opening import open_image
from tests.helpers import encode


@pytest.fixture
def rgba() -> np.ndarray:
    y, x = np.mgrid[:64, :96]
    return np.dstack([2 * x, 3 * y, x + y, np.minimum(60 + 3 * x, 255)]).astype(np.uint8)


def multiplied(rgba: np.ndarray) -> np.ndarray:
    colours = np.rint(rgba[..., :3] * (rgba[..., 3:] / 255)).astype(np.uint8)
    return np.dstack([colours, rgba[..., 3]])


def check(photo, rgba: np.ndarray, mean: float) -> None:
    np.testing.assert_array_equal(photo.alpha, rgba[..., 3])
    expected = rgba[..., :3] * (rgba[..., 3:] / 255) + 255 - rgba[..., 3:]
    assert np.abs(photo.rgb - expected).mean() < mean
    assert photo.notes == ("transparency shown on white",)


def heic(mode: str, pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    image = pillow_heif.from_bytes(mode, pixels.shape[1::-1], pixels.tobytes())
    image.save(buffer, quality=100, chroma=444)
    return buffer.getvalue()


def test_straight(rgba):
    check(open_image(encode(Image.fromarray(rgba), "WEBP", lossless=True, exact=True)), rgba, 0.5)
    check(open_image(encode(Image.fromarray(rgba), "AVIF", quality=100, subsampling="4:4:4")), rgba, 1.5)
    check(open_image(heic("RGBA", rgba)), rgba, 1.5)


def test_a_heic_of_multiplied_colours(rgba):
    data = heic("RGBa", multiplied(rgba))
    assert b"prem" in data
    check(open_image(data), rgba, 1.5)


def with_prem(data: bytes) -> bytes:
    """An AVIF whose colours (item 1) are said to be multiplied by its alpha (item 2) (ISO 23008-12, "prem")."""
    reference = struct.pack(">I4s3H", 14, b"prem", 1, 1, 2)
    result = bytearray(data)
    references, meta, places = (data.index(name) - 4 for name in (b"iref", b"meta", b"iloc"))
    for box in (references, meta):
        size = struct.unpack_from(">I", data, box)[0]
        struct.pack_into(">I", result, box, size + len(reference))
    at = (
        places + 14
    )  # what pixels lie behind moves on; version 0: item, data reference, count, and offset and length
    assert data[places + 8] == 0 and data[places + 12 : places + 14] == b"\x44\0"
    (items,) = struct.unpack_from(">H", data, at)
    for i in range(items):
        offset = at + 2 + 14 * i + 6
        struct.pack_into(">I", result, offset, struct.unpack_from(">I", data, offset)[0] + len(reference))
    end = references + struct.unpack_from(">I", data, references)[0]
    return bytes(result[:end]) + reference + bytes(result[end:])


def test_an_avif_of_multiplied_colours(in_chromium, rgba):
    plain = encode(Image.fromarray(multiplied(rgba)), "AVIF", quality=100, subsampling="4:4:4")
    data = with_prem(plain)
    check(open_image(data), rgba, 1.5)
    seen = in_chromium("image/avif", data)
    assert (
        np.abs(seen[..., :3].astype(int) - rgba[..., :3]).mean() < 3
    )  # Chromium understands the file so, too
