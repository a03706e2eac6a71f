"""Metadata of JPEG, WebP, AVIF and HEIC, however damaged, is no reason to refuse a picture; PNG and TIFF have tests of
their own."""

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from sama.photo.opening import open_image
from tests.helpers import encode, exif

GARBAGE = [b"", b"\0", b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"\xff\xfe<", b"x" * 60_000]
SEGMENTS = [
    *GARBAGE, b"JFIF", b"JFIF\0\1", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"ICC_PROFILE\0\1",
    b"ICC_PROFILE\0\1\2xyz", b"Photoshop 3.0\x008BIM", b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\2ab", b"MPF\0",
    b"MPF\0II*\0\x08\0\0\0\xff\xff", b"Adobe", b"FPXR\0",
]  # fmt: skip


@pytest.fixture
def pixels() -> np.ndarray:
    y, x = np.mgrid[:64, :96]
    return np.dstack([2 * x, 3 * y, x + y]).astype(np.uint8)


def same(photo, pixels: np.ndarray) -> bool:
    return photo.rgb.shape == pixels.shape and np.abs(photo.rgb.astype(int) - pixels).mean() < 3


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("body", SEGMENTS)
def test_jpeg_segments(pixels, body):
    data = encode(Image.fromarray(pixels), "JPEG", quality=95, exif=exif(3))
    upright = pixels[::-1, ::-1]
    for marker in (0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE):
        segment = bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body
        photo = open_image(data[:2] + segment + data[2:])
        assert same(photo, upright) or (marker == 0xE1 and body.startswith(b"Exif") and same(photo, pixels))


@pytest.mark.parametrize("name", [b"EXIF", b"XMP ", b"ICCP", b"JUNK"])
@pytest.mark.parametrize("body", GARBAGE)
def test_webp_chunks(pixels, name, body):
    data = encode(Image.fromarray(pixels), "WEBP", quality=95, exif=exif(1), icc_profile=b"x" * 200)
    chunk = name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)
    assert same(
        open_image(data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk), pixels
    )


def test_avif_exif(pixels):
    data = encode(Image.fromarray(np.rot90(pixels).copy()), "AVIF", quality=95, exif=exif(6))
    at = max(data.find(b"MM\0*"), data.find(b"II*\0"))
    photo = open_image(data[:at] + b"XXXXXXXX" + data[at + 8 :])
    assert same(photo, pixels)  # turned by its box


@pytest.mark.parametrize("kind", ["AVIF", "WEBP", "JPEG"])
def test_a_profile_that_is_none(pixels, kind):
    photo = open_image(encode(Image.fromarray(pixels), kind, quality=95, icc_profile=b"nonsense" * 20))
    assert same(photo, pixels)
    assert photo.notes == ("colour profile is damaged or does not fit, ignored",)


@pytest.mark.parametrize("body", GARBAGE[1:])
@pytest.mark.parametrize("name", ["exif", "xmp", "icc_profile"])
def test_heic(pixels, name, body):
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(buffer, quality=95, **{name: body})
    assert same(open_image(buffer.getvalue()), pixels)
