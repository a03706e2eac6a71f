"""Foreground colours, compositing and backgrounds; nothing here knows a model."""

from sama.matting.background import (
    Background,
    BackgroundError,
    blurred_background,
    parse_background,
)
from sama.matting.composite import composite, composite_bytes, cutout, residual, to_uint8
from sama.matting.foreground import estimate_foreground, estimate_layers, warm_up

__all__ = [
    "Background",
    "BackgroundError",
    "blurred_background",
    "composite",
    "composite_bytes",
    "cutout",
    "estimate_foreground",
    "estimate_layers",
    "parse_background",
    "residual",
    "to_uint8",
    "warm_up",
]
