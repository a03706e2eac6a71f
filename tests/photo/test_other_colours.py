"""Colours that BMP, JPEG 2000, TIFF and a camera's EXIF name: a profile inside, primaries and curves, Adobe RGB."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from sama.photo.opening import open_image
from tests.helpers import encode, png_file

ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)


@pytest.fixture
def samples() -> np.ndarray:
    levels = np.linspace(30, 225, 6).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), -1).reshape(6, 36, 3)


def by_png(samples: np.ndarray, gamma: float, points) -> np.ndarray:
    """The same space named by a PNG, which other tests check by arithmetic and Chromium."""
    gama = struct.pack(">I", round(1e5 / gamma))
    chrm = struct.pack(">8I", *(round(v * 1e5) for v in points))
    return open_image(png_file(samples, 8, 2, [(b"gAMA", gama), (b"cHRM", chrm)])).rgb


def bmp(rgb: np.ndarray, profile: bytes) -> bytes:
    """A BMP with a header of version 5 and a profile; source: Microsoft, BITMAPV5HEADER."""
    height, width = rgb.shape[:2]
    rows = b"".join(line[:, ::-1].tobytes().ljust((3 * width + 3) // 4 * 4, b"\0") for line in rgb[::-1])
    header = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 24, 0, len(rows), 0, 0, 0, 0)
    header += b"\0" * 16 + b"DEBM" + b"\0" * 48 + struct.pack("<4I", 4, 124 + len(rows), len(profile), 0)
    return b"BM" + struct.pack("<IHHI", 138 + len(rows) + len(profile), 0, 0, 138) + header + rows + profile


def test_a_bmp_with_a_profile(in_chromium, samples):
    profile = open_image(png_file(samples, 8, 2, [(b"cICP", bytes((12, 13, 0, 1)))])).icc
    data = bmp(samples, profile)
    photo = open_image(data, keep_own=True)
    assert np.abs(photo.rgb.astype(int) - in_chromium("image/bmp", data)[..., :3]).max() <= 2
    assert np.abs(photo.rgb.astype(int) - samples).max() > 20
    assert photo.icc == profile
    np.testing.assert_array_equal(photo.own, samples)
    np.testing.assert_array_equal(open_image(bmp(samples, b"")).rgb, samples)


def test_a_jpeg_2000_with_a_profile(samples):
    plain = encode(Image.fromarray(samples), "JPEG2000")
    profile = open_image(png_file(samples, 8, 2, [(b"cICP", bytes((12, 13, 0, 1)))])).icc
    box = struct.pack(">I4s3B", 11 + len(profile), b"colr", 2, 0, 0) + profile
    at, header = plain.index(b"colr") - 4, plain.index(b"jp2h") - 4
    (old,), (length,) = (struct.unpack_from(">I", plain, i) for i in (at, header))
    grown = struct.pack(">I", length + len(box) - old)
    data = plain[:header] + grown + plain[header + 4 : at] + box + plain[at + old :]
    photo = open_image(data, keep_own=True)
    np.testing.assert_array_equal(photo.own, open_image(plain).rgb)
    assert photo.icc == profile and np.abs(photo.rgb.astype(int) - photo.own).max() > 20


def tiff(samples: np.ndarray, points=(), curve=None, **options) -> bytes:
    def ratios(values):
        return [part for v in values for part in (round(v * 1e5), 100_000)]

    tags = []
    if points:
        tags += [(318, "2I", 2, ratios(points[:2]), True), (319, "2I", 6, ratios(points[2:]), True)]
    if curve is not None:
        tags.append((301, "H", len(curve), curve, True))
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, photometric="rgb", metadata=None, extratags=tags, **options)
    return buffer.getvalue()


def curve(to_light) -> list[int]:
    return [round(65535 * float(to_light(v / 255))) for v in range(256)]


@pytest.mark.parametrize("points", [ADOBE, P3])
@pytest.mark.parametrize("gamma", [None, 1.0, 1.8, 2.2])
def test_a_tiff_s_primaries_and_curve(samples, points, gamma):
    table = None if gamma is None else curve(lambda v: v**gamma)
    photo = open_image(tiff(samples, points, table), keep_own=True)
    if table is not None:  # or one table a colour
        np.testing.assert_array_equal(open_image(tiff(samples, points, table * 3)).rgb, photo.rgb)
    assert np.abs(photo.rgb.astype(int) - by_png(samples, gamma or 2.2, points)).max() <= 2
    assert photo.icc is not None and photo.own is not None


def test_a_tiff_that_says_srgb_stays(samples):
    def srgb(v):
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    for data in (
        tiff(samples, SRGB),
        tiff(samples, SRGB, curve(srgb)),
        tiff(samples),
        tiff(samples, [0.0] * 8),
    ):
        photo = open_image(data)
        np.testing.assert_array_equal(photo.rgb, samples)
        assert photo.icc is None and photo.notes == ()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(open_image(tiff(samples, P3, iccprofile=profile)).rgb, samples)


def camera(rgb: np.ndarray, space: int, index: str | None, **options) -> bytes:
    exif = Image.Exif()
    inner = exif.get_ifd(0x8769)
    inner[0xA001] = space
    if index:
        inner[0xA005] = {1: index, 2: b"0100"}
    return encode(Image.fromarray(rgb), "JPEG", exif=exif, quality=100, subsampling=0, **options)


def test_a_camera_s_adobe_rgb(samples):
    """DCF 2.0 names it by an index alone, without a profile."""
    rgb = samples.reshape(-1, 3)[::7].repeat(16, 0)[None].repeat(16, 0)
    expected = by_png(rgb, 2.2, ADOBE).astype(int)
    for space, index in ((0xFFFF, "R03"), (2, None)):
        photo = open_image(camera(rgb, space, index), keep_own=True)
        assert np.abs(photo.rgb - expected).mean() < 1
        assert photo.notes == ("colours converted to sRGB from Adobe RGB, gamma 2.199",)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for data in (
        camera(rgb, 1, "R98"),
        camera(rgb, 0xFFFF, None),
        camera(rgb, 0xFFFF, "R03", icc_profile=profile),
    ):
        assert np.abs(open_image(data).rgb.astype(int) - rgb).mean() < 1
