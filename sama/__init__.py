"""SAMA, segment and matte anything: masks, mattes and cut-outs from clicks and boxes (arXiv 2601.12147)."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "FollowSettings",
    "Listing",
    "Prompts",
    "Request",
    "SamaPredictor",
    "Session",
    "answer",
    "batch",
    "composite",
    "estimate_foreground",
    "follow_clip",
    "load",
    "matte",
    "open_clip",
    "open_image",
]

if TYPE_CHECKING:
    from sama.matting import composite, estimate_foreground
    from sama.methods import answer
    from sama.methods.matte import matte
    from sama.objects.batch import batch
    from sama.photo.opening import open_image
    from sama.predict.answer import Answer
    from sama.predict.loading import load
    from sama.predict.predictor import SamaPredictor
    from sama.request.listing import Listing
    from sama.request.prompts import Prompts
    from sama.request.request import Request
    from sama.request.session import Session
    from sama.video.clip import open_clip
    from sama.video.clips import follow_clip
    from sama.video.settings import FollowSettings

_HOMES = {
    "Answer": "sama.predict.answer",
    "FollowSettings": "sama.video.settings",
    "Listing": "sama.request.listing",
    "Prompts": "sama.request.prompts",
    "Request": "sama.request.request",
    "Session": "sama.request.session",
    "answer": "sama.methods",
    "batch": "sama.objects.batch",
    "SamaPredictor": "sama.predict.predictor",
    "composite": "sama.matting",
    "estimate_foreground": "sama.matting",
    "follow_clip": "sama.video.clips",
    "load": "sama.predict.loading",
    "matte": "sama.methods.matte",
    "open_clip": "sama.video.clip",
    "open_image": "sama.photo.opening",
}


def __getattr__(name: str):
    # Importing torch takes seconds; `python -m sama --help` should not wait for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'sama' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
