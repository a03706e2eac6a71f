"""TIFF: samples of every depth, layout and meaning, and the page that is the picture; tifffile writes them."""

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from sama.photo.opening import open_image
from tests.helpers import encode

H, W = 70, 83


def tiff(samples: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, **options)
    return buffer.getvalue()


def noise(dtype: str, channels: int) -> np.ndarray:
    unit = np.random.default_rng(0).random((H, W, channels))
    return unit.astype(dtype) if "f" in dtype else np.rint(unit * np.iinfo(dtype).max).astype(dtype)


def in_bytes(samples: np.ndarray) -> np.ndarray:
    top = 1 if samples.dtype.kind == "f" else np.iinfo(samples.dtype).max
    return np.rint(samples.astype(np.float64) / top * 255)


def on_white(rgb: np.ndarray, alpha: np.ndarray | None) -> np.ndarray:
    if alpha is None:
        return rgb
    return rgb * alpha[..., None] / 255 + 255 * (1 - alpha[..., None] / 255)


KINDS = {  # channels, photometric, extra samples
    "grey": (1, "minisblack", None),
    "white is zero": (1, "miniswhite", None),
    "grey, alpha": (2, "minisblack", "unassalpha"),
    "RGB": (3, "rgb", None),
    "RGB, unspecified": (4, "rgb", "unspecified"),
    "RGB, alpha": (4, "rgb", "unassalpha"),
    "RGB, premultiplied": (4, "rgb", "assocalpha"),
    "CMYK": (4, "separated", None),
    "CMYK, alpha": (5, "separated", "unassalpha"),
}
LAYOUTS = list(itertools.product(["<", ">"], ["contig", "separate"], [None, (32, 48)], [None, "zlib"]))


@pytest.mark.parametrize("dtype", ["u1", "u2", "f2", "f4", "f8"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_at_every_depth_and_in_every_layout(kind, dtype):
    channels, photometric, extra = KINDS[kind]
    samples = noise(dtype, channels)
    colours = {"minisblack": 1, "miniswhite": 1, "rgb": 3, "separated": 4}[photometric]
    values = in_bytes(samples)
    alpha = values[..., colours] if extra in ("unassalpha", "assocalpha") else None
    if extra == "assocalpha":
        straight = values[..., :3]
        samples[..., :3] = (samples[..., :3] * (samples[..., 3:] / in_top(samples))).astype(dtype)
        unsure = alpha < 64  # few steps are left of colours
    expected = values[..., :colours] if extra != "assocalpha" else straight
    if photometric == "miniswhite":
        expected = 255 - expected
    if photometric == "separated":  # as without a profile
        expected = np.rint((255 - expected[..., :3]) * (255 - expected[..., 3:]) / 255)
    tolerance = {"RGB, premultiplied": 4, "CMYK": 2, "CMYK, alpha": 2, "white is zero": 1}.get(kind, 0.51)
    for order, planar, tile, compression in LAYOUTS:
        stored = samples[..., 0] if channels == 1 else samples
        if planar == "separate":
            if channels == 1:
                continue
            stored = np.moveaxis(samples, -1, 0)
        options = {"extrasamples": [extra]} if extra else {}
        options |= {"planarconfig": planar} if channels > 1 else {}
        data = tiff(
            stored.astype(order + dtype), photometric=photometric, tile=tile, compression=compression,
            byteorder=order, **options,
        )  # fmt: skip
        photo = open_image(data)
        where = (order, planar, tile, compression)
        if alpha is None:
            assert photo.alpha is None, where
        else:
            np.testing.assert_array_equal(photo.alpha, alpha, str(where))
        difference = np.abs(photo.rgb - on_white(expected, alpha))
        if extra == "assocalpha":
            difference[unsure] = 0
        assert difference.max() <= tolerance, where


def in_top(samples: np.ndarray) -> float:
    return 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)


@pytest.mark.parametrize("kind", ["packbits", "tiff_lzw", "tiff_adobe_deflate", "zstd", "lzma"])
@pytest.mark.parametrize("channels", [3, 5])
def test_every_compression(kind, channels):
    """Pillow packs the bytes of samples as grey; the directory then tells what they are."""
    samples = np.random.default_rng(0).integers(0, 9000, (H, W, channels)).astype("<u2")
    packed = encode(Image.fromarray(samples.reshape(H, -1).view(np.uint8)), "TIFF", compression=kind)
    with tifffile.TiffFile(io.BytesIO(packed)) as file:
        page = file.pages[0]
        strips = [packed[a : a + n] for a, n in zip(page.dataoffsets, page.databytecounts, strict=True)]
        rows, number = page.rowsperstrip, int(page.compression)
    colours = 3 if channels == 3 else 4
    data = directory(
        {
            256: W, 257: H, 258: [16] * channels, 259: number, 262: 2 if colours == 3 else 5, 277: channels, 278: rows,
        },
        strips,
    )  # fmt: skip
    values = np.rint(samples / 257)
    expected = values[..., :3]
    if colours == 4:
        expected = np.rint((255 - values[..., :3]) * (255 - values[..., 3:4]) / 255)
    assert np.abs(open_image(data).rgb - expected).max() <= 2 * (colours == 4)


def directory(tags: dict[int, int | list[int]], strips: list[bytes]) -> bytes:
    """A TIFF of one directory; numbers are LONG."""
    tags = {**tags, 273: [0] * len(strips), 279: [len(strip) for strip in strips]}
    body_at = 8 + 2 + 12 * len(tags) + 4
    lists = {tag: value for tag, value in tags.items() if isinstance(value, list) and len(value) > 1}
    pixels_at = body_at + sum(4 * len(value) for value in lists.values())
    offsets = list(np.cumsum([pixels_at, *map(len, strips)])[:-1])
    tags[273] = offsets
    if 273 in lists:
        lists[273] = offsets
    entries, body = b"", b""
    for tag, value in sorted(tags.items()):
        values = value if isinstance(value, list) else [value]
        inline = values[0] if len(values) == 1 else body_at + len(body)
        if len(values) > 1:
            body += struct.pack(f"<{len(values)}I", *values)
        entries += struct.pack("<HHII", tag, 4, len(values), inline)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + b"\0" * 4 + body + b"".join(strips)


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 10, 12, 14])
@pytest.mark.parametrize("photometric", [0, 1, 2])
def test_samples_that_are_no_bytes(bits, photometric):
    channels = 3 if photometric == 2 else 1
    samples = np.random.default_rng(bits).integers(0, 2**bits, (H, W * channels))
    flags = (samples[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    rows = np.packbits(flags.reshape(H, -1).astype(np.uint8), axis=1)
    for fill in (1, 2):
        stored = rows if fill == 1 else np.packbits(np.unpackbits(rows, bitorder="little").reshape(-1, 8))
        tags = {
            256: W,
            257: H,
            258: [bits] * channels,
            259: 1,
            262: photometric,
            266: fill,
            277: channels,
            278: H,
        }
        photo = open_image(directory(tags, [stored.tobytes()]))
        values = np.rint(samples / (2**bits - 1) * 255)
        values = 255 - values if photometric == 0 else values
        np.testing.assert_array_equal(photo.rgb, values.reshape(H, W, channels) + np.zeros(3))


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4"])
def test_differences_between_neighbours(dtype):
    """Predictor 2 (TIFF 6.0, section 14)."""
    samples = noise(dtype, 3)
    steps = np.diff(samples, axis=1, prepend=np.zeros((H, 1, 3), dtype)).astype(dtype)
    tags = {256: W, 257: H, 258: [samples.itemsize * 8] * 3, 259: 8, 262: 2, 277: 3, 278: H, 317: 2}
    photo = open_image(directory(tags, [zlib.compress(steps.tobytes())]))
    assert np.abs(photo.rgb - in_bytes(samples)).max() <= 1


def test_differences_of_floats():
    """Predictor 3 (Adobe's Technical Note 3): the bytes of a row by weight, as differences."""
    samples = noise("f4", 3)
    planes = samples.astype(">f4").view(np.uint8).reshape(H, W * 3, 4).swapaxes(1, 2).reshape(H, W * 4, 3)
    steps = np.diff(planes, axis=1, prepend=np.zeros((H, 1, 3), np.uint8))
    tags = {256: W, 257: H, 258: [32] * 3, 259: 8, 262: 2, 277: 3, 278: H, 317: 3, 339: [3, 3, 3]}
    photo = open_image(directory(tags, [zlib.compress(steps.astype(np.uint8).tobytes())]))
    np.testing.assert_array_equal(photo.rgb, in_bytes(samples))


@pytest.mark.parametrize("photometric", ["cielab", "icclab"])
@pytest.mark.parametrize("bits", [8, 16])
def test_lab(photometric, bits):
    y, x = np.mgrid[:H, :W]
    rgb = np.dstack([3 * x, 3 * y, x + y]).astype(np.uint8)
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = Image.fromarray(rgb)
    lab = ImageCms.buildTransform(*profiles, "RGB", "LAB").apply(lab)
    raw = np.asarray(lab)  # Pillow gives a and b out as signed bytes
    lightness, a, b = raw[..., 0] / 2.55, *np.moveaxis(raw[..., 1:].view(np.int8).astype(float), -1, 0)
    if photometric == "cielab":
        stored = [lightness * (2.55 if bits == 8 else 655.35), a * 2 ** (bits - 8), b * 2 ** (bits - 8)]
        stored = [np.rint(v).astype(np.int32) % 2**bits for v in stored]
    else:
        stored = [lightness * (2.55 if bits == 8 else 652.8), *((v + 128) * 2 ** (bits - 8) for v in (a, b))]
    data = tiff(np.rint(np.dstack(stored)).astype(f"u{bits // 8}"), photometric=photometric)
    expected = ImageCms.buildTransform(*profiles[::-1], "LAB", "RGB").apply(lab)
    difference = np.abs(open_image(data).rgb.astype(int) - np.asarray(expected))
    assert difference.max() <= 6 and difference.mean() < 1


def test_values_of_no_known_range():
    values = noise("f4", 3) * 40 - 3
    photo = open_image(tiff(values, photometric="rgb"))
    low, high = values.min(), values.max()
    assert np.abs(photo.rgb - (values - low) / (high - low) * 255).max() <= 0.51
    assert photo.notes == ("colour values of an unusual range scaled to 8 bits",)
    lights = noise("f4", 3)
    lights[:2, :2] = 40  # a few lamps
    lights[5, 5] = np.nan, np.inf, -np.inf
    photo = open_image(tiff(lights, photometric="rgb"))
    np.testing.assert_array_equal(photo.rgb[10:], in_bytes(lights[10:]))
    assert (photo.rgb[:2, :2] == 255).all() and photo.notes == ("float colours above 1 shown as 1",)


def test_bigtiff_and_a_profile():
    samples = noise("u2", 3)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = open_image(tiff(samples, photometric="rgb", bigtiff=True, iccprofile=icc), keep_own=True)
    np.testing.assert_array_equal(photo.rgb, in_bytes(samples))
    assert photo.icc == icc and photo.notes == ("16-bit colours scaled to 8 bits",)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "jpeg"])
def test_ycbcr(compression):
    y, x = np.mgrid[:H, :W]
    rgb = np.dstack([3 * x, 3 * y, x + y]).astype(np.uint8)
    options = {"compression": compression} if compression else {}
    data = encode(Image.fromarray(rgb).convert("YCbCr"), "TIFF", **options)
    assert np.abs(open_image(data).rgb.astype(int) - rgb).mean() < 3
