"""The chunks of a PNG, read by ourselves: what makes the picture, and what is said of it.

Only what makes the picture is handed to Pillow: whatever is wrong with a comment or a profile is no reason to refuse
the picture, and Pillow's limits for them are settings of the whole process.

Source: PNG Specification, third edition (2025).
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from sama.photo.refusals import Refused

MAGIC = b"\x89PNG\r\n\x1a\n"
_PICTURE = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_TEXTS = (b"eXIf", b"iTXt", b"tEXt", b"zTXt")
_MAX_TEXT = 64 << 20  # bytes of a profile or text after decompression
_MAX_PIXELS, _PART = 1 << 30, 1 << 20  # bytes of pixels that are checked, and how many at a time
_MAX_TEXTS = 8  # compressed ones that are looked into
_MAX_CHUNKS = 1_000_000
_DAMAGED = "export or download it again"


@dataclass
class Chunks:
    """picture: a PNG of nothing but the picture; before: the bodies of chunks before the pixels, the first of each
    name; frames: how many the file has; exif and xmp, wherever they lie."""

    picture: bytes = b""
    before: dict[bytes, bytes] = field(default_factory=dict)
    exif: bytes | None = None
    xmp: bytes | None = None
    frames: int = 1
    texts: int = 0  # compressed ones that were looked into


def read_chunks(data: bytes) -> Chunks:
    """Read all chunks; a wrong checksum takes away what is said of the picture.

    Raises Refused where a chunk of the picture itself is damaged. Pixels have a checksum of their own as well, which
    decides.
    """
    result, pixels, doubtful = Chunks(), [], False
    parts: list[bytes | memoryview] = [MAGIC]
    for number, (kind, body, whole, good) in enumerate(_chunks(data)):
        if number > _MAX_CHUNKS:
            raise Refused("is made of more than a million parts", _DAMAGED)
        if kind == b"CgBI":
            raise Refused("is a PNG packed for iPhone apps", "export it as an ordinary PNG or JPEG")
        cut = len(whole) < len(body) + 12
        if kind in (b"IHDR", b"PLTE") and not good and not cut:
            raise Refused(f"is damaged: its part {kind.decode()} fails its checksum", _DAMAGED)
        if kind in _PICTURE or (kind == b"tRNS" and good and not pixels):
            parts.append(whole)
        if kind == b"IDAT":
            pixels.append(body)
            doubtful |= not good and not cut
        elif good and kind in _TEXTS:
            _add_metadata(result, kind, bytes(body))
        elif good and not pixels:
            result.before.setdefault(kind, bytes(body))
    if doubtful and not _is_whole(pixels):
        raise Refused("is damaged: its pixels fail their checksum", _DAMAGED)
    if len(control := result.before.get(b"acTL", b"")) == 8:
        still = b"fcTL" not in result.before  # the picture is no frame of the animation
        result.frames = struct.unpack(">I", control[:4])[0] + still
    result.picture = b"".join(parts)
    return result


def inflate(data: bytes) -> bytes | None:
    """Return what was compressed; None where that is damaged or enormous."""
    machine = zlib.decompressobj()
    try:
        result = machine.decompress(data, _MAX_TEXT)
    except zlib.error:
        return None
    return result if machine.eof else None


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, memoryview, bool]]:
    """Yield each chunk's name, its body, all of it, and whether its checksum is right; a cut one as it is."""
    view, at = memoryview(data), len(MAGIC)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        good = (
            end <= len(data)
            and zlib.crc32(view[at + 4 : end - 4]) == struct.unpack_from(">I", data, end - 4)[0]
        )
        if not kind.isalpha():  # no chunk: Pillow refuses the file where the picture is not complete
            yield b"IDAT", view[at:at], view[at:], False
            return
        yield kind, view[at + 8 : at + 8 + length], view[at:end], good
        if kind == b"IEND":
            return
        at = end


def _add_metadata(found: Chunks, kind: bytes, body: bytes) -> None:
    """Keep EXIF and XMP, in a chunk of their own or as a text."""
    if kind == b"eXIf":
        found.exif = body
        return
    name, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt" or rest[:1] == b"\1"
    if packed and found.texts >= _MAX_TEXTS:
        return
    found.texts += packed
    if name == b"XML:com.adobe.xmp" and kind == b"iTXt":
        text = rest[2:].split(b"\0", 2)[-1]
        found.xmp = found.xmp or (inflate(text) if rest[:1] == b"\1" else text)
    elif name in (
        b"Raw profile type exif",
        b"Raw profile type APP1",
    ):  # by ImageMagick: "\nexif\n  length\nhex"
        text = (inflate(rest[1:]) or b"") if kind == b"zTXt" else rest
        with suppress(ValueError):
            found.exif = found.exif or bytes.fromhex("".join(text.decode("ascii").split("\n")[3:]))


def _is_whole(parts: list[memoryview]) -> bool:
    """Tell whether compressed pixels are right by the checksum that their compression has of its own."""
    machine, total = zlib.decompressobj(), 0
    try:
        for part in parts:
            while part and not machine.eof and total < _MAX_PIXELS:
                total += len(machine.decompress(part, _PART))
                part = machine.unconsumed_tail
    except zlib.error:
        return False
    return machine.eof
