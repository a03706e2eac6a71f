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
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pycocotools import mask as coco

from sama.errors import SamaError
from sama.export.turns import alone_in
from sama.objects.everything.found import Found
from sama.photo.opening import Photo
from sama.predict.answer import ModelInfo

COCO, MASKS, MATTES, SHEET = "coco.json", "masks", "mattes", "contact_sheet.png"
SHEET_SIDE = 1600  # pixels of the contact sheet's longer side
_GOLDEN = 0.618  # of the circle of hues between two neighbours: colours that follow each other differ


def ordered(found: Iterable[Found]) -> list[Found]:
    """Large masks first, so that what is drawn later lies on what it belongs to."""
    return sorted(found, key=lambda each: (-each.share, -each.predicted_iou, each.point))


def annotations(found: Sequence[Found], photo: Photo, info: ModelInfo) -> dict:
    """The masks as a data set in COCO's format; score is SAM's predicted IoU, the rest has the names of its masks."""
    width, height = photo.size
    made = []
    for number, each in enumerate(found, 1):
        rle: Any = coco.encode(np.asfortranarray(each.mask(), dtype=np.uint8))
        made.append(
            {
                "id": number,
                "image_id": 1,
                "category_id": 1,
                "iscrowd": 0,
                "area": int(coco.area(rle)),
                "bbox": coco.toBbox(rle).tolist(),
                "segmentation": {"size": rle["size"], "counts": str(rle["counts"], "ascii")},
                "score": each.predicted_iou,
                "stability_score": each.stability_score,
                "point_coords": [list(each.point)],
            }
        )
    return {
        "info": {"description": f"Everything that {info.name} found, weights {info.weights_digest}"},
        "images": [{"id": 1, "file_name": photo.name, "width": width, "height": height}],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": made,
    }


def sheet(found: Sequence[Found], photo: Photo) -> Image.Image:
    """The photo, at most `SHEET_SIDE` pixels long, with the masks on it in colours of their own."""
    picture = Image.fromarray(photo.rgb)
    picture.thumbnail((SHEET_SIDE, SHEET_SIDE), Image.Resampling.BOX)
    pixels = np.asarray(picture, np.float32).copy()
    for number, each in enumerate(found):
        colour = np.array(colorsys.hsv_to_rgb(number * _GOLDEN % 1, 0.75, 1.0), np.float32) * 255
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
    SamaError where nothing can be written.
    """
    with _told(out):
        out.mkdir(parents=True, exist_ok=True)
    with _told(out), tempfile.TemporaryDirectory(prefix=".sama-", dir=out) as aside:
        work = Path(aside)
        for name in (MASKS, MATTES) if matte else (MASKS,):
            (work / name).mkdir()
        for number, each in enumerate(found, 1):
            mask = each.mask()
            _save(mask.astype(np.uint8) * 255, work / MASKS / f"{number:03}.png")
            if matte is not None:
                alpha = (matte(mask) * 255).round().astype(np.uint8)
                _save(alpha, work / MATTES / f"{number:03}.png")
            yield number
        made = json.dumps(annotations(found, photo, info))
        (work / COCO).write_text(made + "\n", "utf-8", newline="\n")
        sheet(found, photo).save(work / SHEET)
        with alone_in(out):
            for name in (MASKS, MATTES):
                shutil.rmtree(out / name, ignore_errors=True)
            for path in sorted(work.iterdir()):
                os.replace(path, out / path.name)


def _save(pixels: np.ndarray, path: Path) -> None:
    Image.fromarray(pixels).save(path, optimize=False)


@contextmanager
def _told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SamaError(f"{out} cannot be written ({error.strerror}); choose another --out.") from error
