"""What cameras, editors and web sites do to a picture: colour, blur, noise, resampling, JPEG."""

import io

import numpy as np
from PIL import Image, ImageFilter

FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
LUMA = np.array([0.299, 0.587, 0.114])


def degrade(
    rng: np.random.Generator, image: Image.Image, targets: np.ndarray, exact: bool
) -> tuple[Image.Image, np.ndarray]:
    """Randomly degraded RGB image, and targets (n, h, w) uint8 softened alike when they are exact.

    Blur mixes neighbouring pixels, so the alpha that explains the blurred picture is the blurred
    alpha; inexact targets are left alone, their edges are not supervised.
    """
    if rng.random() < 0.7:
        image = _colour(rng, image)
    scale = max(image.size) / 512
    if rng.random() < 0.18:
        radius = scale * rng.uniform(0.3, 1.4)
        blur = ImageFilter.GaussianBlur(float(radius))
        image = image.filter(blur)
        if exact:
            targets = np.stack([_filtered(t, blur) for t in targets])
    elif rng.random() < 0.1:
        image = image.filter(ImageFilter.UnsharpMask(1.5, int(rng.integers(40, 120)), 2))
    if rng.random() < 0.22:
        image, targets = _resample(rng, image, targets, exact)
    if rng.random() < 0.3:
        image = _noise(rng, image)
    if rng.random() < 0.4:
        image = _jpeg(rng, image)
    return image, targets


def _colour(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """Brightness, contrast, gamma and white balance as one table per channel; then saturation."""
    ramp = np.arange(256) / 255
    ramp = ramp ** np.exp(rng.normal(0, 0.18))
    ramp = (ramp - 0.5) * np.exp(rng.normal(0, 0.15)) + 0.5 + rng.normal(0, 0.05)
    gains = np.exp(rng.normal(0, 0.06, 3))
    table = np.clip(ramp[None] * gains[:, None] * 255 + 0.5, 0, 255).astype(np.uint8)
    image = image.point(table.ravel().tolist())
    draw = rng.random()
    if draw < 0.06:
        return image.convert("L").convert("RGB")
    if draw < 0.5:
        keep = np.clip(rng.normal(1, 0.25), 0.2, 1.6)
        matrix = keep * np.eye(3) + (1 - keep) * LUMA[None]
        rows = np.concatenate([matrix, np.zeros((3, 1))], 1)
        return image.convert("RGB", tuple(rows.ravel()))
    return image


def _filtered(target: np.ndarray, blur: ImageFilter.Filter) -> np.ndarray:
    return np.asarray(Image.fromarray(target).filter(blur))


def _resample(
    rng: np.random.Generator, image: Image.Image, targets: np.ndarray, exact: bool
) -> tuple[Image.Image, np.ndarray]:
    factor = rng.uniform(0.4, 0.9)
    small = tuple(max(1, round(s * factor)) for s in image.size)
    down, up = (FILTERS[k] for k in rng.integers(len(FILTERS), size=2))
    up = Image.Resampling.BICUBIC if up == Image.Resampling.BOX else up
    extent = image.size
    image = image.resize(small, down)
    if rng.random() < 0.3:
        image = _jpeg(rng, image)
    image = image.resize(extent, up)
    if exact:
        pictures = [Image.fromarray(t).resize(small, down).resize(extent, up) for t in targets]
        targets = np.stack([np.asarray(p) for p in pictures])
    return image, targets


def _noise(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """Gaussian noise of up to 14 levels, grey or coloured, sometimes coarse."""
    width, height = image.size
    sigma = 14 * rng.beta(1.2, 2.5)
    channels = 1 if rng.random() < 0.4 else 3
    noise = rng.standard_normal((height, width, channels), dtype=np.float32)
    noise = noise * np.float32(sigma) + np.asarray(image)
    noise += 0.5
    np.clip(noise, 0, 255, out=noise)
    return Image.fromarray(noise.astype(np.uint8))


def _jpeg(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(rng.integers(30, 96)))
    return Image.open(buffer).convert("RGB")
