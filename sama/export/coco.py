"""Masks in COCO's format: one photo, an annotation with compressed RLE for each mask, categories by name."""

from typing import Any

import numpy as np

from sama.photo.opening import Photo

UNNAMED = "object"  # the category of what has no name


def annotation(
    mask: np.ndarray, number: int = 1, *, name: str = "", score: float | None = None
) -> dict[str, Any]:
    """A mask (H, W) bool as annotation `number` of the photo: its area, its box [x, y, width, height], what it is
    called, and, where there is one, the model's own estimate of its IoU."""
    from pycocotools import mask as coco

    rle = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    counts = str(rle["counts"], "ascii")  # pyright: ignore[reportArgumentType]  bytes, as it is compressed
    return {
        "id": number,
        "image_id": 1,
        "iscrowd": 0,
        "area": int(coco.area(rle)),
        "bbox": coco.toBbox(rle).tolist(),
        "segmentation": {"size": rle["size"], "counts": counts},
        "name": name,
        **({} if score is None else {"score": round(score, 4)}),
    }


def dataset(photo: Photo, annotations: list[dict[str, Any]], description: str) -> dict[str, Any]:
    """A data set of a photo's annotations, whose names are its categories."""
    width, height = photo.size
    names = list(dict.fromkeys(each["name"] or UNNAMED for each in annotations))
    numbers = {name: number for number, name in enumerate(names, 1)}
    return {
        "info": {"description": description},
        "images": [{"id": 1, "file_name": photo.name, "width": width, "height": height}],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
        "annotations": [{**each, "category_id": numbers[each["name"] or UNNAMED]} for each in annotations],
    }
