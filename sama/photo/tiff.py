"""TIFF: opened at the page that is the picture, by Pillow where it reads the kind rightly, else from the samples."""

import io
import struct

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from sama.photo import orientation, plain, resolution, spaces, tiff_samples
from sama.photo.header import Header, Load, Plain, split_alpha
from sama.photo.refusals import Refused
from sama.photo.tiff_pages import Choice, Page, choose

STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION, _XMP, _ICC = 274, 700, 34675
_JPEG_AT, _JPEG_LENGTH = 513, 514
_TRANSFER, _WHITE, _PRIMARIES = 301, 318, 319
_POINTERS = (330, 34665, 34853, 40965)  # to SubIFDs, EXIF, GPS, Interoperability
_TEXTS = (269, 270, 271, 272, 285, 305, 306, 315, 316)
_WEBP = 50001  # a compression
_NO_TAG = 65000  # private, unused
_PHOTOMETRICS = {
    0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "CIE Lab", 9: "ICC Lab",
    10: "ITU Lab", 32844: "LogL", 32845: "LogLuv",
}  # fmt: skip
_FORMATS = {2: "signed", 3: "float", 5: "complex", 6: "complex"}
_COMPRESSIONS = {
    1: "uncompressed", 2: "CCITT", 3: "fax", 4: "fax", 5: "LZW", 6: "old JPEG", 7: "JPEG", 8: "Deflate",
    32773: "PackBits", 32946: "Deflate", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50000: "Zstandard",
    50001: "WebP", 50002: "JPEG XL",
}  # fmt: skip


def read_header(data: bytes) -> Header:
    """Read a TIFF's directories; raises Refused for a whole file of a kind that is not read, and what Pillow raises."""
    choice = choose(data)
    if choice is None:
        return plain.read_header(data, "TIFF")  # which says what is wrong
    page, notes = choice.page, list(choice.notes)
    if (preview := _whole_jpeg(data, page)) is not None:
        inner = plain.read_header(preview, "JPEG")
        turn = inner.orientation if inner.orientation[0] != 1 else _orientation(choice)
        return Header(inner.size, inner.load, inner.icc, turn, inner.dpi, notes)
    load = _by_pillow(data, page) if _suits_pillow(page) else _by_samples(data, page)
    icc, space = page.bytes(_ICC), None
    if not icc and page.photometric in (2, 6):
        space = spaces.from_tiff(
            page.values(_WHITE), page.values(_PRIMARIES), page.values(_TRANSFER)[: 1 << 16]
        )
    return Header(
        size=page.size,
        load=load if space is None else lambda notes: _encoded(load(notes), space),
        icc=icc or spaces.profile_of(space),
        orientation=_orientation(choice),
        dpi=_dpi(page) or _dpi(choice.first),
        notes=notes,
    )


def _encoded(picture: Plain, space: spaces.Space) -> Plain:
    return spaces.encoded(picture[0], space), picture[1]


def _by_pillow(data: bytes, page: Page) -> Load:
    if page.value(259, 1) == _WEBP:  # Pillow knows it by name, its libtiff does not
        raise _not_read(data, page)
    try:
        image = Image.open(io.BytesIO(_alone(data, page)), formats=("TIFF",))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise
    except Exception as error:
        raise _not_read(data, page, error) from error

    def load(notes: list[str]) -> Plain:
        assert isinstance(image, TiffImageFile)
        if page.photometric == 6 and page.value(259, 1) == 1:  # Pillow takes these for RGB; libtiff does not
            image.use_load_libtiff = True
            options = "RGBX", "raw", False, image.tag_v2.offset
            extents = 0, 0, *page.size
            image.tile = [
                image.tile[0]._replace(codec_name="libtiff", extents=extents, offset=0, args=options)
            ]
        image.load()
        return split_alpha(image)

    return load


def _by_samples(data: bytes, page: Page) -> Load:
    if not tiff_samples.can_read(page):
        raise _not_read(data, page)
    return lambda notes: tiff_samples.read(data, page, notes)


def _suits_pillow(page: Page) -> bool:
    """Tell whether Pillow reads a page as TIFF means it, or at least better than we could."""
    if page.value(259, 1) not in tiff_samples.COMPRESSIONS or page.photometric not in tiff_samples.COLOURS:
        return True
    bits, samples = set(page.values(258) or (1,)), page.value(277, 1)
    if set(page.values(339)) - {1}:
        return False
    if bits <= {1, 2, 4, 8} and len(bits) == samples == 1:
        return not page.values(338)
    if bits != {8}:
        return False
    if page.value(284, 1) == 2:
        return page.photometric == 2 and samples == 3
    wanted = {2: (3, 4), 5: (4,), 8: (3,)}.get(page.photometric, ())
    return samples in wanted


def _alone(data: bytes, page: Page) -> bytes:
    """Return the file with `page` as its first, upright, and without what could only get into the way."""
    result = bytearray(data)
    big = data[2] == 43 or data[3] == 43
    struct.pack_into(page.order + ("Q" if big else "I"), result, 8 if big else 4, page.at)
    entry, short = page.order + ("HHQ8s" if big else "HHI4s"), page.order + "H"
    unused = struct.pack(entry, _NO_TAG, 1, 1, b"")
    upright = struct.pack(entry, _ORIENTATION, 3, 1, struct.pack(short, 1))
    for tag, (*_, position) in page.tags.items():
        if tag == _ORIENTATION:
            result[position : position + len(upright)] = upright
        elif tag in (*_POINTERS, _XMP, _ICC):
            result[position : position + len(unused)] = unused
    for position in page.lost:
        (tag,) = struct.unpack_from(short, data, position)
        if tag in _TEXTS or tag in _POINTERS or tag >= _XMP:
            result[position : position + len(unused)] = unused
    return bytes(result)


def _orientation(choice: Choice) -> tuple[int, str]:
    """Return the page's orientation, or the first page's where it has none of its own, as in a DNG."""
    for page in (choice.page, choice.first):
        value = page.value(_ORIENTATION)
        if value in range(1, 9):
            return value, "EXIF"
    return orientation.read_orientation(None, choice.page.bytes(_XMP) or choice.first.bytes(_XMP))


def _dpi(page: Page) -> resolution.Dpi | None:
    return resolution.from_exif({tag: page.values(tag)[0] for tag in (282, 283, 296) if page.values(tag)})


def _whole_jpeg(data: bytes, page: Page) -> bytes | None:
    """Return a preview that is a JPEG file of its own, as raw photos have."""
    at, length = page.value(_JPEG_AT), page.value(_JPEG_LENGTH)
    if page.value(259, 1) == 6 and at and length and data[at : at + 3] == b"\xff\xd8\xff":
        return data[at : at + length]
    return None


def _not_read(data: bytes, page: Page, error: Exception | None = None) -> Exception:
    """Return why a page is not read: its kind, unless the file is not whole."""
    offsets = page.values(273) or page.values(324)
    counts = page.values(279) or page.values(325)
    whole = (
        offsets
        and len(offsets) == len(counts)
        and max(map(sum, zip(offsets, counts, strict=True))) <= len(data)
    )
    if not whole:
        return error or ValueError("segments are missing")
    bits, samples, compression = max(page.values(258) or (1,)), page.value(277, 1), page.value(259, 1)
    parts = [
        f"{bits}-bit",
        _FORMATS.get(page.value(339, 1)),
        _PHOTOMETRICS.get(page.photometric, "unknown colours"),
    ]
    if samples > tiff_samples.COLOURS.get(page.photometric, samples):
        parts.append(f"with {samples} channels")
    packed = _COMPRESSIONS.get(compression, f"compression {compression}")
    what = f"is a TIFF of a kind that is not read ({' '.join(filter(None, parts))}, {packed})"
    return Refused(what, "export it as RGB TIFF, PNG or JPEG")
