"""Write everything a person takes away, all or nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.imaging import Photo
from sama.matting import Background, composite, cutout, estimate_foreground, to_uint8
from sama.prompts import Session

if TYPE_CHECKING:
    from sama.predictor import Prediction


class ExportError(SamaError):
    """A folder that cannot be written to."""


def write_outputs(
    out_dir: str | os.PathLike,
    photo: Photo,
    prediction: "Prediction",
    background: Background,
    session: Session,
) -> list[Path]:
    """Write masks, matte, cut-out, composite and session to a folder, made where needed.

    mask_sam.png and mask.png (8 bit, 0 or 255), alpha.png (8 bit), cutout.png (RGBA, straight
    alpha, estimated foreground), composite.png (the cut-out where the background is transparent)
    and session.json. Returns their paths. Files of these names are replaced only once all are
    written; on any failure the folder is as it was.

    Raises ExportError where writing is impossible, PromptError for a session that cannot be saved,
    ValueError when the prediction lacks a SAMA result or is not of the photo's size.
    """
    pictures = _pictures(photo, prediction, background)
    out = Path(out_dir)
    try:
        with _staging(out) as folder:
            for name, pixels in pictures.items():
                # No profile is embedded: the pixels are sRGB, which a PNG without one means,
                # and the photo's own profile no longer describes them.
                Image.fromarray(pixels).save(folder / name)
            session.save(folder / "session.json")
            names = [*pictures, "session.json"]
            _move(folder, out, names)
    except OSError as error:
        raise ExportError(
            f"The folder {out.name or out} cannot be written to ({error.strerror or error}); "
            "choose another one."
        ) from error
    return [out / name for name in names]


def _pictures(photo: Photo, prediction: "Prediction", background: Background) -> dict[str, np.ndarray]:
    shape = photo.rgb.shape[:2]
    layers = prediction.sam_mask, prediction.sama_mask, prediction.alpha
    if any(layer is None or layer.shape != shape for layer in layers):
        raise ValueError(f"a SAM mask, a SAMA mask and an alpha of shape {shape} are needed")
    sam_mask, sama_mask, alpha = layers
    foreground = estimate_foreground(photo.rgb, alpha)
    cut = cutout(foreground, alpha)
    if background.kind == "transparent":
        result = cut
    else:
        result = to_uint8(composite(foreground, alpha, background.render(photo.rgb, alpha)))
    return {
        "mask_sam.png": sam_mask.astype(np.uint8) * 255,
        "mask.png": sama_mask.astype(np.uint8) * 255,
        "alpha.png": to_uint8(alpha),
        "cutout.png": cut,
        "composite.png": result,
    }


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """Give a temporary folder inside `out`; on failure, also remove what was made of `out`."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    staging = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".sama-", dir=out))
        yield staging
    except BaseException:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for folder in made:  # the innermost first
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        raise
    shutil.rmtree(staging, ignore_errors=True)


def _move(folder: Path, out: Path, names: list[str]) -> None:
    """Move files into `out`; should one fail, put everything back."""
    previous = folder / "previous"
    previous.mkdir()
    try:
        for name in names:
            if (out / name).is_dir():
                raise IsADirectoryError(None, f"{name} in it is a folder")
            if os.path.lexists(out / name):
                os.replace(out / name, previous / name)
            os.replace(folder / name, out / name)
    except BaseException:
        for name in names:
            if not os.path.lexists(folder / name):  # it was moved
                (out / name).unlink()
            if os.path.lexists(previous / name):
                os.replace(previous / name, out / name)
        raise
