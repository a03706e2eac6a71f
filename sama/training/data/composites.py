"""How a synthetic sample is put together: which background, which foregrounds, how large."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from sama.training.data import synthesis
from sama.training.data.backdrops import gradient, random_background
from sama.training.data.painting import Painted, Scene, draw_recolouring, draw_shadow
from sama.training.data.photographs import Sample, bounding_box, frame_extent, random_aspect
from sama.training.data.procedural import SHAPES, procedural_alpha
from sama.training.data.sources import Sources, draw
from sama.training.data.synthesis import Layer

CUT_BAND = 3
CROWD = (2, 3, 3, 4)
CROWD_SIDES = (0.3, 0.9)
DRAWN, CUT = "drawn", "cut"  # kinds of objects beside folders of foregrounds


@dataclass(frozen=True)
class Mixture:
    """What the samples of one task are made of, [mixture.TASK] of a mixture. All shares are relative to each other.

    photographs: share of samples that are crops of each labelled folder's; composites: share that are composites.
    Of composites: objects: shares of their objects by kind, a folder of foregrounds, "drawn" or "cut" from a labelled
    photograph; cut: how often from each folder; sides: range of an object's long side relative to the frame's;
    min_area: least visible share of the frame; most: objects at once; shapes: drawn ones, see `procedural.SHAPES`, one
    named twice is drawn twice as often; without: families of foregrounds left out; crowds: share of composites that are
    several cut objects in front of each other, where only the prompt says which is meant.
    """

    composites: float
    photographs: dict[str, float] = field(default_factory=dict)
    objects: dict[str, float] = field(default_factory=dict)
    cut: dict[str, float] = field(default_factory=dict)
    sides: tuple[float, float] = (0.2, 1.1)
    min_area: float = 0.003
    most: int = 3
    shapes: tuple[str, ...] = tuple(SHAPES)
    without: tuple[str, ...] = ()
    crowds: float = 0.0


def synthetic_sample(
    rng: np.random.Generator, sources: Sources, mixture: Mixture, size: int
) -> Sample | None:
    """A composite, or None when nothing in it is seen well enough."""
    canvas = frame_extent(size, random_aspect(rng))
    background = random_background(rng, sources, canvas)
    layers = []
    crowd = rng.random() < mixture.crowds and CUT in _kinds(mixture, sources)
    count = (
        int(rng.choice(CROWD)) if crowd else 1 + int(rng.choice(mixture.most, p=_decreasing(mixture.most)))
    )
    for _ in range(count):
        kind = CUT if crowd else draw_kind(rng, mixture, sources)
        low, high = CROWD_SIDES if crowd else mixture.sides
        # Several objects share the frame, so each is smaller.
        share = low + (high - low) * rng.beta(1.4, 1.2) * (1 if count == 1 else 0.75)
        layer = _layer(rng, sources, kind, canvas, share * max(canvas), mixture)
        if layer is not None:
            layers.append(layer)
    if not layers:
        return None
    alphas = synthesis.visible_alphas(layers, canvas)
    chosen = synthesis.worth_prompting(alphas, layers, mixture.min_area)
    if not chosen:
        return None
    painted = [Painted(layer, draw_recolouring(rng), draw_shadow(rng)) for layer in layers]
    known = ~synthesis.unknown_band(layers, canvas)
    return Sample(
        scene=Scene(background, painted),
        targets=alphas[chosen],
        known=np.broadcast_to(known, (len(chosen), *known.shape)),
        part=[False] * len(chosen),
        exact=all(layer.exact for layer in layers),
    )


def _decreasing(n: int) -> np.ndarray:
    weights = 0.5 ** np.arange(n)
    return weights / weights.sum()


def _kinds(mixture: Mixture, sources: Sources) -> set[str]:
    """The kinds of objects that there are pictures for."""
    cut = (CUT,) if sources.available(mixture.cut) else ()
    return {DRAWN, *sources.available(mixture.objects), *cut}


def draw_kind(rng: np.random.Generator, mixture: Mixture, sources: Sources) -> str:
    """The kind of the next object; drawn ones where none of the mixture's is there."""
    usable = _kinds(mixture, sources)
    shares = {k: share for k, share in mixture.objects.items() if k in usable and share} or {DRAWN: 1.0}
    weights = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def _layer(
    rng: np.random.Generator,
    sources: Sources,
    kind: str,
    canvas: tuple[int, int],
    side: float,
    mixture: Mixture,
) -> Layer | None:
    angle = float(rng.normal(0, 9)) if rng.random() < 0.6 else 0.0
    if rng.random() < 0.08:
        angle = float(rng.uniform(-180, 180))
    if kind == CUT:
        picture = cut_object(rng, sources, mixture.cut)
        if picture is None:
            return None
        cut = synthesis.cut_sides(np.asarray(picture)[..., 3])
        layer = synthesis.place(rng, picture, canvas, round(side), angle, cut)
        if layer is not None:
            layer.exact = False
            layer.band = max(2, round(CUT_BAND * side / max(picture.size)))
        return layer
    if kind == DRAWN:
        picture = procedural_picture(rng, sources, round(side), mixture.shapes)
        cut = (False,) * 4
    else:
        picture, cut = _foreground(rng, sources, kind, mixture.without)
        # Enlarged renders lose the fine edges they are here for.
        side = min(side, max(picture.size) * rng.uniform(1.0, 2.5))
    if rng.random() < 0.08 and not any(cut):
        # The object alone out of focus; on premultiplied values that stays exact.
        radius = max(picture.size) / 512 * rng.uniform(0.5, 4)
        picture = _padded(picture, round(3 * radius)).filter(ImageFilter.GaussianBlur(float(radius)))
    return synthesis.place(rng, picture, canvas, round(side), angle, cut)


def _foreground(
    rng: np.random.Generator, sources: Sources, kind: str, without: tuple[str, ...]
) -> tuple[Image.Image, tuple[bool, bool, bool, bool]]:
    """A foreground and the sides where it is cut off; some folders hold whole ones alone."""
    for _ in range(8):
        picture, family = sources.foreground(kind, rng)
        if family not in without:
            break
    if sources.folders[kind].whole:
        return picture, (False,) * 4
    return picture, synthesis.cut_sides(np.asarray(picture)[..., 3])


def _padded(picture: Image.Image, margin: int) -> Image.Image:
    out = Image.new("RGBa", (picture.width + 2 * margin, picture.height + 2 * margin))
    out.paste(picture, (margin, margin))
    return out


def cut_object(rng: np.random.Generator, sources: Sources, shares: dict[str, float]) -> Image.Image | None:
    """An object cut from a labelled photograph of one of the folders `shares`, with a slightly soft edge, as RGBa."""
    name = draw(rng, {n: shares[n] for n in sources.available(shares)})
    for _ in range(4):
        photo = sources.labelled(name, rng)
        if photo.folder.union:
            mask = photo.labels > 0
        else:
            areas = np.bincount(photo.labels.ravel())
            areas[0] = 0
            # Mostly the largest, but one that hides behind others looks different.
            chosen = int(rng.choice(len(areas), p=areas / areas.sum())) if areas.any() else -1
            mask = photo.labels == chosen
        if mask.mean() < 0.02:
            continue
        x0, y0, x1, y1 = bounding_box(mask)
        height, width = mask.shape
        # Margin for the soft edge, but none at the photo's border: there the object is cut off.
        box = (max(0, x0 - 3), max(0, y0 - 3), min(width, x1 + 3), min(height, y1 + 3))
        alpha = Image.fromarray(mask.astype(np.uint8) * 255).crop(box)
        alpha = alpha.filter(ImageFilter.MinFilter(3))
        alpha = alpha.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.3)))
        picture = photo.rgb.crop(box)
        picture.putalpha(alpha)
        return picture.convert("RGBa")
    return None


def procedural_picture(
    rng: np.random.Generator, sources: Sources, side: int, shapes: tuple[str, ...]
) -> Image.Image:
    """A drawn alpha filled with a piece of a photograph or with smooth colours, as RGBa."""
    alpha = procedural_alpha(rng, max(32, side), shapes)
    scenery = sources.scenery(rng) if rng.random() < 0.4 else None
    if scenery is None:
        texture = gradient(rng, alpha.size)
    else:
        box = synthesis.random_window(rng, scenery.size, 1.0, 0.15)
        texture = scenery.resize(alpha.size, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    texture.putalpha(alpha)
    return texture.convert("RGBa")
