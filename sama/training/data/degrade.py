"""What cameras, editors and web sites do to a picture: colour, blur, noise, resampling, JPEG.

What is done is drawn first, as numbers, and can then be applied on whatever device the picture is on.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sama.training.data import filters

DOWN = ("area", "bilinear", "bicubic")
UP = ("bilinear", "bicubic")


@dataclass(frozen=True)
class Rates:
    """How often each thing happens, as shares of pictures; `sharpen` of those that are not blurred."""

    colour: float = 0.7
    blur: float = 0.18
    sharpen: float = 0.1
    resampling: float = 0.22
    noise: float = 0.3
    jpeg: float = 0.4


@dataclass(frozen=True)
class Resampling:
    """Shrink by `factor` and enlarge again, with JPEG of `quality` between, or none."""

    factor: float
    down: str
    up: str
    quality: int | None


@dataclass(frozen=True)
class Degradation:
    """What happens to a picture, in this order; None and 0 for what does not.

    table: (3, 256) levels; keep: saturation; blur: sigma in pixels of a picture of 512; sharpen: amount; noise: sigma
    in levels, `coloured` or the same in all channels; quality: of JPEG; seed: of the noise.
    """

    table: np.ndarray | None
    keep: float | None
    blur: float
    sharpen: float
    resampling: Resampling | None
    noise: float
    coloured: bool
    quality: int | None
    seed: int


def draw_degradation(rng: np.random.Generator, rates: Rates | None = None) -> Degradation:
    """Draw at random; with the usual rates about one picture in ten is left as it is."""
    rates = rates or Rates()
    table, keep = _colour(rng) if rng.random() < rates.colour else (None, None)
    blur = rng.uniform(0.3, 1.4) if rng.random() < rates.blur else 0.0
    sharpen = rng.uniform(0.4, 1.2) if not blur and rng.random() < rates.sharpen else 0.0
    resampling = _resampling(rng) if rng.random() < rates.resampling else None
    noise = 14 * rng.beta(1.2, 2.5) if rng.random() < rates.noise else 0.0
    return Degradation(
        table=table,
        keep=keep,
        blur=float(blur),
        sharpen=float(sharpen),
        resampling=resampling,
        noise=float(noise),
        coloured=bool(rng.random() < 0.6),
        quality=_quality(rng) if rng.random() < rates.jpeg else None,
        seed=int(rng.integers(2**62)),
    )


def degrade(plan: Degradation, image: Tensor, targets: Tensor, exact: bool) -> tuple[Tensor, Tensor]:
    """Apply to an image (3, h, w) and targets (n, h, w), float in 0 to 255; returns the same.

    Blur mixes neighbouring pixels, so the alpha that explains the blurred picture is the blurred alpha; targets that
    are not exact are left alone, their edges are not supervised.
    """
    extent = image.shape[-2:]
    if plan.table is not None:
        image = filters.look_up(image, torch.from_numpy(plan.table).to(image))
    if plan.keep is not None:
        image = filters.saturate(image, plan.keep)
    if plan.blur:
        sigma = plan.blur * max(extent) / 512
        image = filters.blur(image, sigma)
        targets = filters.blur(targets, sigma) if exact else targets
    elif plan.sharpen:
        image = filters.sharpen(image, plan.sharpen)
    if plan.resampling is not None:
        image, targets = _resample(plan.resampling, image, targets, exact)
    if plan.noise:
        generator = torch.Generator(image.device).manual_seed(plan.seed)
        shape = (3 if plan.coloured else 1, *extent)
        image = image + plan.noise * torch.randn(shape, generator=generator, device=image.device)
        image = image.clamp(0, 255)
    if plan.quality is not None:
        image = filters.jpeg(image, plan.quality)
    return image, targets


def _colour(rng: np.random.Generator) -> tuple[np.ndarray, float | None]:
    """Brightness, contrast, gamma and white balance as one table (3, 256); saturation."""
    ramp = np.arange(256) / 255
    ramp = ramp ** np.exp(rng.normal(0, 0.18))
    ramp = (ramp - 0.5) * np.exp(rng.normal(0, 0.15)) + 0.5 + rng.normal(0, 0.05)
    gains = np.exp(rng.normal(0, 0.06, 3))
    table = np.clip(ramp[None] * gains[:, None] * 255, 0, 255).astype(np.float32)
    draw = rng.random()
    if draw < 0.06:
        return table, 0.0
    return table, float(np.clip(rng.normal(1, 0.25), 0.2, 1.6)) if draw < 0.5 else None


def _resampling(rng: np.random.Generator) -> Resampling:
    factor = float(rng.uniform(0.4, 0.9))
    down, up = DOWN[rng.integers(len(DOWN))], UP[rng.integers(len(UP))]
    return Resampling(factor, down, up, _quality(rng) if rng.random() < 0.3 else None)


def _quality(rng: np.random.Generator) -> int:
    return int(rng.integers(30, 96))


def _resample(plan: Resampling, image: Tensor, targets: Tensor, exact: bool) -> tuple[Tensor, Tensor]:
    height, width = extent = image.shape[-2], image.shape[-1]
    small = max(1, round(height * plan.factor)), max(1, round(width * plan.factor))
    image = filters.resample(image, small, plan.down)
    if plan.quality is not None:
        image = filters.jpeg(image, plan.quality)
    image = filters.resample(image, extent, plan.up)
    if exact:
        targets = filters.resample(filters.resample(targets, small, plan.down), extent, plan.up)
    return image, targets
