"""One accepted answer in a folder.

DIR/images/NAME.png     the photo's upright pixels, without loss
DIR/labels/NAME.png     its objects, numbered from 1, front to back; 0 is background
DIR/alphas/NAME.png     the matte of all of them together, 8 bit
DIR/sessions/NAME.json  the prompts and settings that led to it

NAME is that of the photo and the first letters of its pixels' digest, so two photos of one name are kept apart, and the
same photo, accepted again, replaces its own files.
"""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from sama.errors import SamaError
from sama.export.names import file_stem
from sama.export.outputs import Outputs
from sama.export.writing import explained, staging
from sama.matting import to_uint8

MOST = 254  # objects; 255 means "nobody decided" in label maps
_DIGEST = 8  # letters


def write_accepted(folder: Path, outputs: Outputs) -> str:
    """Write an answer, all of it or nothing, and return NAME. Raises ExportError where the folder cannot be written to,
    SamaError for an answer that shows nothing."""
    photo = outputs.photo
    labels = label_map(outputs)
    if not labels.any():
        raise SamaError("The mask is empty, and nothing can be learned from it; mark the object first.")
    name = accepted_name(photo.name, photo.digest)
    with explained(folder), staging(folder) as work:
        Image.fromarray(photo.rgb).save(work / "images.png", compress_level=1)
        Image.fromarray(labels).save(work / "labels.png")
        Image.fromarray(to_uint8(outputs.alpha)).save(work / "alphas.png")
        outputs.session.save(work / "sessions.json")
        for path in sorted(work.glob("*.*")):
            (folder / path.stem).mkdir(exist_ok=True)
        # The photo comes last: whoever reads the folder pairs photos with what is there already.
        for path in sorted(work.glob("*.*"), key=lambda path: path.stem == "images"):
            os.replace(path, folder / path.stem / f"{name}{path.suffix}")
    return name


def accepted_name(photo: str, digest: str) -> str:
    """NAME of a photo, which its owner calls `photo`, with `Photo.digest` pixels."""
    return f"{file_stem(Path(photo).stem) or 'photo'}_{digest[:_DIGEST]}"


def accepted_session(folder: Path, photo: str, digest: str) -> Path | None:
    """The session of an answer to this photo that was accepted before, if any."""
    path = folder / "sessions" / f"{accepted_name(photo, digest)}.json"
    return path if path.is_file() else None


def label_map(outputs: Outputs) -> np.ndarray:
    """The objects of an answer (H, W) uint8, numbered from 1 in the order of `Outputs.parts`, which is front to back:
    where two overlap, the one in front counts. Raises SamaError for more objects than there are numbers."""
    if len(outputs.parts) > MOST:
        raise SamaError(f"There are {len(outputs.parts)} objects; accept at most {MOST} of them at once.")
    labels = np.zeros(outputs.mask.shape, np.uint8)
    for number, part in reversed([*enumerate(outputs.parts, 1)]):
        labels[part.mask] = number
    return labels
