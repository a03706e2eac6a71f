"""Grey, 16 bits, inks and colour profiles: opened to the right sRGB bytes."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from sama.photo.colour import to_srgb
from sama.photo.opening import open_image
from tests.helpers import encode, exif


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_not_clipped(kind):
    values = np.array([[0, 255, 256, 32768], [4095, 65534, 65535, 128]], np.uint16)
    photo = open_image(encode(Image.fromarray(values), kind))
    np.testing.assert_array_equal(photo.rgb, np.dstack([np.rint(values / 257)] * 3))
    assert photo.notes == ("16-bit grey scaled to 8 bits",)


def test_wide_integers_and_floats():
    wide = np.array([[-100, 0, 100_000]], np.int32)
    photo = open_image(encode(Image.fromarray(wide), "TIFF"))
    np.testing.assert_array_equal(photo.rgb[0, :, 0], np.rint((wide[0] + 100) / 100_100 * 255))
    floats = np.array([[0, 0.25, 1, np.nan]], np.float32)
    photo = open_image(encode(Image.fromarray(floats), "TIFF"))
    assert photo.rgb[0, :, 0].tolist() == [0, 64, 255, 0]
    flat = open_image(encode(Image.fromarray(np.full((2, 2), 70_000, np.int32)), "TIFF"))
    assert flat.rgb.max() == 0


def test_grey_and_one_bit():
    bits = np.array([[True, False, True]])
    assert open_image(encode(Image.fromarray(bits), "PNG")).rgb[0, :, 0].tolist() == [255, 0, 255]
    photo = open_image(encode(Image.fromarray(np.array([[0, 7, 255]], np.uint8)), "PNG"))
    assert photo.rgb.tolist() == [[[0] * 3, [7] * 3, [255] * 3]] and photo.notes == ()


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(kind):
    ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow: red
    data = encode(ink, kind)
    if kind == "JPEG":
        assert b"Adobe" in data  # which says that the inks are stored inverted
    photo = open_image(data)
    assert np.abs(photo.rgb.astype(int) - [255, 0, 0]).max() <= 3
    assert any("CMYK" in note for note in photo.notes)


def test_lab():
    # sRGB's red is L* 54.3, a* 80.8, b* 69.9 under D50. Pillow holds a* and b* with an offset of
    # 128, the TIFF holds them signed.
    data = encode(Image.new("LAB", (2, 2), (138, 128 + 81, 128 + 70)), "TIFF")
    assert bytes((138, 81, 70)) in data
    assert np.abs(open_image(data).rgb.astype(int) - [255, 0, 0]).max() < 8


def profile(space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", pcs=b"XYZ ") -> bytes:
    """An ICC profile, version 2.1 (ICC.1:1998-09, sections 6.1 and 6.2)."""
    tags = {b"desc": text_tag("Test"), b"cprt": b"text\0\0\0\0none\0", **tags}
    body, table = b"", struct.pack(">I", len(tags))
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(body), len(data))
        body += data
    header = struct.pack(
        ">I4sI4s4s4s12s4s4sI4s4sQI3I",
        132 + 12 * len(tags) + len(body), b"\0" * 4, 0x02100000, kind, space, pcs, b"\0" * 12,
        b"acsp", b"\0" * 4, 0, b"\0" * 4, b"\0" * 4, 0, 0, 0xF6D6, 0x10000, 0xD32D,
    )  # fmt: skip
    return header.ljust(128, b"\0") + table + body


def text_tag(text: str) -> bytes:
    head = struct.pack(">4s4sI", b"desc", b"", len(text) + 1) + text.encode() + b"\0"
    return head + b"\0" * (4 + 4 + 2 + 1 + 67)


def xyz_tag(values) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def gamma_tag(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


WHITE = (0.9642, 1.0, 0.8249)  # D50
# Columns are the primaries, adapted to D50: Adobe RGB (1998) and sRGB, after Lindbloom.
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def adobe_profile() -> bytes:
    tags = {b"wtpt": xyz_tag(WHITE)}
    for i, name in enumerate("rgb"):
        tags[f"{name}XYZ".encode()] = xyz_tag(ADOBE[:, i])
        tags[f"{name}TRC".encode()] = gamma_tag(2.2)
    return profile(b"RGB ", tags)


def to_srgb_bytes(xyz: np.ndarray) -> np.ndarray:
    linear = np.clip(xyz @ np.linalg.inv(SRGB).T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return encoded * 255


def test_wide_gamut_is_converted():
    levels = np.linspace(60, 200, 5).astype(np.uint8)
    adobe = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(5, 25, 3)
    icc = adobe_profile()
    photo = open_image(encode(Image.fromarray(adobe), "PNG", icc_profile=icc))
    expected = to_srgb_bytes((adobe / 255) ** (563 / 256) @ ADOBE.T)
    assert np.abs(photo.rgb - expected).max() <= 2
    assert np.abs(photo.rgb.astype(int) - adobe).max() > 20  # it did something
    assert photo.icc == icc
    assert photo.notes == ("colours converted to sRGB from Test",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_profile_and_an_orientation(kind):
    y, x = np.mgrid[:48, :64]
    rgb = np.dstack([4 * x, 5 * y, 2 * x + y]).astype(np.uint8)
    icc, lossless = adobe_profile(), {"lossless": True} if kind == "WEBP" else {"quality": 95}
    photo = open_image(
        encode(Image.fromarray(np.rot90(rgb).copy()), kind, exif=exif(6), icc_profile=icc, **lossless),
        keep_own=True,
    )
    expected = to_srgb_bytes((rgb / 255) ** (563 / 256) @ ADOBE.T)
    assert np.abs(photo.rgb - expected).mean() < (0.6 if kind in ("PNG", "TIFF", "WEBP") else 6)
    assert np.abs(photo.own.astype(int) - rgb).mean() < (0.01 if kind in ("PNG", "TIFF", "WEBP") else 4)
    assert photo.icc == icc and len(photo.notes) == 2


def test_alpha_survives_the_profile(pixels):
    alpha = np.full((6, 9), 128, np.uint8)
    rgba = Image.fromarray(np.dstack([pixels, alpha]))
    np.testing.assert_array_equal(open_image(encode(rgba, "PNG", icc_profile=adobe_profile())).alpha, alpha)


def test_srgb_profile_leaves_the_bytes_alone(pixels):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = open_image(encode(Image.fromarray(pixels), "PNG", icc_profile=icc))
    np.testing.assert_array_equal(photo.rgb, pixels)
    assert photo.notes == () and photo.icc == icc


def test_what_is_srgb_already_is_not_copied(pixels):
    picture, grey = Image.fromarray(pixels), Image.fromarray(pixels[..., 0])
    assert to_srgb(picture, None, []) is picture
    np.testing.assert_array_equal(to_srgb(grey, None, []), np.dstack([pixels[..., 0]] * 3))


def test_grey_profile():
    levels = np.arange(0, 256, 15, dtype=np.uint8)[None]
    icc = profile(b"GRAY", {b"wtpt": xyz_tag(WHITE), b"kTRC": gamma_tag(1.0)})
    for image in (levels, levels.astype(np.uint16) * 257):  # 8 and 16 bits
        photo = open_image(encode(Image.fromarray(image), "PNG", icc_profile=icc))
        expected = to_srgb_bytes((levels[0] / 255)[:, None] * np.array(WHITE))
        assert np.abs(photo.rgb[0] - expected).max() <= 2


def cmyk_profile() -> bytes:
    """Ink without light: every corner of the CMYK cube is paper-white, but full black is mid grey.

    So far from any default that only a use of the profile itself gives these colours.
    """
    grid = bytearray()
    for corner in range(16):  # K changes fastest; 8-bit Lab as L / 100, a + 128, b + 128
        grid += bytes((128 if corner & 1 else 255, 128, 128))
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * v for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + identity * 4 + bytes(grid) + identity * 3
    return profile(b"CMYK", {b"wtpt": xyz_tag(WHITE), b"A2B0": lut}, b"prtr", b"Lab ")


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_by_its_profile(kind):
    for black, expected in {0: 255, 255: 119}.items():  # sRGB of L* = 100 and of 50.2
        ink = Image.new("CMYK", (16, 16), (255, 0, 0, black))
        photo = open_image(encode(ink, kind, icc_profile=cmyk_profile()))
        assert np.abs(photo.rgb.astype(int) - expected).max() <= 3
        assert photo.notes == ("colours converted to sRGB from Test",)


@pytest.mark.parametrize("icc", [b"nonsense", cmyk_profile(), adobe_profile()[:200]])
def test_unusable_profile_is_ignored_and_noted(pixels, icc):
    photo = open_image(encode(Image.fromarray(pixels), "PNG", icc_profile=icc))
    np.testing.assert_array_equal(photo.rgb, pixels)
    assert len(photo.notes) == 1 and "profile" in photo.notes[0] and "ignored" in photo.notes[0]
