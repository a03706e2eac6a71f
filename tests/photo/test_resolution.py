"""Pixels per inch: read from every format, and never invented."""

import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from sama.photo.opening import open_image
from tests.helpers import encode, exif, png_file


@pytest.fixture
def image() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8))


def tags(x: float, y: float, unit: int | None, orientation: int = 1) -> Image.Exif:
    result = exif(orientation)
    result[0x011A], result[0x011B] = x, y
    if unit is not None:
        result[0x0128] = unit
    return result


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_a_format_s_own_field(image, kind):
    photo = open_image(encode(image, kind, dpi=(300, 150)))
    np.testing.assert_allclose(photo.dpi, (300, 150), atol=0.02)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_where_there_is_no_field(image, kind):
    def dpi(*values):
        return open_image(encode(image, kind, exif=tags(*values))).dpi

    assert dpi(240, 120, 2) == (240, 120) and dpi(240, 120, None) == (240, 120)
    np.testing.assert_allclose(dpi(100, 50, 3), (254, 127))
    assert dpi(240, 120, 1) is None and dpi(0, 0, 2) is None and dpi(1, 1, 2) is None


def test_heic(image):
    buffer = io.BytesIO()
    heif = pillow_heif.from_pillow(image)
    heif.info["exif"] = tags(144, 144, 2).tobytes()
    heif.save(buffer)
    assert open_image(buffer.getvalue()).dpi == (144, 144)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "PPM"])
def test_none_is_invented(image, kind):
    assert open_image(encode(image, kind)).dpi is None


def test_pillow_s_default_for_exif_without_a_resolution_is_not_taken(image):
    data = encode(image, "JPEG", exif=exif(3))
    assert Image.open(io.BytesIO(data)).info["dpi"] == (72, 72)
    assert open_image(data).dpi is None


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_it_turns_with_the_picture(image, kind, orientation):
    data = encode(image, kind, exif=exif(orientation), dpi=(300, 150))
    assert open_image(data).dpi == ((300, 150) if orientation < 5 else (150, 300))


def test_an_aspect_ratio_is_no_resolution(image):
    pixels = np.asarray(image)
    for body in (struct.pack(">IIB", 300, 300, 0), struct.pack(">IIB", 0, 0, 1), b"\0" * 4):
        assert open_image(png_file(pixels, 8, 2, [(b"pHYs", body)])).dpi is None
    metres = [(b"pHYs", struct.pack(">IIB", 11811, 5906, 1))]
    assert open_image(png_file(pixels, 8, 2, metres)).dpi == pytest.approx((299.9994, 150.0124))
