"""PNG: samples of every depth, what is transparent, and the chunks beside the picture."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from sama.photo.opening import open_image
from tests.helpers import png_chunk, png_file

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


def noise(depth: int, channels: int, seed: int = 0) -> np.ndarray:
    samples = np.random.default_rng(seed).integers(0, 2**depth, (19, 27, channels))
    return samples.astype(np.uint16)


def in_bytes(samples: np.ndarray, depth: int) -> np.ndarray:
    return np.rint(samples / (2**depth - 1) * 255)


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    a = alpha[..., None] / 255
    return rgb * a + 255 * (1 - a)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("depth", "colour"),
    [(d, GREY) for d in (1, 2, 4, 8, 16)] + [(d, c) for d in (8, 16) for c in (RGB, GREY_ALPHA, RGBA)],
)
def test_samples_of_every_depth(depth, colour, interlaced):
    samples = noise(depth, CHANNELS[colour])
    photo = open_image(png_file(samples, depth, colour, interlaced=interlaced))
    expected = in_bytes(samples, depth)
    colours = expected[..., :3] if colour in (RGB, RGBA) else np.repeat(expected[..., :1], 3, -1)
    if colour in (GREY_ALPHA, RGBA):
        np.testing.assert_array_equal(photo.alpha, expected[..., -1])
        assert np.abs(photo.rgb - on_white(colours, expected[..., -1])).max() <= 0.5
    else:
        np.testing.assert_array_equal(photo.rgb, colours)
        assert photo.alpha is None
    assert any("16-bit" in note for note in photo.notes) == (depth == 16)


@pytest.mark.parametrize(("depth", "colour"), [(16, RGB), (16, RGBA), (16, GREY), (8, RGB)])
def test_opencv_sees_the_same_samples(depth, colour):
    """The writer of these tests is no witness of its own."""
    samples = noise(depth, CHANNELS[colour])
    seen = cv2.imdecode(np.frombuffer(png_file(samples, depth, colour), np.uint8), cv2.IMREAD_UNCHANGED)
    seen = seen.reshape(samples.shape)
    order = [2, 1, 0, 3][: samples.shape[2]] if samples.shape[2] > 1 else [0]
    np.testing.assert_array_equal(seen[..., order], samples)


@pytest.mark.parametrize(("depth", "colour"), [(d, GREY) for d in (1, 2, 4, 8, 16)] + [(8, RGB), (16, RGB)])
def test_a_transparent_colour_is_the_same_at_every_depth(depth, colour):
    samples = noise(depth, CHANNELS[colour])
    samples[3:6, 4:9] = key = samples[3, 4].copy()
    samples[0, 0] = key ^ 1  # of 16 bits, these would be the same as bytes
    before = [(b"tRNS", key.astype(">u2").tobytes())]
    photo = open_image(png_file(samples, depth, colour, before))
    hidden = (samples == key).all(-1)
    assert hidden[3:6, 4:9].all() and not hidden[0, 0]
    np.testing.assert_array_equal(photo.alpha, np.where(hidden, 0, 255))
    assert (photo.rgb[hidden] == 255).all()
    colours = in_bytes(samples, depth) + np.zeros(3)
    np.testing.assert_array_equal(photo.rgb[~hidden], colours[~hidden])


def test_a_transparent_colour_has_as_many_bits_as_a_sample():
    samples = noise(4, 1)
    key = samples[0, 0, 0]
    photo = open_image(png_file(samples, 4, GREY, [(b"tRNS", struct.pack(">H", key | 0xFF0))]))
    np.testing.assert_array_equal(photo.alpha == 0, samples[..., 0] == key)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_with_opacities(depth):
    colours = np.random.default_rng(1).integers(0, 256, (2**depth, 3)).astype(np.uint8)
    opacities = np.arange(2**depth - 1) * 90 % 256  # the last colour has none, and is opaque
    samples = noise(depth, 1)
    before = [(b"PLTE", colours.tobytes()), (b"tRNS", opacities.astype(np.uint8).tobytes())]
    photo = open_image(png_file(samples, depth, PALETTE, before))
    alpha = np.append(opacities, 255)[samples[..., 0]]
    np.testing.assert_array_equal(photo.alpha, alpha)
    assert np.abs(photo.rgb - on_white(colours[samples[..., 0]], alpha)).max() <= 0.5


@pytest.mark.parametrize(("depth", "colour"), [(4, GREY), (8, GREY), (16, GREY), (8, RGB), (16, RGB)])
def test_chromium_agrees_on_transparent_colours(in_chromium, depth, colour):
    samples = noise(depth, CHANNELS[colour])
    before = [(b"tRNS", samples[2, 3].astype(">u2").tobytes())]
    data = png_file(samples, depth, colour, before)
    photo, seen = open_image(data), in_chromium("image/png", data)
    np.testing.assert_array_equal(photo.alpha, seen[..., 3])
    opaque = photo.alpha == 255
    assert np.abs(photo.rgb[opaque].astype(int) - seen[opaque][:, :3]).max() <= 1


def text(kind: bytes, length: int) -> tuple[bytes, bytes]:
    body = b"x" * length
    return {
        b"tEXt": (kind, b"Comment\0" + body),
        b"zTXt": (kind, b"Comment\0\0" + zlib.compress(body)),
        b"iTXt": (kind, b"Comment\0\1\0\0\0" + zlib.compress(body)),
    }[kind]


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_long_texts_are_no_reason_to_refuse(kind, place):
    samples = noise(8, 3)
    data = png_file(samples, 8, RGB, **{place: [text(kind, 3_000_000)] * 30})
    photo = open_image(data)
    np.testing.assert_array_equal(photo.rgb, samples)
    assert photo.notes == ()


ANCILLARY = [
    (b"tEXt", b"Comment\0hello"),
    (b"zTXt", b"Comment\0\0garbage"),
    (b"iTXt", b"short"),
    (b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
    (b"gAMA", struct.pack(">I", 100_000)),
    (b"cHRM", b"\0" * 32),
    (b"sRGB", b"\0"),
    (b"cICP", bytes((9, 16, 0, 1))),
    (b"iCCP", b"profile\0\0garbage"),
    (b"tIME", b"\0" * 7),
    (b"bKGD", b"\0" * 6),
    (b"eXIf", b"II*\0garbage"),
    (b"sBIT", b"\0"),
    (b"acTL", b"\0"),
    (b"fcTL", b"\0"),
    (b"fdAT", b"\0"),
    (b"prVt", b"anything"),
]


@pytest.mark.parametrize(("kind", "body"), ANCILLARY)
def test_a_chunk_with_a_wrong_checksum_is_as_if_it_were_not_there(kind, body):
    samples = noise(8, 3)
    data = bytearray(png_file(samples, 8, RGB, [(kind, body)]))
    data[data.index(kind) + 4 + len(body)] ^= 1
    photo = open_image(bytes(data))
    np.testing.assert_array_equal(photo.rgb, samples)
    assert photo.dpi is None and photo.icc is None and photo.notes == ()


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs", b"acTL", b"fcTL", b"tIME", b"iCCP"]
)
@pytest.mark.parametrize("body", [b"", b"\0", b"\xff" * 40])
def test_garbage_beside_the_picture(kind, body):
    samples = noise(8, 3)
    np.testing.assert_array_equal(open_image(png_file(samples, 8, RGB, [(kind, body)])).rgb, samples)


def test_what_follows_the_picture_does_not_matter():
    samples = noise(8, 3)
    data = png_file(samples, 8, RGB)
    for end in (data + b"trailing" * 99, data[:-12], data[:-12] + b"\0\0\0\0????"):
        np.testing.assert_array_equal(open_image(end).rgb, samples)


def test_pillow_is_left_as_it_was():
    from PIL import ImageFile, PngImagePlugin

    before = PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY, ImageFile.LOAD_TRUNCATED_IMAGES
    open_image(png_file(noise(8, 3), 8, RGB, [text(b"zTXt", 3_000_000)]))
    assert before == (
        PngImagePlugin.MAX_TEXT_CHUNK,
        PngImagePlugin.MAX_TEXT_MEMORY,
        ImageFile.LOAD_TRUNCATED_IMAGES,
    )


def test_several_parts_of_pixels_and_an_unknown_chunk_between():
    samples = noise(8, 3)
    data = png_file(samples, 8, RGB)
    start = data.index(b"IDAT") - 4
    (length,) = struct.unpack(">I", data[start : start + 4])
    body = data[start + 8 : start + 8 + length]
    parts = [png_chunk(b"IDAT", body[i : i + 100]) for i in range(0, len(body), 100)]
    np.testing.assert_array_equal(
        open_image(data[:start] + b"".join(parts) + data[start + 12 + length :]).rgb, samples
    )


def test_samples_of_narrow_range():
    """cICP may say that 16 is black and 235 white (H.273, 8.3)."""
    ramp = np.arange(256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, -1)
    rgb = open_image(png_file(ramp, 8, RGB, [(b"cICP", bytes((1, 13, 0, 0)))])).rgb
    np.testing.assert_array_equal(rgb, np.rint(np.clip((ramp - 16.0) / 219, 0, 1) * 255))


def test_an_animation_is_its_first_picture():
    samples = noise(8, 3)
    control = (b"acTL", struct.pack(">II", 3, 0))
    frame = (b"fcTL", struct.pack(">5I2H2B", 0, 27, 19, 0, 0, 1, 10, 0, 0))
    more = [(b"fcTL", b"garbage"), (b"fdAT", b"garbage")]
    photo = open_image(png_file(samples, 8, RGB, [control, frame], more))
    np.testing.assert_array_equal(photo.rgb, samples)
    assert photo.notes == ("first of 3 frames",)
    assert open_image(png_file(samples, 8, RGB, [control], more)).notes == ("first of 4 frames",)
