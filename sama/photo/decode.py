"""Decoding: from a file's header, and from any Pillow mode and colour profile to sRGB bytes."""

import io
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms

# A list of our own: Pillow would also hand files to Ghostscript (EPS) and to rarer plugins.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "PPM", "JPEG2000")  # JPEG: also MPO
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_PLAIN_MODES = ("RGB", "L", "CMYK", "LAB")
_STRIP = 256  # rows


def read_header(file: BinaryIO) -> Image.Image:
    """Return a picture of which only the header was read; raises whatever Pillow raises."""
    start = file.read(64)
    file.seek(0)
    if start[4:8] == b"ftyp" and b"avi" not in start[8:]:  # AVIF has the brand avif or avis
        # Opened directly: registering the plugin would change Pillow for the whole process.
        from pillow_heif import HeifImageFile

        return HeifImageFile(file)
    return Image.open(file, formats=FORMATS)


def to_srgb(image: Image.Image, icc: bytes | None, notes: list[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return rgb (H, W, 3) uint8 in sRGB and alpha (H, W) uint8 or None (opaque).

    Where the file is transparent, rgb is shown on white, by integer arithmetic. What was done is
    added to `notes`.
    """
    image, alpha = _split_alpha(_eight_bit(image, notes))
    rgb = _pixels(_convert_colour(image, icc, notes))
    if alpha is None:
        return rgb, None
    notes.append("transparency shown on white")
    return _on_white(rgb, alpha), alpha


def own_colours(image: Image.Image, icc: bytes | None, rgb: np.ndarray) -> np.ndarray | None:
    """Return the picture (H, W, 3) uint8 in the colours of its own RGB profile; None without a usable one.

    rgb: what `to_srgb` returned, which is returned again where the profile means sRGB. Where the file is
    transparent, it is shown on white.
    """
    image, alpha = _split_alpha(image)
    if icc is None or image.mode != "RGB":
        return None
    try:
        transform = _to_srgb_transform(ImageCms.ImageCmsProfile(io.BytesIO(icc)), "RGB")
    except Exception:  # as in `_convert_colour`, where a note was made of it
        return None
    if _is_identity(transform):
        return rgb
    own = _pixels(image)
    return own if alpha is None else _on_white(own, alpha)


def recolour(rgb: np.ndarray, *, source: bytes | None = None, target: bytes | None = None) -> np.ndarray:
    """Return pixels (H, W, 3) uint8 of one RGB profile in the colours of another; None means sRGB.

    Profiles must be such as `own_colours` has accepted.
    """
    profiles = [
        ImageCms.createProfile("sRGB") if icc is None else ImageCms.ImageCmsProfile(io.BytesIO(icc))
        for icc in (source, target)
    ]
    return np.array(_transform(*profiles, "RGB").apply(Image.fromarray(rgb)))


def _pixels(image: Image.Image) -> np.ndarray:
    """Return bytes (H, W) or (H, W, 3), strip by strip; `np.array` copies a whole picture three times on the way."""
    bands = len(image.getbands())
    pixels = np.empty((image.height, image.width, bands)[: 2 + (bands > 1)], np.uint8)
    for top in range(0, image.height, _STRIP):
        bottom = min(top + _STRIP, image.height)
        pixels[top:bottom] = image.crop((0, top, image.width, bottom))
    return pixels


def _eight_bit(image: Image.Image, notes: list[str]) -> Image.Image:
    """Scale grey of 16 or 32 bits, or of floats, to 8 bits; Pillow's own conversion clips."""
    if image.mode != "F" and image.mode[0] != "I":
        return image
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


def _split_alpha(image: Image.Image) -> tuple[Image.Image, np.ndarray | None]:
    """Return the picture in one of the plain modes, and its alpha where it is not opaque."""
    alpha = None
    if image.has_transparency_data:
        grey = image.mode in ("LA", "L", "1")
        image = image.convert("RGBA")
        alpha = _pixels(image.getchannel("A"))
        image = image.convert("L" if grey else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in _PLAIN_MODES:
        image = image.convert("RGB")
    return image, None if alpha is None or alpha.min() == 255 else alpha


def _convert_colour(image: Image.Image, icc: bytes | None, notes: list[str]) -> Image.Image:
    """Return the picture as RGB in sRGB, by its profile where there is a usable one."""
    if icc is not None:
        try:
            return _apply_profile(image, ImageCms.ImageCmsProfile(io.BytesIO(icc)), notes)
        except Exception:  # a damaged profile may raise anything, and is no reason to refuse
            notes.append("colour profile is damaged or does not fit, ignored")
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _to_srgb_transform(lab, "LAB").apply(image)
    if image.mode == "CMYK":
        notes.append("CMYK without a usable profile, colours are approximate")
    return image.convert("RGB")


def _apply_profile(image: Image.Image, profile: ImageCms.ImageCmsProfile, notes: list[str]) -> Image.Image:
    mode = _PROFILE_MODES[profile.profile.xcolor_space.strip()]
    if image.mode == "L" and mode == "RGB":
        image = image.convert("RGB")
    if image.mode != mode:
        raise ValueError(f"a profile for {mode} in a picture of mode {image.mode}")
    transform = _to_srgb_transform(profile, mode)
    if mode == "RGB" and _is_identity(transform):
        return image
    name = ImageCms.getProfileDescription(profile).strip()[:60]
    notes.append(f"colours converted to sRGB from {name or 'its profile'}")
    return transform.apply(image)


def _to_srgb_transform(profile, mode: str) -> ImageCms.ImageCmsTransform:
    return _transform(profile, ImageCms.createProfile("sRGB"), mode)


def _transform(source, target, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        source,
        target,
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a profile is sRGB under any name: then the bytes stay as they are."""
    levels = np.linspace(0, 255, 16).astype(np.uint8)
    probe = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(64, 64, 3)
    result = np.asarray(transform.apply(Image.fromarray(probe)))
    return np.abs(result.astype(int) - probe).max() <= 1


def _on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return (c a + 255 (255 - a)) / 255 rounded to the nearest, for bytes c and a."""
    a = alpha[..., None].astype(np.uint16)
    mixed = rgb * a + 255 * (255 - a)  # at most 65025
    return ((mixed + 127) // 255).astype(np.uint8)
