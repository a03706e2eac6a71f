"""How a synthetic sample is put together: which background, which foregrounds, how large."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from sama.training import synthesis
from sama.training.painting import Painted, Scene, draw_recolouring, draw_shadow
from sama.training.photographs import Sample, bounding_box, frame_extent, random_aspect
from sama.training.procedural import procedural_alpha
from sama.training.sources import FOREGROUNDS, Sources
from sama.training.synthesis import Layer

CUT_BAND = 3


@dataclass(frozen=True)
class Recipe:
    """What composites for one task are made of.

    kinds: shares of the foreground kinds; sides: range of their long side relative to the frame's;
    min_area: least visible share of the frame; most: objects at once; shapes: drawn ones;
    without: families of renders left out.
    """

    kinds: dict[str, float]
    sides: tuple[float, float]
    min_area: float
    most: int
    shapes: tuple[str, ...]
    without: frozenset[str]


# The mask of a glass or of smoke is not its alpha: where masks are taught, neither may appear.
OPAQUE = ("strands", "defocused", "net", "bars", "scribble", "lace")
SEE_THROUGH = frozenset({"glass"})


RECIPES = {
    "mini": Recipe(
        kinds={"fluent": 0.27, "noto": 0.13, "renders": 0.27, "procedural": 0.03, "cut": 0.3},
        sides=(0.15, 1.1),
        min_area=0.003,
        most=3,
        shapes=OPAQUE,
        without=SEE_THROUGH,
    ),
    "segmentation": Recipe(
        kinds={"fluent": 0.22, "noto": 0.13, "renders": 0.42, "procedural": 0.08, "cut": 0.15},
        sides=(0.2, 1.1),
        min_area=0.003,
        most=3,
        shapes=OPAQUE,
        without=SEE_THROUGH,
    ),
    "matting": Recipe(
        kinds={"fluent": 0.15, "noto": 0.1, "renders": 0.45, "procedural": 0.3},
        sides=(0.35, 1.2),
        min_area=0.002,
        most=2,
        shapes=("strands",) * 4 + ("smoke", "defocused", "net", "bars", "scribble", "lace", "pane"),
        without=frozenset(),
    ),
}


def synthetic_sample(rng: np.random.Generator, sources: Sources, task: str, size: int) -> Sample | None:
    """A composite for `task`, or None when nothing in it is seen well enough."""
    recipe = RECIPES[task]
    canvas = frame_extent(size, random_aspect(rng))
    background = random_background(rng, sources, canvas)
    layers = []
    count = 1 + int(rng.choice(recipe.most, p=_decreasing(recipe.most)))
    for _ in range(count):
        kind = _kind(rng, recipe, sources)
        low, high = recipe.sides
        # Several objects share the frame, so each is smaller.
        share = low + (high - low) * rng.beta(1.4, 1.2) * (1 if count == 1 else 0.75)
        layer = _layer(rng, sources, kind, canvas, share * max(canvas), recipe)
        if layer is not None:
            layers.append(layer)
    if not layers:
        return None
    alphas = synthesis.visible_alphas(layers, canvas)
    chosen = synthesis.worth_prompting(alphas, layers, recipe.min_area)
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


def _kind(rng: np.random.Generator, recipe: Recipe, sources: Sources) -> str:
    usable = set(sources.available(FOREGROUNDS)) | {"procedural"}
    if sources.available(("cats", "ccp")):
        usable.add("cut")
    kinds = [k for k in recipe.kinds if k in usable]
    weights = np.array([recipe.kinds[k] for k in kinds])
    return str(rng.choice(kinds, p=weights / weights.sum()))


def _layer(
    rng: np.random.Generator,
    sources: Sources,
    kind: str,
    canvas: tuple[int, int],
    side: float,
    recipe: Recipe,
) -> Layer | None:
    angle = float(rng.normal(0, 9)) if rng.random() < 0.6 else 0.0
    if rng.random() < 0.08:
        angle = float(rng.uniform(-180, 180))
    if kind == "cut":
        picture = cut_object(rng, sources)
        if picture is None:
            return None
        cut = synthesis.cut_sides(np.asarray(picture)[..., 3])
        layer = synthesis.place(rng, picture, canvas, round(side), angle, cut)
        if layer is not None:
            layer.exact = False
            layer.band = max(2, round(CUT_BAND * side / max(picture.size)))
        return layer
    if kind == "procedural":
        picture = procedural_picture(rng, sources, round(side), recipe.shapes)
        cut = (False,) * 4
    else:
        picture, cut = _foreground(rng, sources, kind, recipe.without)
        # Enlarged renders lose the fine edges they are here for.
        side = min(side, max(picture.size) * rng.uniform(1.0, 2.5))
    if rng.random() < 0.08 and not any(cut):
        # The object alone out of focus; on premultiplied values that stays exact.
        radius = max(picture.size) / 512 * rng.uniform(0.5, 4)
        picture = _padded(picture, round(3 * radius)).filter(ImageFilter.GaussianBlur(float(radius)))
    return synthesis.place(rng, picture, canvas, round(side), angle, cut)


def _foreground(
    rng: np.random.Generator, sources: Sources, kind: str, without: frozenset[str]
) -> tuple[Image.Image, tuple[bool, bool, bool, bool]]:
    """A foreground and the sides where it is cut off; emoji are whole, renders may not be."""
    for _ in range(8):
        picture, family = sources.foreground(kind, rng)
        if family not in without:
            break
    if kind != "renders":
        return picture, (False,) * 4
    return picture, synthesis.cut_sides(np.asarray(picture)[..., 3])


def _padded(picture: Image.Image, margin: int) -> Image.Image:
    out = Image.new("RGBa", (picture.width + 2 * margin, picture.height + 2 * margin))
    out.paste(picture, (margin, margin))
    return out


def random_background(rng: np.random.Generator, sources: Sources, canvas: tuple[int, int]) -> np.ndarray:
    """(h, w, 3) uint8: a crop of a photograph, sometimes defocused; rarely smooth colours."""
    picture = sources.scenery(rng) if rng.random() < 0.93 else None
    if picture is None:
        return np.array(gradient(rng, canvas))
    box = synthesis.random_window(rng, picture.size, canvas[0] / canvas[1], 0.4)
    picture = picture.resize(canvas, Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.25:
        radius = max(canvas) / 512 * math.exp(rng.uniform(math.log(0.7), math.log(10)))
        picture = picture.filter(ImageFilter.GaussianBlur(float(radius)))
    return np.array(picture)


def gradient(rng: np.random.Generator, extent: tuple[int, int]) -> Image.Image:
    """Smooth colours: one colour, or a few blended, sometimes with noise."""
    cells = int(rng.choice([1, 2, 3, 5], p=[0.25, 0.35, 0.25, 0.15]))
    base = rng.uniform(0, 256, 3)
    grid = base + rng.normal(0, rng.uniform(5, 60), (cells, cells, 3))
    picture = Image.fromarray(np.clip(grid, 0, 255).astype(np.uint8))
    picture = picture.resize(extent, Image.Resampling.BICUBIC)
    if rng.random() < 0.4:
        return picture
    grain = rng.normal(0, rng.uniform(1, 12), (96, 96, 1)).astype(np.float32)
    height, width = extent[1], extent[0]
    tiles = np.tile(grain, (height // 96 + 1, width // 96 + 1, 1))[:height, :width]
    return Image.fromarray(np.clip(np.asarray(picture) + tiles, 0, 255).astype(np.uint8))


def cut_object(rng: np.random.Generator, sources: Sources) -> Image.Image | None:
    """A cat or a whole person cut from its photograph with a slightly soft edge, as RGBa."""
    names = sources.available(("cats", "ccp"))
    name = names[rng.integers(len(names))]
    for _ in range(4):
        photo = sources.labelled(name, rng)
        if name == "ccp":
            mask = photo.labels > 0
        else:
            areas = np.bincount(photo.labels.ravel())
            areas[0] = 0
            mask = photo.labels == int(areas.argmax()) if areas.any() else photo.labels < 0
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
