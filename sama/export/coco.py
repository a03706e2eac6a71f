"""Masks in COCO's format: one photo, an annotation with compressed RLE for each mask."""

from typing import Any

import numpy as np

from sama.photo.opening import Photo


def annotation(mask: np.ndarray, number: int = 1) -> dict[str, Any]:
    """A mask (H, W) bool as annotation `number` of the photo, with its area and box [x, y, width, height]."""
    from pycocotools import mask as coco

    rle = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    counts = str(rle["counts"], "ascii")  # pyright: ignore[reportArgumentType]  bytes, as it is compressed
    return {
        "id": number,
        "image_id": 1,
        "category_id": 1,
        "iscrowd": 0,
        "area": int(coco.area(rle)),
        "bbox": coco.toBbox(rle).tolist(),
        "segmentation": {"size": rle["size"], "counts": counts},
    }


def dataset(photo: Photo, annotations: list[dict[str, Any]], description: str) -> dict[str, Any]:
    """A data set of a photo's annotations."""
    width, height = photo.size
    return {
        "info": {"description": description},
        "images": [{"id": 1, "file_name": photo.name, "width": width, "height": height}],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": annotations,
    }
