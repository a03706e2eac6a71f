"""Open any photo as upright sRGB bytes, or refuse it with one sentence."""

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from sama.errors import PhotoError
from sama.photo import decode

MAX_PIXELS = 50_000_000
_KINDS = "JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF"
_ORIENTATION = 0x0112
_TO_UPRIGHT = {  # EXIF 2.3, tag Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Photo:
    """An opened photo.

    rgb: (H, W, 3) uint8, upright, sRGB, shown on white where the file is transparent;
    alpha: (H, W) uint8, the file's own transparency, or None where it is opaque;
    name: the file's base name; digest: `image_digest(rgb)`; notes: what was changed on opening;
    icc: the file's own colour profile, which rgb no longer needs;
    own: the same picture (H, W, 3) uint8 in the colours of `icc`, where that is a usable RGB
    profile and `open_image` was asked to keep them: what a lossless export starts from.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None
    name: str
    digest: str
    notes: tuple[str, ...]
    icc: bytes | None
    own: np.ndarray | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]


def image_digest(rgb: np.ndarray) -> str:
    """Return the SHA-256, in hex, of an image (H, W, 3) uint8: of "WIDTHxHEIGHT:" and its bytes."""
    height, width = rgb.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}:".encode())
    digest.update(np.ascontiguousarray(rgb))
    return digest.hexdigest()


def open_image(
    source: str | os.PathLike | bytes | BinaryIO,
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    keep_own: bool = False,
) -> Photo:
    """Open a photo from a path, from bytes, or from a binary file.

    Handles EXIF orientation, ICC profiles, alpha, grey, 16 bits, 1 bit, CMYK, Lab, palettes,
    HEIC, and files of several frames, of which the first is taken; `Photo.notes` says what was
    done. max_pixels is compared with the size in the file's header, before anything is decoded;
    Pillow's own limit (twice `PIL.Image.MAX_IMAGE_PIXELS`) holds beside it. keep_own fills
    `Photo.own`. Raises PhotoError.
    """
    name = _base_name(name or _source_name(source))
    try:
        with io.BytesIO(_read(source, name)) as file, _open(file, name, max_pixels) as image:
            return _decode(image, name, max_pixels, keep_own)
    except MemoryError as error:
        raise PhotoError(f"{name} does not fit into memory; scale it down first.") from error


def _decode(image: Image.Image, name: str, max_pixels: int, keep_own: bool) -> Photo:
    notes = []
    width, height = image.size
    if width * height > max_pixels:
        raise _too_large(name, f"has {width * height / 1e6:.4g}", max_pixels)
    try:
        if (frames := getattr(image, "n_frames", 1)) > 1:
            notes.append(f"first of {frames} frames")
        # Loading turns a TIFF upright by itself; in a PNG the tag may come after the pixels.
        turned = _orientation(image) if image.format == "TIFF" else 1
        image.load()
        icc = image.info.get("icc_profile") or None
        if (to_turn := _orientation(image)) != 1:
            image = image.transpose(_TO_UPRIGHT[to_turn])
        if max(turned, to_turn) != 1:
            notes.append(f"turned upright (EXIF orientation {max(turned, to_turn)})")
        rgb, alpha = decode.to_srgb(image, icc, notes)
        own = decode.own_colours(image, icc, rgb) if keep_own else None
    except MemoryError:
        raise
    except Exception as error:  # a damaged file may raise anything in a decoder
        raise PhotoError(f"{name} is damaged or incomplete; export or download it again.") from error
    return Photo(rgb, alpha, name, image_digest(rgb), tuple(notes), icc, own)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) where there is none or it is unreadable."""
    try:
        value = image.getexif().get(_ORIENTATION)
    except Exception:  # damaged EXIF may raise anything, and is no reason to refuse the photo
        return 1
    return value if value in _TO_UPRIGHT else 1


def _open(file: BinaryIO, name: str, max_pixels: int) -> Image.Image:
    """Read the header of a file."""
    try:
        return decode.read_header(file)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        bomb = Image.MAX_IMAGE_PIXELS * 2
        size = f"has more than {min(bomb, max_pixels) / 1e6:.4g}"
        raise _too_large(name, size, min(bomb, max_pixels)) from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged header may raise anything in a decoder
        raise PhotoError(f"{name} cannot be read as a photo; choose a complete {_KINDS} file.") from error


def _read(source: str | os.PathLike | bytes | BinaryIO, name: str) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    else:
        try:
            data = _read_path(source, name) if _is_path(source) else source.read()
        except FileNotFoundError as error:
            raise PhotoError(f"{name} does not exist; check its path.") from error
        except PermissionError as error:
            raise PhotoError(f"{name} may not be read; change its permissions.") from error
        except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
            raise PhotoError(f"{name} cannot be read; check its path.") from error
    if not data:
        raise PhotoError(f"{name} is empty; export or download it again.")
    return data


def _read_path(path: str | os.PathLike, name: str) -> bytes:
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise PhotoError(f"{name} is a folder; choose a photo in it.")
    if not stat.S_ISREG(mode):  # reading a pipe or a device might never end
        raise PhotoError(f"{name} is not a regular file; choose a photo.")
    return Path(path).read_bytes()


def _too_large(name: str, size: str, max_pixels: int) -> PhotoError:
    return PhotoError(
        f"{name} {size} megapixels and the limit is {max_pixels / 1e6:.4g}; scale it down first."
    )


def _is_path(source: object) -> bool:
    return isinstance(source, str | os.PathLike)


def _source_name(source: object) -> str:
    name = source if _is_path(source) else getattr(source, "name", "")
    return os.fspath(name) if _is_path(name) else ""


def _base_name(name: str) -> str:
    """Return the last part of a path, printable and short: it goes into messages and file names."""
    base = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return "".join(c for c in base if c.isprintable())[-80:] or "This file"
