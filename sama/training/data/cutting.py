"""Objects cut out of photographs, to be pasted elsewhere: plainly, or with refined edges and clean colours."""

import hashlib
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from sama.matting.closed_form import closed_form_alpha
from sama.matting.foreground import estimate_foreground
from sama.training.data.photographs import bounding_box
from sama.training.data.sources import LabelledPhoto
from sama.training.data.synthesis import Box

LEAST_SHARE = 0.02  # of its photograph, for an object to be worth cutting
LEAST_SIDE = 48  # pixels of the shorter side; below that a refined edge is a guess
PLAIN_MARGIN, CLEAN_MARGIN = 3, 8  # pixels around the object
HAZE = 0.1  # what the solver leaves this near to nothing, or to opaque, is noise
QUALITY = 92


class CutCache:
    """Refined objects on disk, as WebP with exact alpha: each takes a second to make. None for `folder`: none kept."""

    def __init__(self, folder: Path | None):
        self.folder = folder

    def get(self, photo: LabelledPhoto, label: int) -> Image.Image | None:
        """The object `label` (0: all labels together) as RGBA, or None where its refined matte shows none."""
        path = self._path(photo, label)
        if path is not None and path.exists():
            data = path.read_bytes()
        else:
            picture = clean_cut(photo, photo.labels == label if label else photo.labels > 0)
            data = b"" if picture is None else encoded(picture)
            if path is not None:
                _write(path, data)
        # What is kept is lossy: the first to ask gets the same as those who come later.
        return Image.open(io.BytesIO(data)).convert("RGBA") if data else None

    def _path(self, photo: LabelledPhoto, label: int) -> Path | None:
        if self.folder is None or photo.path is None:
            return None
        name = f"{photo.path.resolve()} {label} {photo.folder.band}"
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:20]}.webp"


def cut_object(rng: np.random.Generator, photo: LabelledPhoto, cache: CutCache | None) -> Image.Image | None:
    """An object of the photograph as RGBa: with refined edges where there is a cache, else with a slightly soft edge.
    Mostly the largest, but one that hides behind others looks different. None when none is large enough."""
    if photo.folder.union:
        label, mask = 0, photo.labels > 0
    else:
        areas = np.bincount(photo.labels.ravel())
        areas[0] = 0
        if not areas.any():
            return None
        label = int(rng.choice(len(areas), p=areas / areas.sum()))
        mask = photo.labels == label
    if mask.mean() < LEAST_SHARE:
        return None
    if cache is None:
        return plain_cut(rng, photo, mask)
    x0, y0, x1, y1 = bounding_box(mask)
    picture = cache.get(photo, label) if min(x1 - x0, y1 - y0) >= LEAST_SIDE else None
    return None if picture is None else picture.convert("RGBa")


def plain_cut(rng: np.random.Generator, photo: LabelledPhoto, mask: np.ndarray) -> Image.Image:
    """The part `mask` (h, w) bool of a photograph with a slightly soft edge inside of the drawn one, as RGBa."""
    box = _around(mask, PLAIN_MARGIN)
    alpha = Image.fromarray(mask.astype(np.uint8) * 255).crop(box)
    alpha = alpha.filter(ImageFilter.MinFilter(3))
    alpha = alpha.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.3)))
    picture = photo.rgb.crop(box)
    picture.putalpha(alpha)
    return picture.convert("RGBa")


def clean_cut(photo: LabelledPhoto, mask: np.ndarray) -> Image.Image | None:
    """The part `mask` (h, w) bool of a photograph with a refined matte and the object's own colours, as RGBA.

    Within the folder's band along the drawn edge alpha is closed-form matting's, elsewhere the mask, and exact where
    the photograph has a matte; colours at soft edges are estimated. Pasted elsewhere, that alpha is the truth about
    the new picture, whether or not it was about the old. None when too little is left.
    """
    box = _around(mask, CLEAN_MARGIN)
    window = slice(box[1], box[3]), slice(box[0], box[2])
    image = np.asarray(photo.rgb.crop(box))
    if photo.alpha is None:
        alpha = refined(image, mask[window], photo.folder.band)
    else:
        alpha = photo.alpha[window].astype(np.float32) / 255
    if (alpha > 0.5).sum() < 0.5 * mask.sum():
        return None
    colour = estimate_foreground(image, alpha)
    values = np.dstack([colour, alpha]).clip(0, 1) * 255
    return Image.fromarray(values.round().astype(np.uint8), "RGBA")


def refined(image: np.ndarray, mask: np.ndarray, band: int) -> np.ndarray:
    """Matte (h, w) float32 in [0, 1] of a drawn mask (h, w) bool in an image (h, w, 3) uint8: within `band` pixels of
    its edge by closed-form matting. The picture's border is no edge. Thin things get a narrower band, so that some of
    their inside stays known."""
    depth = np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1, mode="edge")))[1:-1, 1:-1]
    band = max(1, min(band, int(np.percentile(depth[mask], 90) / 3)))
    reach = np.asarray(ndimage.distance_transform_edt(~mask))
    trimap = np.where(mask, np.where(depth > band, 1.0, 0.5), np.where(reach > band, 0.0, 0.5))
    alpha = closed_form_alpha(image, trimap.astype(np.float32))
    return ((alpha - HAZE) / (1 - 2 * HAZE)).clip(0, 1)


def encoded(picture: Image.Image) -> bytes:
    """RGBA as WebP: colours lossy, alpha not, and colours kept where alpha is 0."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY, alpha_quality=100, exact=True)
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Aside and renamed: several processes fill one cache."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_bytes(data)
    partial.replace(path)


def _around(mask: np.ndarray, margin: int) -> Box:
    """The box of a mask and a margin, but none at the picture's border: there the object is cut off."""
    x0, y0, x1, y1 = bounding_box(mask)
    height, width = mask.shape
    return max(0, x0 - margin), max(0, y0 - margin), min(width, x1 + margin), min(height, y1 + margin)
