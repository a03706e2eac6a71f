"""TIFF: which page is the picture, and what is beside it; tifffile writes them."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from sama.errors import PhotoError
from sama.photo.opening import open_image
from tests.helpers import encode


def pages(*items, **common) -> bytes:
    """Pages of (samples, options) one after another."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for samples, options in items:
            file.write(samples, photometric="rgb", metadata=None, **{**common, **options})
    return buffer.getvalue()


def plain(height: int, width: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


SMALL, LARGE, OTHER = plain(40, 60, 10), plain(240, 360, 200), plain(300, 200, 90)
REDUCED = {"subfiletype": 1}


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_the_picture_is_not_its_thumbnail(compression, dtype):
    small, large = (a.astype(dtype) * (257 if dtype == "u2" else 1) for a in (SMALL, LARGE))
    for marked in (REDUCED, {}):
        photo = open_image(pages((small, marked), (large, {}), compression=compression))
        assert photo.size == (360, 240) and (photo.rgb == 200).all()
        assert any("thumbnail" in note for note in photo.notes)
    photo = open_image(pages((large, {}), (small, REDUCED), compression=compression))
    assert photo.size == (360, 240) and not any("thumbnail" in note for note in photo.notes)


def test_pages_of_a_document_are_no_thumbnails():
    assert open_image(pages((SMALL, {}), (OTHER, {}))).size == (60, 40)
    photo = open_image(pages((LARGE, {}), (plain(240, 360, 7), {}), (SMALL, REDUCED)))
    assert (photo.rgb == 200).all() and photo.notes == ("first of 2 frames",)


@pytest.mark.parametrize("marked", [REDUCED, {}])
def test_a_picture_in_a_sub_directory(marked):
    photo = open_image(pages((SMALL, {**marked, "subifds": 1}), (LARGE, {})))
    assert photo.size == (360, 240) and (photo.rgb == 200).all()


def test_a_page_that_is_only_marked_small_is_still_a_picture():
    assert open_image(pages((LARGE, REDUCED))).size == (360, 240)


def raw_photo(*previews, photometric: str = "cfa", orientation: int = 1) -> bytes:
    """A DNG: a thumbnail with sub-directories, the raw picture and previews."""
    buffer = io.BytesIO()
    dng = [(50706, "B", 4, (1, 4, 0, 0), True), (274, "H", 1, orientation, True)]
    raw = np.zeros((240, 360, *([3] if photometric == "linear_raw" else [])), np.uint16)
    tags = [(33421, "H", 2, (2, 2), True), (33422, "B", 4, b"\0\1\1\2", True)] if photometric == "cfa" else []
    with tifffile.TiffWriter(buffer) as file:
        count = 1 + len(previews)
        file.write(SMALL, photometric="rgb", metadata=None, subfiletype=1, subifds=count, extratags=dng)
        file.write(raw, photometric=photometric, metadata=None, subfiletype=0, extratags=tags)
        for preview in previews:
            file.write(preview, photometric="rgb", metadata=None, subfiletype=1)
    return buffer.getvalue()


@pytest.mark.parametrize("photometric", ["cfa", "linear_raw"])
def test_a_raw_photo_is_refused_or_its_large_preview_taken(photometric):
    for previews in ((), (plain(120, 180, 50),)):
        with pytest.raises(PhotoError, match="is a raw photo without a full-size preview; export it as JPEG"):
            open_image(raw_photo(*previews, photometric=photometric), name="camera.dng")
    data = raw_photo(plain(120, 180, 50), plain(238, 358, 70), photometric=photometric, orientation=6)
    photo = open_image(data, name="camera.dng")
    assert photo.size == (238, 358) and (photo.rgb == 70).all()
    assert photo.notes[0] == "the raw photo's full-size preview was taken" and "upright" in photo.notes[1]


@pytest.mark.parametrize("old", [False, True])
def test_a_raw_photo_s_preview_is_a_jpeg(old):
    """As a strip of the page (DNG), or as a file that the page points to (NEF and others)."""
    y, x = np.mgrid[:240, :360]
    rgb = np.dstack([x // 2, y, (x + y) // 3]).astype(np.uint8)
    jpeg = encode(Image.fromarray(rgb), "JPEG", quality=95)
    data = bytearray(raw_photo(SMALL))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        pointers = file.pages[0].tags[330].valueoffset
    tags = {254: 1, 256: 360, 257: 240, 259: 6 if old else 7, 262: 6, 277: 3, 278: 240}
    tags |= {513: len(data), 514: len(jpeg)} if old else {258: 8, 273: len(data), 279: len(jpeg)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    struct.pack_into("<I", data, pointers + 4, len(data) + len(jpeg))
    photo = open_image(bytes(data) + jpeg + struct.pack("<H", len(tags)) + entries + b"\0" * 4)
    assert photo.size == (360, 240) and np.abs(photo.rgb.astype(int) - rgb).mean() < 2
    assert photo.notes == ("the raw photo's full-size preview was taken",)


def test_the_limit_is_the_picture_s():
    with pytest.raises(PhotoError, match="megapixels"):
        open_image(pages((SMALL, REDUCED), (LARGE, {})), max_pixels=60 * 40)


@pytest.mark.parametrize("tag", [270, 305, 306, 700, 33432, 34377, 34665, 34675, 34853])
def test_a_damaged_tag_that_is_not_the_picture_s(tag):
    for kind, count, where in ((2, 5000, 0x7FFFFFFF), (1, 0xFFFFFFFF, 9), (77, 3, 3), (7, 90, 8)):
        data = bytearray(pages((LARGE, {"description": "text", "software": None})))
        with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
            at = file.pages[0].tags[270].offset
        data[at : at + 12] = struct.pack("<HHII", tag, kind, count, where)
        np.testing.assert_array_equal(open_image(bytes(data)).rgb, LARGE)


def test_directories_that_go_round_in_circles():
    data = bytearray(pages((LARGE, {}), (OTHER, {})))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        first, second = (page.offset for page in file.pages)
    count = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<I", data, second + 2 + 12 * count, first)
    assert open_image(bytes(data)).size == (360, 240)
