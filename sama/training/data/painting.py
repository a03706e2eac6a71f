"""From a background and layers to a picture: I = sum of visible alpha_i F_i + remaining B, on sRGB values.

What is where was decided before, on small things; here are the pixels, on whatever device.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sama.training.data import filters
from sama.training.data.synthesis import Layer

SHADOW_GRID = 4  # a shadow is soft: one cell for so many pixels each way


@dataclass(frozen=True)
class Recolouring:
    """How a layer's colours are jittered: `match` of the way to the background's, then `shift` levels (3,); times
    `gain`."""

    match: float
    shift: np.ndarray
    gain: float


@dataclass(frozen=True)
class Shadow:
    """A layer's shadow: offset and softness relative to its size, and how dark it is."""

    right: float
    down: float
    softness: float
    strength: float


@dataclass(frozen=True)
class Painted:
    """A layer and what happens to it."""

    layer: Layer
    recolouring: Recolouring | None = None
    shadow: Shadow | None = None


@dataclass(frozen=True)
class Scene:
    """background (h, w, 3) uint8 and layers, the last in front."""

    background: np.ndarray
    layers: list[Painted] = field(default_factory=list)


def draw_recolouring(rng: np.random.Generator) -> Recolouring:
    """Draw a recolouring at random."""
    match = rng.uniform(0, 0.6) if rng.random() < 0.5 else 0.0
    shift = rng.normal(0, 10) + rng.normal(0, 5, 3)
    return Recolouring(float(match), shift.astype(np.float32), float(np.exp(rng.normal(0, 0.12))))


def draw_shadow(rng: np.random.Generator, share: float = 0.3) -> Shadow | None:
    """Draw a shadow at random, or None; `share` of layers have one."""
    if rng.random() >= share:
        return None
    right, down = float(rng.normal(0, 0.08)), float(abs(rng.normal(0, 0.08)))
    return Shadow(right, down, float(rng.uniform(0.01, 0.08)), float(rng.uniform(0.2, 0.65)))


def paint(scene: Scene, device: torch.device | str = "cpu") -> Tensor:
    """Return the picture (3, h, w), float in 0 to 255."""
    background = _planes(scene.background, device)
    image = background.clone() if scene.layers else background
    for painted in scene.layers:
        layer = painted.layer
        colour, alpha = _planes(layer.colour, device), _planes(layer.alpha[..., None], device)
        rows, columns = layer.region
        extent = image.shape[-2], image.shape[-1]
        if painted.recolouring is not None:
            colour = recolour(painted.recolouring, colour, alpha, background[:, rows, columns])
        if painted.shadow is not None:
            image *= 1 - painted.shadow.strength * _shade(painted.shadow, layer, alpha, extent)
        part = image[:, rows, columns]
        part.mul_(1 - alpha / 255).add_(colour)
    return image


def recolour(plan: Recolouring, colour: Tensor, alpha: Tensor, behind: Tensor) -> Tensor:
    """Jitter premultiplied colours (3, h, w) with their alpha (1, h, w) and lead them part of the way to those of the
    background behind (3, h, w); all in 0 to 255."""
    weight = alpha.sum() / 255 + 1e-3
    mean = colour.sum((1, 2)) / weight
    target = mean + plan.match * (behind.mean((1, 2)) - mean) + torch.from_numpy(plan.shift).to(colour)
    gain = torch.full((), plan.gain, device=colour.device)
    if plan.match:
        deviation = (colour - mean[:, None, None] * alpha / 255) ** 2
        spread = (deviation.sum() / weight / 3).clamp(min=1).sqrt()
        contrast = (behind.std(correction=0) + 8) / (spread + 8)
        gain = gain * contrast.clamp(0.6, 1.5) ** plan.match
    offset = (target - gain * mean) / 255
    return (colour * gain + alpha * offset[:, None, None]).clamp(min=0).minimum(alpha)


def _shade(plan: Shadow, layer: Layer, alpha: Tensor, extent: tuple[int, int]) -> Tensor:
    """How much of a layer's shadow lies on every pixel, (1, h, w) in 0 to 1."""
    height, width = (max(1, side // SHADOW_GRID) for side in extent)
    small = tuple(max(1, side // SHADOW_GRID) for side in alpha.shape[-2:])
    shape = F.interpolate(alpha[None], small, mode="area")[0] / 255
    reach = max(small)
    top = round(layer.y / SHADOW_GRID + reach * plan.down)
    left = round(layer.x / SHADOW_GRID + reach * plan.right)
    canvas = alpha.new_zeros(1, height, width)
    rows, columns = _seen(top, small[0], height), _seen(left, small[1], width)
    canvas[:, rows.start : rows.stop, columns.start : columns.stop] = shape[
        :, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    canvas = filters.blur(canvas, 1 + reach * plan.softness)
    return F.interpolate(canvas[None], extent, mode="bilinear", align_corners=False)[0]


def _seen(start: int, length: int, room: int) -> range:
    """The part of start to start + length that lies within 0 to room."""
    begin = min(room, max(0, start))
    return range(begin, max(begin, min(room, start + length)))


def _planes(picture: np.ndarray, device: torch.device | str) -> Tensor:
    """(h, w, C) uint8 as (C, h, w) float on the device."""
    pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(device, non_blocking=True)
    return pixels.permute(2, 0, 1).float().contiguous()
