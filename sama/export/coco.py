"""Masks as a data set in COCO's format: one photo, an annotation for each object, compressed RLE."""

from dataclasses import dataclass
from typing import Any

import numpy as np

UNNAMED = "object"  # the category of objects without a name


@dataclass(frozen=True, eq=False)
class Annotated:
    """An object: its mask (H, W) bool, what it is called, empty for nothing, and the model's own estimate of the mask's
    IoU, None where there is none."""

    mask: np.ndarray
    name: str
    score: float | None


def data_set(
    file_name: str, size: tuple[int, int], description: str, objects: list[Annotated]
) -> dict[str, Any]:
    """Return plain JSON values: annotations in the given order, each with bbox, area, score and name; categories are
    the names. size: (width, height) of the photo."""
    names = list(dict.fromkeys(each.name or UNNAMED for each in objects))
    numbers = {name: number for number, name in enumerate(names, 1)}
    width, height = size
    return {
        "info": {"description": description},
        "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": numbers[each.name or UNNAMED], **_annotation(each)}
            for i, each in enumerate(objects, 1)
        ],
    }


def _annotation(found: Annotated) -> dict[str, Any]:
    from pycocotools import mask as coco

    rle = coco.encode(np.asfortranarray(found.mask, dtype=np.uint8))
    counts = str(rle["counts"], "ascii")  # pyright: ignore[reportArgumentType]  bytes, as it is compressed
    return {
        "iscrowd": 0,
        "area": int(coco.area(rle)),
        "bbox": coco.toBbox(rle).tolist(),
        "segmentation": {"size": rle["size"], "counts": counts},
        "name": found.name,
        **({} if found.score is None else {"score": round(found.score, 4)}),
    }
