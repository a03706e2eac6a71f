"""Colour spaces named by numbers, as PNG, AVIF and HEIC may: primaries and a curve instead of a profile.

Sources: ITU-T H.273 (07/2024) for the numbers (CICP), the PNG Specification (third edition), 11.3.2, for gAMA and
cHRM, ITU-R BT.2100-2 for PQ and HLG, ICC.1:2022 for profiles.
"""

import struct
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from sama.photo.strips import read_strips
from sama.photo.tones import CURVES, HDR, hdr_to_screen, to_linear, to_srgb_curve

BT709 = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)  # white, red, green, blue: x and y of each
_C, _DCI, _E = (0.310, 0.316), (0.314, 0.351), (1 / 3, 1 / 3)
_D65 = BT709[:2]
_SMPTE170M = (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
_PRIMARIES = {  # H.273, table 2
    1: ("BT.709", BT709),
    4: ("BT.470 M", (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08)),
    5: ("BT.601 (625 lines)", (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06)),
    6: ("BT.601 (525 lines)", _SMPTE170M),
    7: ("SMPTE 240M", _SMPTE170M),
    8: ("film", (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049)),
    9: ("BT.2020", (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    10: ("XYZ", (*_E, 1, 0, 0, 1, 0, 0)),
    11: ("DCI-P3", (*_DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    12: ("Display P3", (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    22: ("EBU 3213", (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077)),
}
ADOBE_RGB = (*_D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06), 563 / 256  # primaries and exponent; Adobe (2005)
_UNSPECIFIED = 2
_TABLE = 4096  # entries of a profile's curve
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True)
class Space:
    """Primaries, a curve and a range.

    name: of the primaries, for people; primaries: x and y of white, red, green, blue; curve: a key of `tones.CURVES`,
    or an exponent: light = sample ** exponent; narrow: samples go from 16 to 235 (of 255), as in video.
    """

    name: str
    primaries: tuple[float, ...] = BT709
    curve: str | float = "srgb"
    narrow: bool = False

    @property
    def title(self) -> str:
        """Primaries and curve, for people."""
        if self.curve == "srgb":
            return self.name
        curve = CURVES[self.curve] if isinstance(self.curve, str) else f"gamma {self.curve:.4g}"
        return f"{self.name}, {curve}"

    @property
    def is_srgb(self) -> bool:
        """Whether samples can stay as they are."""
        return self.curve == "srgb" and not self.narrow and self.is_near(BT709)

    @property
    def stored(self) -> "Space":
        """The space of what `encode` returns: of the same primaries, with a curve that bytes are enough for."""
        return replace(self, curve="srgb", narrow=False) if self.must_encode else self

    @property
    def must_encode(self) -> bool:
        """Whether samples are given another curve: bytes of linear light show bands, and HDR exceeds a screen."""
        return self.narrow or self.curve == "linear" or self.curve in HDR

    def encode(self, samples: np.ndarray) -> np.ndarray:
        """Return samples (H, W, 3), uint8 or uint16, as bytes (H, W, 3) of the space `stored`."""
        top = np.iinfo(samples.dtype).max
        if not self.must_encode:
            return narrowed(samples)
        values = np.arange(top + 1, dtype=np.float64) / top
        if self.narrow:
            values = np.clip((values * 255 - 16) / 219, 0, 1)
        light = to_linear(values, self.curve).astype(np.float32)
        if self.curve not in HDR:
            return np.rint(255 * to_srgb_curve(light)).astype(np.uint8)[samples]
        wide = np.linalg.inv(Space("BT.2020", _PRIMARIES[9][1]).to_xyz) @ self.to_xyz
        seen = hdr_to_screen(light[samples], self.curve, self.to_xyz[1], wide)
        return np.rint(255 * to_srgb_curve(seen)).astype(np.uint8)

    @cached_property
    def to_xyz(self) -> np.ndarray:
        """(3, 3): from linear r, g, b to X, Y, Z relative to D50. Source: Lindbloom, "RGB/XYZ Matrices"."""
        white, *corners = np.reshape(self.primaries, (4, 2))
        columns = np.stack([_xyz(corner) for corner in corners], 1)
        matrix = columns * np.linalg.solve(columns, _xyz(white))
        seen, wanted = _BRADFORD @ _xyz(white), _BRADFORD @ _D50
        return np.linalg.inv(_BRADFORD) @ np.diag(wanted / seen) @ _BRADFORD @ matrix

    @cached_property
    def profile(self) -> bytes:
        """An ICC profile, version 4, of a space that need not be encoded first."""
        curve = to_linear(np.linspace(0, 1, _TABLE), self.curve)
        table = b"curv\0\0\0\0" + struct.pack(">I", _TABLE) + np.rint(curve * 65535).astype(">u2").tobytes()
        tags = [(b"desc", _text(self.title)), (b"cprt", _text("No copyright")), (b"wtpt", _xyz_tag(_D50))]
        columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), self.to_xyz.T, strict=True)
        tags += [(name, _xyz_tag(column)) for name, column in columns]
        start = 132 + 12 * (len(tags) + 3)
        body, entries = b"", []
        for name, data in tags:
            entries.append((name, start + len(body), len(data)))
            body += data.ljust(-(-len(data) // 4) * 4, b"\0")
        entries += [(name, start + len(body), len(table)) for name in (b"rTRC", b"gTRC", b"bTRC")]
        body += table
        kinds = b"mntr", b"RGB ", b"XYZ ", b"", b"acsp"  # a display's; from RGB to XYZ
        head = struct.pack(">I4sI4s4s4s12s4s", start + len(body), b"", 0x04000000, *kinds)
        head = head.ljust(68, b"\0") + _fixed(_D50)
        directory = b"".join(struct.pack(">4sII", *entry) for entry in entries)
        return head.ljust(128, b"\0") + struct.pack(">I", len(entries)) + directory + body

    def is_near(self, primaries: tuple[float, ...]) -> bool:
        """Tell whether the primaries are these."""
        return max(abs(a - b) for a, b in zip(self.primaries, primaries, strict=True)) < 0.001


def from_cicp(
    primaries: int, transfer: int, *, full_range: bool = True, lenient: bool = False
) -> Space | None:
    """Return the space of code points of H.273; None where they name none.

    lenient: as browsers take those of AVIF: what is unspecified is sRGB's, and so is the curve of BT.709 and its kin,
    which video tools write by habit.
    """
    if lenient:
        primaries = 1 if primaries == _UNSPECIFIED else primaries
        transfer = 13 if transfer == _UNSPECIFIED or _TRANSFERS.get(transfer) == "bt709" else transfer
    if primaries not in _PRIMARIES or transfer not in _TRANSFERS:
        return None
    name, corners = _PRIMARIES[primaries]
    return Space(name, tuple(corners), _TRANSFERS[transfer], not full_range)


_TRANSFERS = {  # H.273, table 3; logarithmic curves are not read
    1: "bt709", 4: 2.2, 5: 2.8, 6: "bt709", 7: "smpte240", 8: "linear", 11: "bt709", 12: "bt709", 13: "srgb",
    14: "bt709", 15: "bt709", 16: "pq", 17: "smpte428", 18: "hlg",
}  # fmt: skip


def from_tiff(white: tuple, corners: tuple, transfer: tuple) -> Space | None:
    """Return the space that a TIFF's WhitePoint, PrimaryChromaticities and TransferFunction (light by sample, of 65535)
    name; None where they say nothing, or sRGB. Without the last, TIFF 6.0 means an exponent of 2.2.
    """
    points = (*white[:2], *corners[:6])
    if len(points) != 8 or not _is_triangle(points):
        return None
    if len(transfer) % 3 == 0:  # one table a colour
        transfer = transfer[: len(transfer) // 3]
    exponent, middle = 2.2, len(transfer) // 2
    if middle and 0 < transfer[middle] < 65535:
        exponent = float(np.log(transfer[middle] / 65535) / np.log(middle / (len(transfer) - 1)))
    space = from_gamma(1 / exponent, points) if 0.1 <= exponent <= 10 else None
    is_usual = space is not None and space.is_near(BT709) and abs(exponent - 2.2) < 0.1
    return None if is_usual else space


def from_gamma(exponent: float | None, corners: tuple[float, ...] | None) -> Space | None:
    """Return the space that a PNG's gAMA (light ** exponent = sample) and cHRM name; None where they say nothing.

    An exponent of about 1/2.2 without primaries is what old tools wrote for sRGB; libpng and browsers take it so. No
    exponent means no space, whatever the primaries are.
    """
    if exponent is None or not 0.1 <= exponent <= 10:
        return None
    if corners is not None and not _is_triangle(corners):
        corners = None
    if corners is None and abs(exponent * 2.2 - 1) <= 0.05:
        return None
    curve = "linear" if abs(exponent - 1) < 0.01 else 1 / exponent
    return Space("the file's own primaries" if corners else "BT.709", corners or BT709, curve)


def remarks(space: Space | None) -> list[str]:
    """Return what is to be said of a space beside its name."""
    if space is None or space.curve not in HDR:
        return []
    return [f"{CURVES[str(space.curve)]} shown as on an ordinary screen"]


def profile_of(space: Space | None) -> bytes | None:
    """Return the profile of a picture in `space.stored`; None for sRGB."""
    return None if space is None or space.stored.is_srgb else space.stored.profile


def encoded(image: Image.Image, space: Space) -> Image.Image:
    """Return a picture of bytes as RGB in the space `space.stored`."""
    if not space.must_encode:
        return image
    image = image.convert("RGB")
    result = Image.new("RGB", image.size)
    for top, strip in read_strips(image):
        result.paste(Image.fromarray(space.encode(strip)), (0, top))
    return result


def narrowed(samples: np.ndarray) -> np.ndarray:
    """Return uint8 or uint16 samples as bytes, rounded to the nearest."""
    if samples.dtype == np.uint8:
        return samples
    return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _is_triangle(corners: tuple[float, ...]) -> bool:
    """Tell whether primaries span a triangle that holds their white: without, there is no matrix."""
    white, *others = np.reshape(corners, (4, 2))
    if white[1] <= 0:
        return False
    columns = np.stack([np.array([x, y, 1 - x - y]) for x, y in others], 1)
    return abs(np.linalg.det(columns)) > 1e-6 and bool((np.linalg.solve(columns, _xyz(white)) > 0).all())


def _xyz(xy: np.ndarray) -> np.ndarray:
    """Return X, Y, Z; of luminance 1 where y is not 0."""
    x, y = xy
    return np.array([x, y, 1 - x - y]) / (y or 1)


def _fixed(values: np.ndarray) -> bytes:
    return struct.pack(">3i", *(round(float(v) * 65536) for v in values))


def _xyz_tag(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data
