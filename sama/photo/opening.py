"""Open any photo as upright sRGB bytes, or refuse it with one sentence."""

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sama.errors import PhotoError
from sama.photo import source as sources
from sama.photo.decode import Decoded, decode, read_header
from sama.photo.header import Header
from sama.photo.refusals import Refused, why_not
from sama.photo.resolution import Dpi
from sama.photo.source import Source

MAX_PIXELS = 50_000_000


@dataclass(frozen=True, eq=False)
class Photo:
    """An opened photo.

    rgb: (H, W, 3) uint8, upright, sRGB, shown on white where the file is transparent;
    alpha: (H, W) uint8, the file's own transparency, or None where it is opaque;
    name: what the file is called, without folders, whole; digest: `image_digest(rgb)`; notes: what was done on opening;
    icc: the file's own colour profile, which rgb no longer needs, or one made for a file that names its colours by
    numbers (PNG, AVIF, HEIC);
    own: the same picture (H, W, 3) uint8 in the colours of `icc`, where that is a usable RGB
    profile and `open_image` was asked to keep them: what a lossless export starts from;
    dpi: pixels per inch of the upright picture, (x, y), or None where the file names none.

    Upright means: turned by the EXIF orientation; where EXIF names none, by XMP's tiff:Orientation; in every format and
    wherever in the file they lie. AVIF and HEIC are turned by their own boxes (irot, imir) alone. Pixels, coordinates,
    exports and what people are shown all mean this picture; a browser's own decoding differs (Chromium, for one, knows
    neither XMP nor a WebP's EXIF).
    """

    rgb: np.ndarray
    alpha: np.ndarray | None
    name: str
    digest: str
    notes: tuple[str, ...]
    icc: bytes | None
    own: np.ndarray | None = None
    dpi: Dpi | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def limit(self, alpha: np.ndarray) -> np.ndarray:
        """Return a matte (H, W) float32 of this photo, nowhere more opaque than its file; itself for an opaque one."""
        return alpha if self.alpha is None else np.minimum(alpha, self.alpha / np.float32(255))


def image_digest(rgb: np.ndarray) -> str:
    """Return the SHA-256, in hex, of an image (H, W, 3) uint8: of "WIDTHxHEIGHT:" and its bytes."""
    height, width = rgb.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}:".encode())
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.hexdigest()


def open_image(
    source: Source,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    keep_own: bool = False,
) -> Photo:
    """Open a photo from a path, from bytes, or from a binary file.

    Handles orientation, colours by profile and by numbers (HDR is shown as on an ordinary screen), alpha, grey,
    16 bits, 1 bit, floats, CMYK, Lab, palettes, HEIC, and files of several pictures, of which the first is taken, but
    no thumbnail; `Photo.notes` says what was done. max_pixels is compared with the size in the file's header, before
    anything is decoded; Pillow's own limit (twice `PIL.Image.MAX_IMAGE_PIXELS`) holds beside it. keep_own fills
    `Photo.own`. Raises PhotoError.
    """
    called = sources.base_name(name or sources.name_of(source))
    name = sources.short_name(called)
    try:
        header = _open(sources.read(source, name), name, max_pixels)
        notes = list(header.notes)
        photo = _decode(header, name, keep_own, notes)
    except MemoryError as error:
        raise PhotoError(f"{name} does not fit into memory; scale it down first.") from error
    return Photo(
        photo.rgb,
        photo.alpha,
        called,
        image_digest(photo.rgb),
        tuple(notes),
        header.icc,
        photo.own,
        photo.dpi,
    )


def upright_size(source: Source, *, name: str | None = None, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Return (width, height) of the upright photo from its header, without decoding it; see `open_image`. Raises
    PhotoError."""
    name = sources.base_name(name or sources.name_of(source))
    header = _open(sources.read(source, name), name, max_pixels)
    width, height = header.size
    return (height, width) if header.orientation[0] >= 5 else (width, height)


def _open(data: bytes, name: str, max_pixels: int) -> Header:
    """Read the header of a file and check its size."""
    most = max_pixels if Image.MAX_IMAGE_PIXELS is None else min(max_pixels, Image.MAX_IMAGE_PIXELS * 2)
    try:
        header = read_header(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, f"has more than {most / 1e6:.4g}", most) from error
    except MemoryError:
        raise
    except Refused as error:
        raise PhotoError(f"{name} {error.what}; {error.remedy}.") from error
    except Exception as error:  # a damaged header may raise anything in a decoder
        reason = why_not(data)
        raise PhotoError(f"{name} {reason.what}; {reason.remedy}.") from error
    width, height = header.size
    if width * height > most:
        raise _too_large(name, f"has {width * height / 1e6:.4g}", most)
    return header


def _decode(header: Header, name: str, keep_own: bool, notes: list[str]) -> Decoded:
    try:
        return decode(header, keep_own, notes)
    except MemoryError:
        raise
    except Exception as error:  # a damaged file may raise anything in a decoder
        raise PhotoError(f"{name} is damaged or incomplete; export or download it again.") from error


def _too_large(name: str, size: str, max_pixels: int) -> PhotoError:
    return PhotoError(
        f"{name} {size} megapixels and the limit is {max_pixels / 1e6:.4g}; scale it down first."
    )
