"""From a decoded frame to upright sRGB bytes.

Samples of BT.709 and its kin are taken as sRGB's, as browsers do. Sources: ITU-T H.273 for the numbers of colours,
ISO/IEC 14496-12, 8.3.2, for the display matrix.
"""

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sama.photo import colour, spaces

if TYPE_CHECKING:
    from av import VideoFrame

_UNSPECIFIED = 2
_HD = 720  # rows from which on players take BT.709 where a file names no matrix, and BT.601 below
_ONE = 1 << 16  # of the display matrix


class Painter:
    """Makes pictures of a stream's frames, all as its first frame says; `notes` says what is done.

    size: (width, height) of the upright pictures.
    """

    def __init__(self, first: "VideoFrame", aspect: Fraction | None):
        """aspect: how much wider than tall the samples are shown, None or 0 for square."""
        self.notes: list[str] = []
        self.stored: tuple[int, int] = first.width, first.height
        self._turn = display_matrix(first)
        self._space = self._choose_space(first)
        self._has_alpha = any(each.is_alpha for each in first.format.components)
        if aspect and aspect != 1:
            width = round(first.width * aspect)
            self.notes.append(f"widened from {first.width} to {width} pixels: its pixels are not square")
            self.stored = max(1, width), first.height
        if self._turn != (1, 0, 0, 1):
            self.notes.append("turned upright as the file says")
        if self._has_alpha and _samples(first, "rgba", self.stored)[..., 3].min() < 255:
            self.notes.append("transparency shown on white")
        if first.interlaced_frame:
            self.notes.append("interlaced: what moves shows combs; deinterlace it first for better edges")
        width, height = self.stored
        self.size: tuple[int, int] = (width, height) if self._turn[0] else (height, width)

    def paint(self, frame: "VideoFrame") -> np.ndarray:
        """Return a frame (H, W, 3) uint8."""
        deep = self._space is not None
        kind = ("rgba64le" if deep else "rgba") if self._has_alpha else ("rgb48le" if deep else "rgb24")
        pixels = _samples(frame, kind, self.stored)
        rgb = pixels[..., :3]
        if self._space is not None:
            image = Image.fromarray(self._space.encode(rgb))
            rgb = np.array(colour.to_srgb(image, spaces.profile_of(self._space), []))
        if self._has_alpha:
            alpha = pixels[..., 3:] if pixels.dtype == np.uint8 else spaces.narrowed(pixels[..., 3:])
            mixed = rgb * alpha.astype(np.uint16) + 255 * (255 - alpha.astype(np.uint16))  # at most 65025
            rgb = ((mixed + 127) // 255).astype(np.uint8)
        return np.ascontiguousarray(_turned(rgb, self._turn))

    def _choose_space(self, frame: "VideoFrame") -> spaces.Space | None:
        """Return the colours that are converted; None where samples stay."""
        space = spaces.from_cicp(frame.color_primaries, frame.color_trc, lenient=True)
        # Primaries of the days of tubes differ from sRGB's by what nobody sees, and are often said by habit.
        if space is None or frame.color_primaries in (4, 5, 6, 7) or space.is_srgb:
            return None
        self.notes += spaces.remarks(space) or [f"colours converted to sRGB from {space.title}"]
        return space


def display_matrix(frame: "VideoFrame") -> tuple[int, int, int, int]:
    """Return (a, b, c, d) of -1, 0, 1: x' = a x + c y, y' = b x + d y; the identity where there is none, or one that
    turns by other than quarters."""
    plain = 1, 0, 0, 1
    found = frame.side_data.get("DISPLAYMATRIX")
    if found is None or len(bytes(found)) < 36:
        return plain
    a, b, _, c, d = (round(each / _ONE) for each in struct.unpack("=5i", bytes(found)[:20]))
    quarter = (abs(a), abs(b), abs(c), abs(d)) in ((1, 0, 0, 1), (0, 1, 1, 0))
    return (a, b, c, d) if quarter else plain


def _turned(pixels: np.ndarray, turn: tuple[int, int, int, int]) -> np.ndarray:
    a, b, c, d = turn
    if a == 0:
        pixels = pixels.swapaxes(0, 1)
    across, down = (a, d) if a else (c, b)
    return pixels[:: down or 1, :: across or 1]


def _samples(frame: "VideoFrame", kind: str, size: tuple[int, int]) -> np.ndarray:
    """Return a frame's samples (h, w, 3 or 4) at size (width, height), not turned yet."""
    from av.video.reformatter import Colorspace, Interpolation

    unsaid = frame.colorspace == _UNSPECIFIED
    matrix = (Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601) if unsaid else None
    how = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
    plain = frame.reformat(*size, kind, src_colorspace=matrix, interpolation=int(how))
    return np.array(plain.to_ndarray())
