"""PNG: the samples at their full depth, what is transparent, and what tells the colours.

Source: PNG Specification, third edition (2025).
"""

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFile

from sama.photo import exif as exif_data
from sama.photo import orientation, resolution, spaces
from sama.photo.header import Header, Plain, split_alpha
from sama.photo.png_chunks import MAGIC, inflate, read_chunks
from sama.photo.strips import read_bytes, read_strips

__all__ = ["MAGIC", "read_header"]
_GREY, _RGB, _GREY_ALPHA, _RGBA = 0, 2, 4, 6


def read_header(data: bytes) -> Header:
    """Read a PNG's chunks; raises Refused where those of the picture are damaged, and whatever Pillow raises."""
    chunks = read_chunks(data)
    image = Image.open(io.BytesIO(chunks.picture), formats=("PNG",))
    notes = [f"first of {chunks.frames} frames"] if chunks.frames > 1 else []
    space, icc = _colours(chunks.before, notes)
    exif = exif_data.parse(chunks.exif)
    return Header(
        size=image.size,
        orientation=orientation.read_orientation(exif, chunks.xmp),
        icc=icc or spaces.profile_of(space),
        dpi=_dpi(chunks.before.get(b"pHYs", b"")) or resolution.from_exif(exif),
        notes=notes + spaces.remarks(space),
        load=lambda notes: _load(chunks.picture, image, chunks.before.get(b"tRNS"), space, notes),
    )


def _colours(chunks: dict[bytes, bytes], notes: list[str]) -> tuple[spaces.Space | None, bytes | None]:
    """Return what tells the colours: a space by numbers, or a profile; cICP before iCCP before sRGB before gAMA."""
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) == 4 and cicp[2] == 0:
        space = spaces.from_cicp(cicp[0], cicp[1], full_range=cicp[3] != 0)
        if space is not None:
            return (None if space.is_srgb else space), None
    if b"iCCP" in chunks:
        if icc := inflate(chunks[b"iCCP"].partition(b"\0")[2][1:]):
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
    clean: bytes, image: ImageFile.ImageFile, trns: bytes | None, space: spaces.Space | None, notes: list[str]
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
    clean: bytes,
    high: ImageFile.ImageFile,
    colour: int,
    key: np.ndarray | None,
    space: spaces.Space | None,
) -> Plain:
    """Return samples of 16 bits as bytes, rounded to the nearest; Pillow cuts all but grey."""
    grey = colour in (_GREY, _GREY_ALPHA)
    coding = space if space is not None and space.must_encode else None
    result = Image.new("L" if grey and coding is None else "RGB", high.size)
    alpha = []
    for top, samples in _deep_strips(clean, high, colour):
        if colour in (_GREY_ALPHA, _RGBA):
            alpha.append(spaces.narrowed(samples[..., -1]))
            samples = samples[..., :-1]
        elif key is not None:
            alpha.append(_keyed(samples, key))
        samples = samples.reshape(*samples.shape[:2], -1)
        if coding is not None:
            strip = coding.encode(np.broadcast_to(samples, (*samples.shape[:2], 3)))
        else:
            strip = spaces.narrowed(samples[..., 0] if grey else samples)
        result.paste(Image.fromarray(strip), (0, top))
    return result, np.concatenate(alpha) if alpha else None


def _deep_strips(clean: bytes, high: ImageFile.ImageFile, colour: int) -> Iterator[tuple[int, np.ndarray]]:
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
        low.tile = [tile._replace(args=str(tile.args).replace("16B", "16L")) for tile in low.tile]
        high.load()
        low.load()
        for (top, upper), (_, lower) in zip(read_strips(high), read_strips(low), strict=True):
            yield top, upper.astype(np.uint16) * 256 + lower
