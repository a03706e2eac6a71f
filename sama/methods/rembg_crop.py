"""A remover of backgrounds without prompts, for comparison: rembg's U2-Net on the part of the photo in the box.

The package rembg fetches and checks the weights itself, when `sama weights get rembg` asks it to; where they lie is
said here again, so that looking for them imports nothing.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama.errors import PromptError, WeightsError
from sama.methods.base import BOX
from sama.methods.field import Asked, FieldPhotoMethod, Place
from sama.request.request import Request
from sama.weights.field_records import FIELD_RECORDS, INSTALL_FIELD, lacking_packages

FILE = "u2net.onnx"
SURE = 10.0  # logit per unit of alpha above a half


def where() -> Path:
    """Where rembg keeps the weights; source: rembg 2.0.69, sessions/base.py."""
    home = os.getenv("U2NET_HOME") or Path(os.getenv("XDG_DATA_HOME") or "~") / ".u2net"
    return Path(home).expanduser() / FILE


def fetch_weights() -> Path:
    """Let rembg fetch the weights, which it checks, and return where they are. Raises WeightsError."""
    if lacking := lacking_packages(FIELD_RECORDS[RembgCrop.name]):
        raise WeightsError(f"rembg is fetched by its package, and {lacking[0]} is missing: {INSTALL_FIELD}.")
    from rembg.sessions.u2net import U2netSession

    try:
        return Path(U2netSession.download_models())
    except (
        Exception
    ) as error:  # its downloader raises what its HTTP library raises, and ValueError for a checksum
        raise WeightsError(
            f"rembg could not fetch {FILE} ({type(error).__name__}); check the network, or copy it to {where()}."
        ) from error


def load(place: Place) -> Any:
    """rembg's session over the weights that are here."""
    import onnxruntime
    from rembg.sessions.u2net import U2netSession

    class Here(U2netSession):
        """Fetches nothing."""

        @classmethod
        def download_models(cls, *args, **options) -> str:
            return str(where())

    return Here("u2net", onnxruntime.SessionOptions(), providers=["CPUExecutionProvider"])


class RembgCrop(FieldPhotoMethod):
    """The matte of whatever is salient in the box; rembg knows no clicks."""

    name = "rembg"
    label = "rembg"
    panel = "rembg, box only"
    title = "rembg matte"
    help = "rembg's U2-Net on the box's part of the photo; it takes no clicks, which correct only what it has found"
    note = "matte by rembg in the box, which knows no clicks"
    takes = frozenset({BOX})
    mask = name
    slow = "rembg looks at the box ..."
    licence = "Apache-2.0"
    load = load

    def files(self) -> list[Path] | None:
        """See `Field.files`."""
        return [where()] if where().is_file() else None

    def check_prompts(self, request: Request) -> None:
        """Clicks in a box are not refused: everybody's hold in the answer, though rembg does not see them. Raises
        PromptError for an object without a box."""
        for prompts in request.objects:
            if not prompts.boxes or prompts.mask is not None:
                raise PromptError("rembg takes a box, and ignores clicks; draw a box around the object.")

    def found(self, photo: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray | None]:
        """See `FieldPhotoMethod.found`."""
        alpha = np.zeros(photo.shape[:2], np.float32)
        x0, y0, x1, y1 = asked.box or (0.0, 0.0, float(photo.shape[1]), float(photo.shape[0]))
        left, top = max(int(x0), 0), max(int(y0), 0)
        part = photo[top : max(int(np.ceil(y1)), top + 1), left : max(int(np.ceil(x1)), left + 1)]
        (matte,) = self.model().predict(Image.fromarray(part))
        values = np.asarray(matte.convert("L"), np.float32) / 255
        alpha[top : top + part.shape[0], left : left + part.shape[1]] = values
        return (alpha - 0.5) * SURE, alpha
