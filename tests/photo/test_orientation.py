"""One upright picture: whatever names the orientation, in every format."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from sama.photo.opening import open_image
from tests.helpers import encode, exif, png_file

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF"]
STORED = {  # orientation n means that this was done to the upright picture before it was stored (EXIF 2.3)
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}
ATTRIBUTE = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="{}"/></x:xmpmeta>'
ELEMENT = "<x:xmpmeta><rdf:Description><tiff:Orientation>{}</tiff:Orientation></rdf:Description></x:xmpmeta>"
SPACED = "<x:xmpmeta><rdf:Description tiff:Orientation = '{}' /></x:xmpmeta>"


@pytest.fixture
def upright() -> np.ndarray:
    y, x = np.mgrid[:48, :64]
    return np.dstack([255 * (x < 32), 255 * (y < 24), 2 * x + y]).astype(np.uint8)


def stored(upright: np.ndarray, orientation: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))


def with_xmp(image: Image.Image, kind: str, xmp: str, **options) -> bytes:
    if kind == "TIFF":
        tags = {700: xmp.encode(), **dict(options.pop("exif", {}))}
        return encode(image, kind, tiffinfo=tags, **options)
    if kind != "PNG":
        return encode(image, kind, xmp=xmp.encode(), **options)
    return with_text(encode(image, kind, **options), b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode())


def with_text(data: bytes, body: bytes, kind: bytes = b"iTXt") -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


def close(photo, upright: np.ndarray) -> bool:
    return photo.rgb.shape == upright.shape and np.abs(photo.rgb.astype(int) - upright).mean() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", FORMATS)
def test_exif(upright, kind, orientation):
    data = encode(stored(upright, orientation), kind, exif=exif(orientation), quality=95)
    photo = open_image(data)
    assert close(photo, upright)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    np.testing.assert_array_equal(photo.rgb, expected)


@pytest.mark.parametrize("form", [ATTRIBUTE, ELEMENT, SPACED])
@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("kind", FORMATS)
def test_xmp_alone(upright, kind, orientation, form):
    photo = open_image(with_xmp(stored(upright, orientation), kind, form.format(orientation), quality=95))
    assert close(photo, upright)
    assert photo.notes == (f"turned upright (XMP orientation {orientation})",)


@pytest.mark.parametrize("kind", FORMATS)
def test_exif_comes_before_xmp(upright, kind):
    for in_exif, in_xmp in ((6, 3), (1, 8), (3, 1)):
        data = with_xmp(
            stored(upright, in_exif), kind, ATTRIBUTE.format(in_xmp), exif=exif(in_exif), quality=95
        )
        assert close(open_image(data), upright)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_value_that_means_nothing(upright, kind, value):
    data = with_xmp(Image.fromarray(upright), kind, ATTRIBUTE.format(value), exif=exif(value), quality=95)
    assert close(open_image(data), upright)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_png_s_exif_before_or_after_the_pixels(upright, place):
    pixels = np.asarray(stored(upright, 6))
    chunk = (b"eXIf", exif(6).tobytes()[6:])
    np.testing.assert_array_equal(open_image(png_file(pixels, 8, 2, **{place: [chunk]})).rgb, upright)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
def test_a_png_s_exif_as_imagemagick_wrote_it(upright, kind):
    body = exif(8).tobytes()
    text = f"\nexif\n{len(body):8d}\n{body.hex()}\n".encode()
    packed = text if kind == b"tEXt" else b"\0" + zlib.compress(text)
    data = with_text(encode(stored(upright, 8), "PNG"), b"Raw profile type exif\0" + packed, kind)
    np.testing.assert_array_equal(open_image(data).rgb, upright)


def test_a_png_s_long_xmp_is_read(upright):
    xmp = ATTRIBUTE.format(3).encode() + b" " * 3_000_000
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)
    np.testing.assert_array_equal(open_image(with_text(encode(stored(upright, 3), "PNG"), body)).rgb, upright)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_and_heic_are_turned_by_their_boxes_alone(upright, orientation):
    data = encode(stored(upright, orientation), "AVIF", exif=exif(orientation), quality=95)
    assert close(open_image(data), upright)
    misleading = ATTRIBUTE.format(3).encode()
    assert close(open_image(encode(Image.fromarray(upright), "AVIF", xmp=misleading, quality=95)), upright)
    buffer = io.BytesIO()
    image = pillow_heif.from_pillow(stored(upright, orientation))
    image.info["exif"] = exif(orientation).tobytes()
    image.save(buffer, quality=95)
    assert close(open_image(buffer.getvalue()), upright)


@pytest.mark.parametrize("orientation", [3, 6])
def test_chromium_agrees_on_what_it_knows(in_chromium, upright, orientation):
    for kind, mime in (("JPEG", "image/jpeg"), ("AVIF", "image/avif"), ("PNG", "image/png")):
        data = encode(stored(upright, orientation), kind, exif=exif(orientation), quality=95)
        seen = in_chromium(mime, data)[..., :3]
        photo = open_image(data)
        assert photo.rgb.shape == seen.shape and np.abs(photo.rgb.astype(int) - seen).mean() < 1


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK", "P", "1"])
def test_every_mode_is_turned_with_its_transparency(upright, mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    alpha = np.dstack([upright, 255 - upright[..., 0]])
    image = Image.fromarray(alpha if "A" in mode else upright).convert(mode)
    turned = image.transpose(Image.Transpose.ROTATE_90)
    straight, photo = open_image(encode(image, kind)), open_image(encode(turned, kind, exif=exif(6)))
    np.testing.assert_array_equal(photo.rgb, straight.rgb)
    if "A" in mode:
        np.testing.assert_array_equal(photo.alpha, straight.alpha)


def test_sixteen_bits_are_turned(upright):
    pixels = np.asarray(stored(upright, 6)).astype(np.uint16) * 257
    data = png_file(pixels, 16, 2, [(b"eXIf", exif(6).tobytes()[6:])])
    np.testing.assert_array_equal(open_image(data).rgb, upright)
