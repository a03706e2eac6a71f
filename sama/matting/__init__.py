"""Foreground colours, compositing and backgrounds; nothing here knows a model."""

from sama.matting.background import (
    Background,
    BackgroundError,
    blurred_background,
    parse_background,
)
from sama.matting.composite import composite, cutout, to_uint8
from sama.matting.foreground import estimate_foreground, warm_up

__all__ = [
    "Background",
    "BackgroundError",
    "blurred_background",
    "composite",
    "cutout",
    "estimate_foreground",
    "parse_background",
    "to_uint8",
    "warm_up",
]
