"""What `sama everything` writes.

OUT/coco.json           every mask as an annotation with bbox, area and both scores, largest first
OUT/masks/001.png       mask 1 of coco.json, white on black; and so on
OUT/mattes/001.png      its matte, where mattes are wanted
OUT/contact_sheet.png   the photo with every mask in a colour of its own
"""

import colorsys
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from sama.export.coco import annotation, dataset
from sama.export.turns import alone_in
from sama.export.writing import explained, staging
from sama.matting import to_uint8
from sama.objects.everything.found import Found
from sama.photo.opening import Photo
from sama.predict.answer import ModelInfo

COCO, MASKS, MATTES, SHEET = "coco.json", "masks", "mattes", "contact_sheet.png"
SHEET_SIDE = 1600  # pixels of the contact sheet's longer side
_GOLDEN = 0.618  # of the circle of hues between two neighbours: colours that follow each other differ


def colour_of(number: int) -> tuple[int, int, int]:
    """The colour (r, g, b) bytes of mask `number`; those that follow each other differ."""
    red, green, blue = colorsys.hsv_to_rgb(number * _GOLDEN % 1, 0.75, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def ordered(found: Iterable[Found]) -> list[Found]:
    """Large masks first, so that what is drawn later lies on what it belongs to."""
    return sorted(found, key=lambda each: (-each.share, -each.predicted_iou, each.point))


def sheet(found: Sequence[Found], photo: Photo) -> Image.Image:
    """The photo, at most `SHEET_SIDE` pixels long, with the masks on it in colours of their own."""
    picture = Image.fromarray(photo.rgb)
    picture.thumbnail((SHEET_SIDE, SHEET_SIDE), Image.Resampling.BOX)
    pixels = np.asarray(picture, np.float32).copy()
    for number, each in enumerate(found):
        colour = np.array(colour_of(number), np.float32)
        mask = each.mask(picture.size)
        pixels[mask] = 0.45 * np.asarray(picture, np.float32)[mask] + 0.55 * colour
    return Image.fromarray(pixels.round().astype(np.uint8))


def write_found(
    out: Path,
    found: Sequence[Found],
    photo: Photo,
    info: ModelInfo,
    matte: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Iterator[int]:
    """Write the folder; yields after each mask how many are done. matte: mask (H, W) bool to alpha (H, W) in [0, 1].

    Masks and mattes of an earlier run are replaced, all at the end or, where anything fails, not at all. Raises
    ExportError where nothing can be written.
    """
    with explained(out), staging(out) as work:
        for name in (MASKS, MATTES) if matte else (MASKS,):
            (work / name).mkdir()
        annotations = []
        for number, each in enumerate(found, 1):
            mask = each.mask()
            annotations.append(annotation(mask, number) | each.scores)
            _save(mask.astype(np.uint8) * 255, work / MASKS / f"{number:03}.png")
            if matte is not None:
                _save(to_uint8(matte(mask)), work / MATTES / f"{number:03}.png")
            yield number
        data = dataset(
            photo, annotations, f"Everything that {info.name} found, weights {info.weights_digest}"
        )
        (work / COCO).write_text(json.dumps(data) + "\n", "utf-8", newline="\n")
        sheet(found, photo).save(work / SHEET)
        with alone_in(out):
            for name in (MASKS, MATTES):
                shutil.rmtree(out / name, ignore_errors=True)
            for path in sorted(work.iterdir()):
                os.replace(path, out / path.name)


def _save(pixels: np.ndarray, path: Path) -> None:
    Image.fromarray(pixels).save(path)
