"""Formats that Pillow reads rightly by itself: JPEG, WebP, AVIF, GIF, BMP, PPM, JPEG 2000; and HEIC by pillow-heif."""

import io
import struct

import numpy as np
from PIL import Image

from sama.photo import boxes, orientation, resolution, spaces
from sama.photo import exif as exif_data
from sama.photo.header import Header, Plain, split_alpha
from sama.photo.refusals import Refused

# A list of our own: Pillow would also hand files to Ghostscript (EPS) and to rarer plugins.
_FORMATS = ("JPEG", "WEBP", "AVIF", "GIF", "BMP", "PPM", "JPEG2000", "TIFF")  # JPEG: also MPO
_START, _SCAN = b"\xff\xd8", b"\xff\xda"
_MAX_WORK = 4_000_000_000  # pixels times scans; a progressive JPEG of the largest size has a tenth of it
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers that begin with the bits of a sample
_KEPT = {  # of a JPEG's metadata, and how long they are at least: profile, how colours are stored, orientation
    b"ICC_PROFILE\0": 14,
    b"Adobe": 12,
    b"Exif\0\0": 8,
    b"http://ns.adobe.com/xap/1.0/\0": 30,
}


def is_heic(data: bytes) -> bool:
    """Tell a HEIC by its first box; AVIF has the brand avif or avis."""
    return data[4:8] == b"ftyp" and b"avi" not in data[8:64]


def read_header(data: bytes, *formats: str) -> Header:
    """Read a header; raises whatever Pillow raises."""
    image = _open(data, formats or _FORMATS)
    scans = data.count(_SCAN) if image.format in ("JPEG", "MPO") else 0
    if scans * image.width * image.height > _MAX_WORK:
        raise Refused(f"is a JPEG of {scans} scans, which would take minutes to read")
    if image.format == "JPEG2000" and _is_deep(data):
        raise Refused("is a JPEG 2000 of more than 8 bits a colour, which is not read")
    exif = exif_data.parse(image.info.get("exif"))
    notes = [f"first of {frames} frames"] if (frames := getattr(image, "n_frames", 1)) > 1 else []
    space = None
    if not (icc := image.info.get("icc_profile") or _profile(data)):
        space = _space(data, image, exif)
    return Header(
        size=image.size,
        load=lambda notes: _load(image, space, notes),
        icc=icc or spaces.profile_of(space),
        orientation=_orientation(image, exif),
        dpi=_dpi(image, exif),
        notes=notes + spaces.remarks(space),
    )


def _open(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    if is_heic(data):
        # Opened directly: registering the plugin would change Pillow for the whole process.
        from pillow_heif import HeifImageFile

        return HeifImageFile(io.BytesIO(data))
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise
    except Exception:  # metadata may be damaged, which is no reason to refuse the picture
        if data.startswith(_START):
            bare, bits = _bare_jpeg(data)
            if bits not in (None, 8):
                raise Refused(f"is a JPEG of {bits} bits a sample, which is not read") from None
            return Image.open(io.BytesIO(bare), formats=("JPEG",))
        if (bare := boxes.without_exif(data)) is not None:
            return Image.open(io.BytesIO(bare), formats=("AVIF",))
        raise


def _bare_jpeg(data: bytes) -> tuple[bytes, int | None]:
    """Return a JPEG without comments and metadata that may be damaged, and how many bits a sample of it has."""
    kept, at, bits = [_START], 2, None
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        marker, body = data[at + 1], data[at + 4 : at + 2 + length]
        is_metadata = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if not is_metadata or any(
            body.startswith(name) and len(body) >= least for name, least in _KEPT.items()
        ):
            kept.append(data[at : at + 2 + length])
        if marker in _FRAMES and body:
            bits = body[0]
        at += 2 + length
    return b"".join(kept) + data[at:], bits


def _profile(data: bytes) -> bytes | None:
    """Return the profile inside a BMP with a header of version 5, or a JPEG 2000; Pillow passes over them."""
    if data[4:8] == b"jP  ":
        return boxes.jpeg2000_profile(data)
    if data[:2] != b"BM" or len(data) < 138 or struct.unpack_from("<I", data, 14)[0] < 124:
        return None
    at, length = struct.unpack_from("<II", data, 126)
    return data[14 + at : 14 + at + length] or None if data[70:74] == b"DEBM" else None


def _is_deep(data: bytes) -> bool:
    """Tell whether a JPEG 2000 has colours of more than 8 bits: Pillow makes black of their white."""
    at = data.find(b"\xff\x4f\xff\x51")  # start of the codestream, and its sizes (ISO/IEC 15444-1, A.5.1)
    if at < 0 or len(data) < at + 43:
        return False
    (count,) = struct.unpack_from(">H", data, at + 40)
    return count > 1 and (data[at + 42] & 0x7F) + 1 > 8


def _space(data: bytes, image: Image.Image, exif: Image.Exif | None) -> spaces.Space | None:
    if image.format == "AVIF":
        return boxes.read_space(data)
    if image.format == "HEIF" and (nclx := image.info.get("nclx_profile")):
        return boxes.to_space(nclx["color_primaries"], nclx["transfer_characteristics"])
    if image.format in ("JPEG", "MPO") and exif_data.names_adobe_rgb(exif):
        return spaces.Space("Adobe RGB", *spaces.ADOBE_RGB)
    return None


def _orientation(image: Image.Image, exif: Image.Exif | None) -> tuple[int, str]:
    if image.format == "HEIF":  # libheif has turned it
        return 1, "EXIF"
    xmp = None if image.format == "AVIF" else image.info.get("xmp")
    return orientation.read_orientation(exif, xmp)


def _dpi(image: Image.Image, exif: Image.Exif | None) -> resolution.Dpi | None:
    if image.format in ("JPEG", "MPO"):
        return resolution.from_jpeg(image.info) or resolution.from_exif(exif)
    return resolution.checked(*image.info.get("dpi", (0, 0))) or resolution.from_exif(exif)


def _load(image: Image.Image, space: spaces.Space | None, notes: list[str]) -> Plain:
    image.load()
    if image.mode == "F" or image.mode[0] == "I":
        return _scaled(image, notes), None
    plain, alpha = split_alpha(image)
    return (plain if space is None else spaces.encoded(plain, space)), alpha


def _scaled(image: Image.Image, notes: list[str]) -> Image.Image:
    """Return grey of 16 or 32 bits, or of floats, as bytes; Pillow's own conversion clips.

    Floats in [0, 1] and integers in [0, 65535] keep their place; whatever else is scaled from its smallest to its
    largest value. NaN is 0.
    """
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = values.min(), values.max()
    if image.mode == "F" and low >= 0 and high <= 1:
        low, high, kind = 0.0, 1.0, "float grey"
    elif image.mode != "F" and low >= 0 and high <= 65535:
        low, high, kind = 0.0, 65535.0, "16-bit grey"
    else:
        kind = "grey values of an unusual range"
    notes.append(f"{kind} scaled to 8 bits")
    values -= low
    values *= 255 / (high - low) if high > low else 0
    return Image.fromarray(np.rint(values, out=values).astype(np.uint8))
