"""How a synthetic sample is put together: which background, which foregrounds, how large."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from sama.training.data import synthesis
from sama.training.data.backdrops import gradient, random_background
from sama.training.data.painting import Painted, Scene, draw_recolouring, draw_shadow
from sama.training.data.photographs import Sample, bounding_box, frame_extent, random_aspect
from sama.training.data.procedural import procedural_alpha
from sama.training.data.sources import FOREGROUNDS, Sources
from sama.training.data.synthesis import Layer

CUT_BAND = 3
CROWD = (2, 3, 3, 4)
CROWD_SIDES = (0.3, 0.9)


@dataclass(frozen=True)
class Recipe:
    """What composites for one task are made of.

    kinds: shares of the foreground kinds; sides: range of their long side relative to the frame's;
    min_area: least visible share of the frame; most: objects at once; shapes: drawn ones;
    without: families of renders left out; crowds: share of samples that are animals or people cut from photographs,
    several in front of each other, where only the prompt says which is meant.
    """

    kinds: dict[str, float]
    sides: tuple[float, float]
    min_area: float
    most: int
    shapes: tuple[str, ...]
    without: frozenset[str]
    crowds: float = 0.0


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
        crowds=0.2,
    ),
    "segmentation": Recipe(
        kinds={"fluent": 0.22, "noto": 0.13, "renders": 0.42, "procedural": 0.08, "cut": 0.15},
        sides=(0.2, 1.1),
        min_area=0.003,
        most=3,
        shapes=OPAQUE,
        without=SEE_THROUGH,
        crowds=0.2,
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
    crowd = rng.random() < recipe.crowds and "cut" in _usable(sources)
    count = int(rng.choice(CROWD)) if crowd else 1 + int(rng.choice(recipe.most, p=_decreasing(recipe.most)))
    for _ in range(count):
        kind = "cut" if crowd else _kind(rng, recipe, sources)
        low, high = CROWD_SIDES if crowd else recipe.sides
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


def _usable(sources: Sources) -> set[str]:
    return {
        "procedural",
        *sources.available(FOREGROUNDS),
        *(("cut",) if sources.available(("cats", "ccp")) else ()),
    }


def _kind(rng: np.random.Generator, recipe: Recipe, sources: Sources) -> str:
    usable = _usable(sources)
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
            # Mostly the largest, but a cat that hides behind others looks different.
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
