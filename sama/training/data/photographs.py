"""Training samples cut from labelled photographs: crop, masks, where labels can be trusted."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from sama.training.data.painting import Scene
from sama.training.data.sources import LabelledPhoto
from sama.training.data.synthesis import Box

# width / height and how often; the square ones leave no padding in the frame.
ASPECTS = ((1.0, 0.36), (3 / 2, 0.16), (2 / 3, 0.16), (4 / 3, 0.12), (3 / 4, 0.12))
ASPECTS = (*ASPECTS, (16 / 9, 0.04), (9 / 16, 0.04))
MIN_AREA = 0.0002
MIN_PERSON_AREA = 0.0015
MIN_PART_AREA = 0.005
MIN_SIDE = 6


@dataclass(frozen=True)
class Crops:
    """How photographs are cropped, as shares: `uncropped`, as large as the aspect allows; of the photograph's own
    aspect, `native`; `narrow`, with as little as a third of the object. `whole`: share of prompts that mean all of an
    object that is labelled by parts, where parts are taught."""

    uncropped: float = 0.3
    native: float = 0.35
    narrow: float = 0.15
    whole: float = 0.74


@dataclass
class Sample:
    """What a recipe produces, before degradation and padding to the model frame.

    scene: of the valid extent, still to be painted. targets: (n, h, w) uint8 alpha of n different objects.
    known: (n, h, w) bool, where the target may be supervised. part: n flags. exact: alpha is exact.
    """

    scene: Scene
    targets: np.ndarray
    known: np.ndarray
    part: list[bool]
    exact: bool


def random_aspect(
    rng: np.random.Generator, native: float | None = None, native_share: float = Crops.native
) -> float:
    """width / height of a frame: `native` for a share of frames, where there is one."""
    if native is not None and rng.random() < native_share:
        return native
    values, weights = zip(*ASPECTS, strict=True)
    return float(rng.choice(values, p=weights))


def frame_extent(size: int, aspect: float) -> tuple[int, int]:
    """(width, height) with the given aspect whose long side is `size` pixels."""
    if aspect >= 1:
        return size, max(1, round(size / aspect))
    return max(1, round(size * aspect)), size


def bounding_box(mask: np.ndarray) -> Box:
    """(x0, y0, x1, y1), ends excluded, of a mask that is not empty."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def random_crop(
    rng: np.random.Generator, size: tuple[int, int], aspect: float, keep: Box, crops: Crops
) -> Box:
    """Crop of `aspect` in a picture of `size` with most of the box `keep` (sometimes less)."""
    width, height = size
    widest = min(width, height * aspect)
    wanted = 0.35 if rng.random() < crops.narrow else 0.9
    zoom = 0.0 if rng.random() < crops.uncropped else 0.6
    best, best_share = (0, 0, width, height), -1.0
    for attempt in range(8):
        scale = 1 - zoom * rng.beta(1.1, 1.6) * (1 - attempt / 8)
        w, h = widest * scale, widest * scale / aspect
        x, y = rng.random() * (width - w), rng.random() * (height - h)
        share = _overlap(x, x + w, keep[0], keep[2]) * _overlap(y, y + h, keep[1], keep[3])
        if share > best_share:
            best = (round(x), round(y), round(x + w), round(y + h))
            best_share = share
        if best_share >= wanted:
            break
    return best


def _overlap(a0: float, a1: float, b0: float, b1: float) -> float:
    return max(0.0, min(a1, b1) - max(a0, b0)) / (b1 - b0)


def photo_sample(
    rng: np.random.Generator,
    photo: LabelledPhoto,
    size: int,
    prompts: int,
    parts: bool,
    crops: Crops | None = None,
) -> Sample | None:
    """A crop of `photo` with up to `prompts` of its objects, or None when it shows none. parts: whether parts of
    objects that are labelled by parts may be meant."""
    crops = crops or Crops()
    labels = photo.labels
    objects = np.unique(labels[::2, ::2])
    objects = objects[objects > 0]
    if not len(objects):
        return None
    union, band = photo.folder.union, photo.folder.band
    main = labels > 0 if union else labels == _by_area(rng, labels, objects)
    aspect = random_aspect(rng, photo.rgb.width / photo.rgb.height, crops.native)
    box = random_crop(rng, photo.rgb.size, aspect, bounding_box(main), crops)
    window = slice(box[1], box[3]), slice(box[0], box[2])
    labels = labels[window]
    extent = frame_extent(size, (box[2] - box[0]) / (box[3] - box[1]))
    scale = extent[0] / labels.shape[1]
    if union:
        chosen = _choose_parts(rng, labels, prompts if parts else 0, crops.whole)
    else:
        chosen = [(mask, False) for mask in _choose(rng, labels, prompts, scale)]
    if not chosen:
        return None
    flip = rng.random() < 0.5
    image = photo.rgb.resize(extent, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    if photo.alpha is None:
        pairs = [mask_target(mask, extent, band) for mask, _ in chosen]
    else:
        pairs = [matte_target(photo.alpha[window], extent)]
    known = np.stack([k for _, k in pairs])
    if photo.void is not None:
        known = known & ~_resized(photo.void[window], extent)
    if flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    step = -1 if flip else 1
    return Sample(
        scene=Scene(np.array(image)),
        targets=np.stack([t for t, _ in pairs])[..., ::step],
        known=known[..., ::step],
        part=[part for _, part in chosen],
        exact=photo.alpha is not None,
    )


def _by_area(rng: np.random.Generator, labels: np.ndarray, objects: np.ndarray) -> int:
    area = np.bincount(labels.ravel(), minlength=int(objects[-1]) + 1)[objects].astype(float)
    weights = np.sqrt(area)
    return int(rng.choice(objects, p=weights / weights.sum()))


def _choose(rng: np.random.Generator, labels: np.ndarray, prompts: int, scale: float) -> list[np.ndarray]:
    """Masks of up to `prompts` different objects of a cropped label map; `scale` frame pixels a label pixel."""
    share = np.bincount(labels.ravel()) / labels.size
    share[0] = 0
    candidates = [
        k for k in np.flatnonzero(share >= MIN_AREA) if _shorter_side(labels == k) * scale >= MIN_SIDE
    ]
    return [labels == k for k in _weighted(rng, np.array(candidates, int), share, prompts)]


def _choose_parts(
    rng: np.random.Generator, labels: np.ndarray, prompts: int, whole: float
) -> list[tuple[np.ndarray, bool]]:
    """(mask, is a part) of one object and some of its parts in a cropped map of parts; `prompts` 0 for no parts."""
    share = np.bincount(labels.ravel()) / labels.size
    share[0] = 0
    if share.sum() < MIN_PERSON_AREA:
        return []
    chosen = [(labels > 0, False)]
    wanted = int((rng.random(prompts) > whole).sum()) if prompts else 0
    if prompts and wanted == prompts:
        chosen = []
    candidates = np.flatnonzero(share > MIN_PART_AREA)
    # A garment that is nearly the whole visible person is no part of anything.
    candidates = candidates[share[candidates] < 0.8 * share.sum()]
    picked = _weighted(rng, candidates, share, wanted)
    return chosen + [(labels == k, True) for k in picked] or [(labels > 0, False)]


def _weighted(rng: np.random.Generator, candidates: np.ndarray, share: np.ndarray, count: int) -> np.ndarray:
    """Up to `count` different candidates, larger ones somewhat preferred: small ones are hard and must be learnt."""
    count = min(count, len(candidates))
    if not count:
        return candidates[:0]
    weights = share[candidates] ** 0.25
    return rng.choice(candidates, count, replace=False, p=weights / weights.sum())


def _shorter_side(mask: np.ndarray) -> int:
    x0, y0, x1, y1 = bounding_box(mask)
    return min(x1 - x0, y1 - y0)


def mask_target(mask: np.ndarray, extent: tuple[int, int], band: int) -> tuple[np.ndarray, np.ndarray]:
    """Binary label mask (h, w) -> uint8 target and bool known region, both at `extent` (w, h).

    The target is resized with antialiasing; `band` label pixels on either side of the edge are
    unknown.
    """
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    target = picture.resize(extent, Image.Resampling.BILINEAR)
    # A box mean other than 0 or 255 says that an edge is within reach.
    mean = np.asarray(picture.filter(ImageFilter.BoxBlur(band)))
    return np.asarray(target), ~_resized((mean > 0) & (mean < 255), extent)


def matte_target(alpha: np.ndarray, extent: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Exact matte (h, w) uint8 -> uint8 target and bool known region, all of it, both at `extent` (w, h)."""
    target = np.asarray(Image.fromarray(alpha).resize(extent, Image.Resampling.BILINEAR))
    return target, np.ones(target.shape, bool)


def _resized(region: np.ndarray, extent: tuple[int, int]) -> np.ndarray:
    """A region (h, w) bool at `extent` (w, h), nearest neighbour."""
    picture = Image.fromarray(region.astype(np.uint8))
    return np.asarray(picture.resize(extent, Image.Resampling.NEAREST)) > 0
