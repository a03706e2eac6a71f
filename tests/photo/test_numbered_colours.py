"""Colours named by numbers: PNG's cICP, gAMA, cHRM and sRGB, and the nclx of AVIF and HEIC."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from sama.photo.colour import recolour
from sama.photo.opening import open_image
from tests.helpers import encode, exif, png_file

RGB = 2
# White, red, green, blue: x and y of each, as their standards have them.
SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BT2020 = (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def matrix(points) -> np.ndarray:
    white, *corners = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in np.reshape(points, (4, 2)))
    columns = np.stack(corners, 1)
    return columns * np.linalg.solve(columns, white)


def srgb_light(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def srgb_bytes(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def expected(samples: np.ndarray, points, to_light, top: int = 255) -> np.ndarray:
    """All these spaces have sRGB's white, so that no adaptation is in the way."""
    return srgb_bytes(to_light(samples / top) @ matrix(points).T @ np.linalg.inv(matrix(SRGB)).T)


@pytest.fixture
def samples() -> np.ndarray:
    levels = np.linspace(30, 225, 6).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), -1).reshape(6, 36, 3)


def chunk(kind: str, *values) -> tuple[bytes, bytes]:
    is_bytes = kind in ("cICP", "sRGB")
    return kind.encode(), bytes(values) if is_bytes else struct.pack(
        f">{len(values)}I", *(round(v * 1e5) for v in values)
    )


def p3_profile() -> bytes:
    """Display P3 as a profile; made by the product, whose colours other tests check."""
    data = png_file(np.zeros((1, 1, 3), np.uint8), 8, RGB, [chunk("cICP", 12, 13, 0, 1)])
    return open_image(data).icc


CASES = {
    "Display P3": ([chunk("cICP", 12, 13, 0, 1)], P3, srgb_light),
    "BT.2020": ([chunk("cICP", 9, 13, 0, 1)], BT2020, srgb_light),
    "BT.709 primaries, gamma 2.8": ([chunk("cICP", 1, 5, 0, 1)], SRGB, lambda v: v**2.8),
    "linear": ([chunk("cICP", 1, 8, 0, 1)], SRGB, lambda v: v),
    "linear P3": ([chunk("cICP", 12, 8, 0, 1)], P3, lambda v: v),
    "gamma 1": ([chunk("gAMA", 1.0)], SRGB, lambda v: v),
    "gamma 1.8": ([chunk("gAMA", 1 / 1.8)], SRGB, lambda v: v**1.8),
    "Adobe RGB": ([chunk("gAMA", 1 / 2.2), chunk("cHRM", *ADOBE)], ADOBE, lambda v: v**2.2),
    "linear Adobe RGB": ([chunk("gAMA", 1.0), chunk("cHRM", *ADOBE)], ADOBE, lambda v: v),
}


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("name", CASES)
def test_a_png_by_arithmetic(samples, name, depth):
    chunks, points, to_light = CASES[name]
    stored = samples if depth == 8 else samples.astype(np.uint16) * 256 + 77
    photo = open_image(png_file(stored, depth, RGB, chunks))
    wanted = expected(stored, points, to_light, 2**depth - 1)
    difference = np.abs(photo.rgb - wanted)
    assert (
        difference.max() <= (2 if depth == 8 else 6) and difference.mean() < 0.6
    )  # bytes in between, amplified
    assert np.abs(wanted - samples).max() > 10  # there was something to do


@pytest.mark.parametrize(
    "name", [*CASES, "HDR (PQ)", "HDR (HLG)", "P3 with DCI's white", "BT.709 curve", "XYZ"]
)
def test_chromium_agrees_on_pngs(in_chromium, samples, name):
    others = {
        "HDR (PQ)": (9, 16), "HDR (HLG)": (9, 18), "P3 with DCI's white": (11, 13), "BT.709 curve": (1, 1),
        "XYZ": (10, 13),
    }  # fmt: skip
    chunks = [chunk("cICP", *others[name], 0, 1)] if name in others else CASES[name][0]
    data = png_file(samples, 8, RGB, chunks)
    difference = np.abs(open_image(data).rgb.astype(int) - in_chromium("image/png", data)[..., :3])
    assert difference.max() <= (6 if "HDR" in name else 2) and difference.mean() < 0.5


def test_sixteen_bits_of_linear_light_keep_the_shadows():
    ramp = np.arange(0, 4096, 16).astype(np.uint16).reshape(1, -1, 1).repeat(3, -1)  # 0 to 6 % of the light
    rgb = open_image(png_file(ramp, 16, RGB, [chunk("gAMA", 1.0)])).rgb
    np.testing.assert_array_equal(rgb, np.rint(srgb_bytes(ramp / 65535)))
    assert len(np.unique(rgb)) > 60  # a detour over bytes leaves 17


def icc(data: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"profile\0\0" + zlib.compress(data)


def test_what_comes_first_decides(samples):
    """PNG, third edition, 11.3.2.1: cICP, then iCCP, then sRGB, then gAMA and cHRM."""
    linear, adobe = chunk("gAMA", 1.0), chunk("cHRM", *ADOBE)
    srgb, p3, wide = chunk("sRGB", 0), icc(p3_profile()), chunk("cICP", 9, 13, 0, 1)

    def rgb(*chunks) -> np.ndarray:
        return open_image(png_file(samples, 8, RGB, chunks)).rgb

    np.testing.assert_array_equal(rgb(srgb, linear, adobe), samples)
    in_p3 = rgb(p3)
    assert np.abs(in_p3 - expected(samples, P3, srgb_light)).max() <= 2
    np.testing.assert_array_equal(rgb(linear, adobe, srgb, p3), in_p3)
    np.testing.assert_array_equal(rgb(linear, srgb, p3, wide), rgb(wide))
    plain = chunk("cICP", 1, 13, 0, 1)
    np.testing.assert_array_equal(rgb(plain, p3, linear), samples)  # cICP says sRGB
    for nothing in (chunk("cICP", 2, 2, 0, 1), chunk("cICP", 99, 13, 0, 1), chunk("cICP", 12, 13, 1, 1)):
        np.testing.assert_array_equal(rgb(nothing, p3), in_p3)
    np.testing.assert_array_equal(rgb((b"iCCP", b"broken\0\0xyz"), linear), rgb(linear))


NOTHING_SAID = [
    [chunk("gAMA", 0.45455)], [chunk("cHRM", *ADOBE)], [chunk("cICP", 1, 13, 0, 1)], [chunk("cICP", 2, 8, 0, 1)],
    [(b"gAMA", b"\0\0\0\0")], [(b"gAMA", b"\xff" * 4)], [(b"cICP", b"\x0c")],
    [chunk("gAMA", 0.45455), chunk("cHRM", *[0.0] * 8)],
]  # fmt: skip


@pytest.mark.parametrize("chunks", NOTHING_SAID)
def test_bytes_stay_where_nothing_is_said(samples, chunks):
    photo = open_image(png_file(samples, 8, RGB, chunks), keep_own=True)
    if len(chunks) == 1:
        np.testing.assert_array_equal(photo.rgb, samples)
        assert photo.icc is None and photo.own is None and photo.notes == ()


def test_grey_palette_and_transparency_have_colours_too():
    linear = chunk("gAMA", 1.0)
    ramp = np.arange(0, 256, 5, dtype=np.uint8)[None]
    wanted = np.rint(srgb_bytes(ramp / 255))
    assert np.abs(open_image(png_file(ramp, 8, 0, [linear])).rgb - wanted[..., None]).max() <= 0.5
    both = np.dstack([ramp, np.full_like(ramp, 255)])
    both[0, 0, 1] = 0
    photo = open_image(png_file(both, 8, 4, [linear]))
    assert np.abs(photo.rgb[0, 1:] - wanted[0, 1:, None]).max() <= 0.5 and photo.alpha[0, 0] == 0
    palette = (b"PLTE", np.repeat(ramp.reshape(-1, 1), 3, 1).tobytes())
    indices = np.arange(ramp.size, dtype=np.uint8)[None]
    assert np.abs(open_image(png_file(indices, 8, 3, [linear, palette])).rgb - wanted[..., None]).max() <= 0.5


def avif(rgb: np.ndarray, primaries: int, transfer: int, **options) -> bytes:
    """An AVIF whose colour box was given other numbers."""
    data = bytearray(encode(Image.fromarray(rgb), "AVIF", quality=100, subsampling="4:4:4", **options))
    at = data.index(b"nclx") + 4
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def heic(rgb: np.ndarray, primaries: int, transfer: int, **options) -> bytes:
    buffer = io.BytesIO()
    numbers = {"color_primaries": primaries, "transfer_characteristics": transfer}
    image = pillow_heif.from_pillow(Image.fromarray(rgb))
    image.save(
        buffer, quality=100, chroma=444, matrix_coefficients=6, full_range_flag=1, **numbers, **options
    )
    return buffer.getvalue()


def patches(samples: np.ndarray) -> np.ndarray:
    return samples.reshape(-1, 3)[::7].repeat(8, 0)[None].repeat(16, 0)


NCLX = {
    (12, 13): (P3, srgb_light), (9, 13): (BT2020, srgb_light), (1, 8): (SRGB, lambda v: v), (12, 2): (P3, srgb_light),
    (1, 1): (SRGB, srgb_light), (9, 14): (BT2020, srgb_light), (1, 4): (SRGB, lambda v: v**2.2),
    (2, 2): (SRGB, srgb_light), (2, 8): (SRGB, lambda v: v),
}  # fmt: skip


@pytest.mark.parametrize("numbers", NCLX)
@pytest.mark.parametrize("write", [avif, heic])
def test_nclx_by_arithmetic(samples, write, numbers):
    rgb = patches(samples)
    photo = open_image(write(rgb, *numbers))
    difference = np.abs(photo.rgb - expected(rgb, *NCLX[numbers]))[:, 4::8]
    assert (
        difference.mean() < 2 and difference.max() <= 14
    )  # these formats are lossy, and gamuts amplify that


@pytest.mark.parametrize("numbers", [*NCLX, (9, 16), (9, 18), (5, 13), (11, 13)])
def test_chromium_agrees_on_avif(in_chromium, samples, numbers):
    data = avif(patches(samples), *numbers)
    difference = np.abs(open_image(data).rgb.astype(int) - in_chromium("image/avif", data)[..., :3])
    assert difference.mean() < 1.5 and np.quantile(difference, 0.99) <= 8


@pytest.mark.parametrize("write", [avif, heic])
def test_a_profile_comes_before_nclx(samples, write):
    rgb = patches(samples)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = open_image(write(rgb, 9, 8, icc_profile=srgb))
    assert np.abs(photo.rgb.astype(int) - rgb)[:, 4::8].mean() < 2 and photo.icc == srgb


def test_hdr_is_noted(samples):
    for numbers, word in (((9, 16), "PQ"), ((9, 18), "HLG")):
        for data in (
            avif(patches(samples), *numbers),
            png_file(samples, 8, RGB, [chunk("cICP", *numbers, 0, 1)]),
        ):
            assert any(word in note and "screen" in note for note in open_image(data).notes)


@pytest.mark.parametrize("numbers", [(12, 13), (9, 16), (12, 8), (1, 4)])
@pytest.mark.parametrize("orientation", [1, 6])
def test_exports_keep_the_colours(samples, numbers, orientation):
    """`own` in the made profile means the same colours as `rgb`, upright like it."""
    data = png_file(
        samples, 8, RGB, [chunk("cICP", *numbers, 0, 1), (b"eXIf", exif(orientation).tobytes()[6:])]
    )
    photo = open_image(data, keep_own=True)
    assert photo.own.shape == photo.rgb.shape == ((36, 6, 3) if orientation == 6 else (6, 36, 3))
    again = encode(Image.fromarray(photo.own), "PNG", icc_profile=photo.icc)
    assert np.abs(open_image(again).rgb.astype(int) - photo.rgb).max() <= 1
    assert np.abs(recolour(photo.own, source=photo.icc).astype(int) - photo.rgb).max() <= 1
    if numbers in ((12, 13), (1, 4)):  # bytes are kept as they are, without loss
        np.testing.assert_array_equal(photo.own, np.rot90(samples, -1) if orientation == 6 else samples)


def test_chromium_reads_the_made_profile(in_chromium, samples):
    for numbers in ((12, 13), (9, 13), (1, 4), (11, 5), (10, 13)):
        photo = open_image(png_file(samples, 8, RGB, [chunk("cICP", *numbers, 0, 1)]), keep_own=True)
        seen = in_chromium("image/png", encode(Image.fromarray(photo.own), "PNG", icc_profile=photo.icc))
        assert np.abs(seen[..., :3].astype(int) - photo.rgb).max() <= 2, numbers
