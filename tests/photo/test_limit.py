"""The limit on pixels holds before anything is decoded."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sama.errors import PhotoError
from sama.photo.opening import open_image
from tests.helpers import encode, png_chunk


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)


def refusal(source, **options) -> str:
    with pytest.raises(PhotoError) as caught:
        open_image(source, **options)
    return str(caught.value)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few dozen bytes whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 10_000), (8000, 6251)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_pixel_limit_is_checked_before_decoding(size):
    limit = Image.MAX_IMAGE_PIXELS
    text = refusal(bomb(*size), name="big.png")  # decoding it would fail with another message
    assert "megapixels" in text and "50" in text and "scale it down" in text
    assert limit == Image.MAX_IMAGE_PIXELS


def test_pixel_limit_is_inclusive(pixels):
    data = encode(Image.fromarray(pixels), "PNG")
    assert open_image(data, max_pixels=54).size == (9, 6)
    assert "megapixels" in refusal(data, max_pixels=53)
    assert "179" in refusal(bomb(60_000, 60_000), max_pixels=10**12)  # Pillow's own limit holds


def test_a_tiff_whose_samples_are_missing():
    """A directory of any size, without its pixels; of 16 bits, which Pillow does not see."""
    for side, words in ((60_000, "megapixels"), (7000, "damaged or incomplete")):
        tags = {
            256: side,
            257: side,
            258: 16,
            259: 1,
            262: 1,
            273: 8,
            277: 1,
            278: side,
            279: side * side * 2,
        }
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value & 0xFFFFFFFF) for tag, value in tags.items())
        data = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + b"\0" * 4
        assert words in refusal(data)
        assert words in refusal(data, max_pixels=10**12)
