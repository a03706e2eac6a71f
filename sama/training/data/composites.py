"""How a synthetic sample is put together: which background, which foregrounds, how large."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from sama.training.data import synthesis
from sama.training.data.backdrops import gradient, random_background
from sama.training.data.cutting import CutCache, cut_object
from sama.training.data.painting import Painted, Scene, draw_recolouring, draw_shadow
from sama.training.data.photographs import Sample, frame_extent, random_aspect
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
    several cut objects in front of each other, where only the prompt says which is meant. clean: cut objects get
    refined edges and their own colours, and their alpha is exact; without, their edges are unknown. close: share of
    composites of one object that are close-ups, with sides of `close_sides`.
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
    clean: bool = False
    close: float = 0.0
    close_sides: tuple[float, float] = (0.7, 1.6)


def synthetic_sample(
    rng: np.random.Generator, sources: Sources, mixture: Mixture, size: int, cuts: CutCache | None = None
) -> Sample | None:
    """A composite, or None when nothing in it is seen well enough; `cuts` keeps refined objects."""
    cuts = cuts or CutCache(None)
    canvas = frame_extent(size, random_aspect(rng))
    background = random_background(rng, sources, canvas)
    layers = []
    crowd = rng.random() < mixture.crowds and CUT in _kinds(mixture, sources)
    count = (
        int(rng.choice(CROWD)) if crowd else 1 + int(rng.choice(mixture.most, p=_decreasing(mixture.most)))
    )
    close = count == 1 and mixture.close > 0 and rng.random() < mixture.close
    for _ in range(count):
        kind = CUT if crowd else draw_kind(rng, mixture, sources)
        low, high = CROWD_SIDES if crowd else mixture.close_sides if close else mixture.sides
        # Several objects share the frame, so each is smaller.
        share = low + (high - low) * rng.beta(1.4, 1.2) * (1 if count == 1 else 0.75)
        layer = _layer(rng, sources, kind, canvas, share * max(canvas), mixture, cuts)
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
    cuts: CutCache,
) -> Layer | None:
    angle = float(rng.normal(0, 9)) if rng.random() < 0.6 else 0.0
    if rng.random() < 0.08:
        angle = float(rng.uniform(-180, 180))
    if kind == CUT:
        return _cut_layer(rng, sources, canvas, side, angle, mixture, cuts)
    if kind == DRAWN:
        picture = procedural_picture(rng, sources, round(side), mixture.shapes)
        cut = (False, False, False, False)
    else:
        picture, cut = _foreground(rng, sources, kind, mixture.without)
        # Enlarged renders lose the fine edges they are here for.
        side = min(side, max(picture.size) * rng.uniform(1.0, 2.5))
    if rng.random() < 0.08 and not any(cut):
        # The object alone out of focus; on premultiplied values that stays exact.
        radius = max(picture.size) / 512 * rng.uniform(0.5, 4)
        picture = _padded(picture, round(3 * radius)).filter(ImageFilter.GaussianBlur(float(radius)))
    return synthesis.place(rng, picture, canvas, round(side), angle, cut)


def _cut_layer(
    rng: np.random.Generator,
    sources: Sources,
    canvas: tuple[int, int],
    side: float,
    angle: float,
    mixture: Mixture,
    cuts: CutCache,
) -> Layer | None:
    picture = _cut_picture(rng, sources, mixture, cuts)
    if picture is None:
        return None
    if mixture.clean:
        side = min(side, max(picture.size) * rng.uniform(1.0, 2.5))
    cut = synthesis.cut_sides(np.asarray(picture)[..., 3])
    layer = synthesis.place(rng, picture, canvas, round(side), angle, cut)
    if layer is not None and not mixture.clean:
        layer.exact = False
        layer.band = max(2, round(CUT_BAND * side / max(picture.size)))
    return layer


def _cut_picture(
    rng: np.random.Generator, sources: Sources, mixture: Mixture, cuts: CutCache
) -> Image.Image | None:
    """An object cut out of a photograph, as RGBa; None where none is large enough."""
    name = draw(rng, {n: mixture.cut[n] for n in sources.available(mixture.cut)})
    for _ in range(4):
        picture = cut_object(rng, sources.labelled(name, rng), cuts if mixture.clean else None)
        if picture is not None:
            return picture
    return None


def draw_object(
    rng: np.random.Generator, sources: Sources, mixture: Mixture, side: int, cuts: CutCache
) -> Image.Image | None:
    """The picture of a mixture's next object by itself, as RGBa, drawn ones of `side` pixels; None where a photograph
    shows none that is large enough."""
    kind = draw_kind(rng, mixture, sources)
    if kind == CUT:
        return _cut_picture(rng, sources, mixture, cuts)
    if kind == DRAWN:
        return procedural_picture(rng, sources, side, mixture.shapes)
    return _foreground(rng, sources, kind, mixture.without)[0]


def _foreground(
    rng: np.random.Generator, sources: Sources, kind: str, without: tuple[str, ...]
) -> tuple[Image.Image, tuple[bool, bool, bool, bool]]:
    """A foreground and the sides where it is cut off; some folders hold whole ones alone."""
    picture, family = sources.foreground(kind, rng)
    for _ in range(7):
        if family not in without:
            break
        picture, family = sources.foreground(kind, rng)
    if sources.folders[kind].whole:
        return picture, (False, False, False, False)
    return picture, synthesis.cut_sides(np.asarray(picture)[..., 3])


def _padded(picture: Image.Image, margin: int) -> Image.Image:
    out = Image.new("RGBa", (picture.width + 2 * margin, picture.height + 2 * margin))
    out.paste(picture, (margin, margin))
    return out


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
