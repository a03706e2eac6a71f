"""Picture filters on tensors of any device, values 0 to 255: what cameras and files do."""

import io
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from sama.training.correlation import filter_axis

LUMA = (0.299, 0.587, 0.114)
BLOCK = 8

# ITU-T T.81, annex K: tables for brightness and for colour at quality 50.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8 for _ in range(4)),
)


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (C, h, w), float; the border is repeated outwards."""
    reach = max(1, round(3 * sigma))
    taps = torch.exp(-((torch.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    taps = taps / taps.sum()
    return filter_axis(filter_axis(x[:, None], taps, 2), taps, 3)[:, 0]


def sharpen(x: Tensor, amount: float, sigma: float = 1.5, threshold: float = 2) -> Tensor:
    """Unsharp mask of (C, h, w), float: differences from the blurred picture above `threshold` are added again."""
    difference = x - blur(x, sigma)
    return (x + amount * difference * (difference.abs() > threshold)).clamp(0, 255)


def saturate(x: Tensor, keep: float) -> Tensor:
    """Lead the colours of (3, h, w), float, to grey (0) or away from it (above 1)."""
    grey = luma(x)
    return (grey + keep * (x - grey)).clamp(0, 255)


def luma(x: Tensor) -> Tensor:
    """Brightness (1, h, w) of (3, h, w)."""
    weighed = (weight * plane for weight, plane in zip(LUMA, x, strict=True))
    return cast(Tensor, sum(weighed))[None]


def look_up(x: Tensor, table: Tensor) -> Tensor:
    """Replace the levels of (C, h, w), float, by those of a table (C, 256)."""
    levels = x.round().clamp(0, 255).long()
    return torch.stack([row[plane] for row, plane in zip(table, levels, strict=True)])


def resample(x: Tensor, extent: tuple[int, int], mode: str) -> Tensor:
    """Resize (C, h, w), float, to `extent` (height, width) with antialiasing; mode: area, bilinear or bicubic."""
    how = {} if mode == "area" else {"antialias": True, "align_corners": False}
    return F.interpolate(x[None], extent, mode=mode, **how)[0].clamp(0, 255)


def jpeg(x: Tensor, quality: int) -> Tensor:
    """What baseline JPEG with colours at half resolution leaves of (3, h, w), float: on a processor by Pillow's codec,
    elsewhere without leaving the device."""
    return by_codec(x, quality) if x.device.type == "cpu" else as_codec(x, quality)


def by_codec(x: Tensor, quality: int) -> Tensor:
    """See `jpeg`; ten times as quick on a processor."""
    file = io.BytesIO()
    pixels = x.round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float().contiguous()


def as_codec(x: Tensor, quality: int) -> Tensor:
    """See `jpeg`. Only the quantisation of each block's cosine transform loses anything, so only that is done."""
    height, width = x.shape[-2:]
    brightness = luma(x)
    blue = (x[2:] - brightness) * 0.564 + 128
    red = (x[:1] - brightness) * 0.713 + 128
    colours = F.avg_pool2d(_filled(torch.cat([blue, red]), 2), 2)
    brightness = _quantised(brightness, _LUMINANCE, quality)
    colours = _quantised(colours, _CHROMINANCE, quality)
    colours = F.interpolate(colours[None], scale_factor=2, mode="bilinear", align_corners=False)[0]
    y, (cb, cr) = brightness[0], colours[:, :height, :width] - 128
    rgb = [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb]
    return torch.stack(rgb).clamp(0, 255)


def _quantised(x: Tensor, table: tuple, quality: int) -> Tensor:
    """Quantise the cosine transform of every 8 x 8 block of (C, h, w) as libjpeg does at a quality of 1 to 100."""
    height, width = x.shape[-2:]
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = torch.tensor(table, device=x.device, dtype=x.dtype)
    steps = ((steps * scale + 50) / 100).floor().clamp(1, 255)
    padded = _filled(x, BLOCK)
    c, h, w = padded.shape
    blocks = padded.reshape(c, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(2, 3) - 128
    cosine = _cosine(x)
    spectrum = cosine @ blocks @ cosine.T
    blocks = cosine.T @ ((spectrum / steps).round() * steps) @ cosine
    return (blocks + 128).transpose(2, 3).reshape(c, h, w)[:, :height, :width].clamp(0, 255)


def _filled(x: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column of (C, h, w) up to a multiple."""
    down, right = (-x.shape[-2] % multiple, -x.shape[-1] % multiple)
    return F.pad(x[None], (0, right, 0, down), mode="replicate")[0]


def _cosine(x: Tensor) -> Tensor:
    """The orthonormal cosine transform of length 8, (8, 8)."""
    n = torch.arange(BLOCK, device=x.device, dtype=x.dtype)
    matrix = torch.cos(torch.pi * (2 * n + 1) * n[:, None] / (2 * BLOCK)) * (2 / BLOCK) ** 0.5
    matrix[0] /= 2**0.5
    return matrix
