"""Colour profiles: from any plain mode and ICC profile to sRGB bytes, and between the RGB profiles of a photo."""

import io

import numpy as np
from PIL import Image, ImageCms

from sama.photo.strips import read_bytes

_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def to_srgb(image: Image.Image, icc: bytes | None, notes: list[str]) -> Image.Image:
    """Return a picture of mode L, RGB, CMYK or LAB as RGB in sRGB, by its profile where there is a usable one; the same
    picture where it is that already.

    What was done is added to `notes`.
    """
    if icc is not None:
        try:
            return _apply_profile(image, ImageCms.ImageCmsProfile(io.BytesIO(icc)), notes)
        except Exception:  # a damaged profile may raise anything, and is no reason to refuse
            notes.append("colour profile is damaged or does not fit, ignored")
    if image.mode == "LAB":
        return _to_srgb_transform(ImageCms.createProfile("LAB"), "LAB").apply(image)
    if image.mode == "CMYK":
        notes.append("CMYK without a usable profile, colours are approximate")
    return image if image.mode == "RGB" else image.convert("RGB")  # a copy of 50 megapixels takes 200 MB


def own_colours(image: Image.Image, icc: bytes | None, rgb: np.ndarray) -> np.ndarray | None:
    """Return the picture (H, W, 3) uint8 in the colours of its own RGB profile; None without a usable one.

    rgb: what `to_srgb` returned, which is returned again where the profile means sRGB.
    """
    if icc is None or image.mode != "RGB":
        return None
    try:
        transform = _to_srgb_transform(ImageCms.ImageCmsProfile(io.BytesIO(icc)), "RGB")
    except Exception:  # as in `to_srgb`, where a note was made of it
        return None
    return rgb if _is_identity(transform) else read_bytes(image)


def recolour(rgb: np.ndarray, *, source: bytes | None = None, target: bytes | None = None) -> np.ndarray:
    """Return pixels (H, W, 3) uint8 of one RGB profile in the colours of another; None means sRGB.

    Profiles must be such as `own_colours` has accepted.
    """
    profiles = [
        ImageCms.createProfile("sRGB") if icc is None else ImageCms.ImageCmsProfile(io.BytesIO(icc))
        for icc in (source, target)
    ]
    return np.array(_transform(profiles[0], profiles[1], "RGB").apply(Image.fromarray(rgb)))


def _apply_profile(image: Image.Image, profile: ImageCms.ImageCmsProfile, notes: list[str]) -> Image.Image:
    mode = _PROFILE_MODES[profile.profile.xcolor_space.strip()]  # pyright: ignore[reportAttributeAccessIssue]
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
