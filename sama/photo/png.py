"""PNG: the chunks beside the picture, read by ourselves, and the samples at their full depth.

Only what makes the picture is handed to Pillow: whatever is wrong with a comment or a profile is no reason to refuse
the picture, and Pillow's limits for them are settings of the whole process.

Source: PNG Specification, third edition (2025).
"""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from PIL import Image

from sama.photo import orientation, resolution, spaces
from sama.photo.header import Header, Plain, split_alpha
from sama.photo.refusals import Refused
from sama.photo.strips import read_bytes, read_strips

MAGIC = b"\x89PNG\r\n\x1a\n"
_NEEDED = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_MAX_TEXT = 64 << 20  # bytes of a profile or text after decompression
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_DAMAGED = "export or download it again"


def read_header(data: bytes) -> Header:
    """Read a PNG's chunks; raises Refused where a critical one is damaged, and whatever Pillow raises."""
    before, anywhere, picture = {}, {}, [MAGIC]
    frames, animated_first, seen = 1, False, False
    for kind, body, whole, good in _chunks(data):
        if kind == b"CgBI":
            raise Refused("is a PNG packed for iPhone apps", "export it as an ordinary PNG or JPEG")
        if kind in _NEEDED:
            if not good and kind in (b"IHDR", b"PLTE"):  # IDAT is checked by its own checksum
                raise Refused(f"is damaged: its part {kind.decode()} fails its checksum", _DAMAGED)
            picture.append(whole)
            seen |= kind == b"IDAT"
        elif good and kind in (b"eXIf", b"iTXt", b"tEXt", b"zTXt"):
            _add_metadata(anywhere, kind, bytes(body))
        elif good and not seen:
            animated_first |= kind == b"fcTL"
            before.setdefault(kind, bytes(body))
        if kind not in _NEEDED and kind == b"tRNS" and good and not seen:
            picture.append(whole)
    if len(data_of := before.get(b"acTL", b"")) == 8:
        frames = struct.unpack(">I", data_of[:4])[0] + (not animated_first)
    clean = b"".join(picture)
    image = Image.open(io.BytesIO(clean), formats=("PNG",))
    notes = [f"first of {frames} frames"] if frames > 1 else []
    space, icc = _colours(before, notes)
    exif = orientation.parse_exif(anywhere.get("exif"))
    return Header(
        size=image.size,
        orientation=orientation.read_orientation(exif, anywhere.get("xmp")),
        icc=icc if space is None else space.stored.profile if not space.stored.is_srgb else None,
        dpi=_dpi(before.get(b"pHYs", b"")) or resolution.from_exif(exif),
        notes=notes + spaces.remarks(space),
        load=lambda notes: _load(clean, image, before.get(b"tRNS"), space, notes),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, memoryview, bool]]:
    """Yield each chunk's name, its body, all of it, and whether its checksum is right; a cut one as it is."""
    view, at = memoryview(data), len(MAGIC)
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", view[at : at + 4])
        kind, end = bytes(view[at + 4 : at + 8]), at + 12 + length
        body = view[at + 8 : at + 8 + length]
        good = (
            end <= len(data)
            and zlib.crc32(view[at + 4 : end - 4]) == struct.unpack(">I", view[end - 4 : end])[0]
        )
        if not kind.isalpha():  # no chunk: Pillow says so where the picture is not complete
            yield b"IDAT", view[at:], view[at:], True
            return
        yield kind, body, view[at:end], good
        if kind == b"IEND":
            return
        at = end


def _add_metadata(found: dict[str, bytes], kind: bytes, body: bytes) -> None:
    """Keep EXIF and XMP, in a chunk of their own or as a text."""
    if kind == b"eXIf":
        found["exif"] = body
        return
    name, _, rest = body.partition(b"\0")
    if name == b"XML:com.adobe.xmp" and kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        found.setdefault("xmp", (_inflate(rest) or b"") if packed else rest)
    elif name in (
        b"Raw profile type exif",
        b"Raw profile type APP1",
    ):  # by ImageMagick: "\nexif\n  length\nhex"
        text = (_inflate(rest[1:]) or b"") if kind == b"zTXt" else rest
        with suppress(ValueError):
            found.setdefault("exif", bytes.fromhex("".join(text.decode("ascii").split("\n")[3:])))


def _inflate(data: bytes) -> bytes | None:
    """Return what was compressed; None where that is damaged or enormous."""
    machine = zlib.decompressobj()
    try:
        result = machine.decompress(data, _MAX_TEXT)
    except zlib.error:
        return None
    return result if machine.eof else None


def _colours(chunks: dict[bytes, bytes], notes: list[str]) -> tuple[spaces.Space | None, bytes | None]:
    """Return what tells the colours: a space by numbers, or a profile; cICP before iCCP before sRGB before gAMA."""
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) == 4 and cicp[2] == 0:
        space = spaces.from_cicp(cicp[0], cicp[1], full_range=cicp[3] != 0)
        if space is not None:
            return (None if space.is_srgb else space), None
    if b"iCCP" in chunks:
        if icc := _inflate(chunks[b"iCCP"].partition(b"\0")[2][1:]):
            return None, icc
        notes.append("colour profile is damaged or does not fit, ignored")
    if b"sRGB" in chunks:
        return None, None
    gamma, corners = chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")
    exponent = struct.unpack(">I", gamma)[0] / 1e5 if len(gamma) == 4 else None
    points = tuple(v / 1e5 for v in struct.unpack(">8I", corners)) if len(corners) == 32 else None
    return spaces.from_gamma(exponent, points), None


def _dpi(body: bytes) -> resolution.Dpi | None:
    if len(body) != 9 or body[8] != 1:  # unit 1: the metre; unit 0 is an aspect ratio alone
        return None
    return resolution.checked(*(v * 0.0254 for v in struct.unpack(">II", body[:8])))


def _load(
    clean: bytes, image: Image.Image, trns: bytes | None, space: spaces.Space | None, notes: list[str]
) -> Plain:
    depth, colour = clean[24], clean[25]
    key = (
        np.frombuffer(trns, ">u2")
        if trns and colour in (_GREY, _RGB) and len(trns) == 2 + 2 * colour
        else None
    )
    if depth == 16:
        plain, alpha = _sixteen_bits(clean, image, colour, key, space)
        notes.append(f"16-bit {'grey' if plain.mode == 'L' else 'colours'} scaled to 8 bits")
        return plain, alpha
    image.load()
    if colour in (_GREY, _RGB):
        image.info.pop("transparency", None)  # Pillow takes it for bytes at every depth
        plain, alpha = split_alpha(image)
        if key is not None:
            levels = (key & (2**depth - 1)) * (255 // (2**depth - 1))
            alpha = _keyed(read_bytes(plain), levels)
    else:
        plain, alpha = split_alpha(image)
    return (plain if space is None else spaces.encoded(plain, space)), alpha


def _keyed(samples: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Return alpha (H, W) uint8: 0 where the samples are the key, else 255."""
    same = samples == key.astype(samples.dtype)
    return np.where(same.all(-1) if samples.ndim == 3 else same, np.uint8(0), np.uint8(255))


def _sixteen_bits(
    clean: bytes, high: Image.Image, colour: int, key: np.ndarray | None, space: spaces.Space | None
) -> Plain:
    """Return samples of 16 bits as bytes, rounded to the nearest; Pillow cuts all but grey."""
    grey = colour in (_GREY, _GREY_ALPHA)
    must_encode = space is not None and space.must_encode
    result = Image.new("L" if grey and not must_encode else "RGB", high.size)
    alpha = np.empty(high.size[::-1], np.uint8) if key is not None or colour >= _GREY_ALPHA else None
    for top, samples in _deep_strips(clean, high, colour):
        rows = slice(top, top + len(samples))
        if colour >= _GREY_ALPHA:
            alpha[rows] = spaces.narrowed(samples[..., -1])
            samples = samples[..., :-1]
        elif key is not None:
            alpha[rows] = _keyed(samples, key)
        samples = samples.reshape(*samples.shape[:2], -1)
        if must_encode:
            strip = space.encode(np.broadcast_to(samples, (*samples.shape[:2], 3)))
        else:
            strip = spaces.narrowed(samples[..., 0] if grey else samples)
        result.paste(Image.fromarray(strip), (0, top))
    return result, alpha


def _deep_strips(clean: bytes, high: Image.Image, colour: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield strips (h, W) or (h, W, C) uint16; what Pillow cuts is decoded twice, for its high and its low bytes."""
    if colour == _GREY:
        high.load()
        for top, strip in read_strips(high):
            yield top, strip.astype(np.uint16)
        return
    if colour == _GREY_ALPHA:  # as four bytes
        high.tile = [tile._replace(args="RGBA") for tile in high.tile]
        high.load()
        for top, strip in read_strips(high):
            yield top, np.ascontiguousarray(strip).view(">u2").astype(np.uint16)
        return
    with Image.open(io.BytesIO(clean), formats=("PNG",)) as low:
        low.tile = [tile._replace(args=tile.args.replace("16B", "16L")) for tile in low.tile]
        high.load()
        low.load()
        for (top, upper), (_, lower) in zip(read_strips(high), read_strips(low), strict=True):
            yield top, upper.astype(np.uint16) * 256 + lower
