"""Drawn foregrounds with exact alpha: strands, smoke, defocused shapes, nets, bars, scribbles, lace, panes."""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sama.training.data.drawing import Drawing, outline


def strands(rng: np.random.Generator, side: int) -> Image.Image:
    """Hair or fur: tapering curves that leave the rim of a solid blob."""
    drawing = Drawing(side)
    body = outline(rng, (side / 2, side / 2), side * rng.uniform(0.12, 0.3), 0.25, 96)
    if rng.random() < 0.9:
        drawing.polygon(body)
    count = int(np.exp(rng.uniform(np.log(25), np.log(420))))
    length = side * rng.uniform(0.06, 0.4)
    width = side / 512 * np.exp(rng.uniform(np.log(0.3), np.log(3.0)))
    # Tufts share a root; fall and waves bend all strands of one drawing alike.
    tufts = int(rng.integers(1, 24))
    reach = rng.uniform(0.3, 1)
    tuft_place = rng.random() + reach * rng.random(tufts)
    place = tuft_place[rng.integers(tufts, size=count)] + rng.normal(0, 0.02 + 0.3 / tufts, count)
    roots = body[(place % 1 * len(body)).astype(int)]
    centre = body.mean(0)
    out = roots - centre
    angle = np.arctan2(out[:, 1], out[:, 0]) + rng.normal(0, rng.uniform(0.08, 0.5), count)
    t = np.linspace(0, 1, 14)
    fall = rng.normal(0, 1, 2) * (rng.random() < 0.6) * rng.uniform(0.5, 3)
    direction = np.stack([np.cos(angle), np.sin(angle)], -1)[:, None] + t[:, None] * fall
    waves = rng.uniform(0, 0.9) * np.sin(rng.uniform(2, 12) * t + rng.normal(0, 0.8, (count, 1)))
    bend = (rng.normal(0, 1.2) + rng.normal(0, 0.4, count))[:, None] * t
    heading = np.arctan2(direction[..., 1], direction[..., 0]) + waves + bend
    sizes = length * rng.uniform(0.5, 1.3, count)
    steps = np.stack([np.cos(heading), np.sin(heading)], -1) * sizes[:, None, None] / len(t)
    # The first point lies inside the body, so that no gap opens between body and hair.
    steps[:, 0] = 0
    curves = (centre + out * 0.9)[:, None] + np.cumsum(steps, 1)
    widths = width * rng.uniform(0.5, 1.5, count)
    for curve, thickness in zip(curves, widths, strict=True):
        drawing.line(curve[:7], thickness)
        drawing.line(curve[6:11], thickness * 0.7)
        drawing.line(curve[10:], thickness * 0.4)
    return drawing.alpha()


def smoke(rng: np.random.Generator, side: int) -> Image.Image:
    """Smoke, mist or a soft glow: smooth noise inside a soft envelope."""
    field = np.zeros((side, side), np.float32)
    for octave in range(1, 6):
        cells = 2**octave + 1
        noise = Image.fromarray(rng.standard_normal((cells, cells), dtype=np.float32))
        field += np.asarray(noise.resize((side, side), Image.Resampling.BICUBIC)) / 1.8**octave
    body = Image.new("L", (64, 64))
    points = outline(rng, (32, 32), rng.uniform(12, 22), 0.3)
    ImageDraw.Draw(body).polygon(points.ravel().tolist(), fill=255)
    body = body.filter(ImageFilter.GaussianBlur(rng.uniform(2, 6)))
    envelope = np.asarray(body.resize((side, side), Image.Resampling.BICUBIC)) / np.float32(255)
    # Softplus keeps density positive without hard edges where the noise is negative.
    density = envelope * np.logaddexp(0, 2 + 4 * rng.uniform(0.2, 0.9) * field) / 4
    # Opacity of a medium of that thickness (Beer-Lambert), strong enough for a core to be seen.
    alpha = 1 - np.exp(-rng.uniform(1.2, 5) * density)
    alpha *= rng.uniform(0.65, 1.0) / max(float(alpha.max()), 1e-3)
    return Image.fromarray((alpha * 255).astype(np.uint8))


def defocused(rng: np.random.Generator, side: int) -> Image.Image:
    """One or a few shapes out of focus."""
    drawing = Drawing(side)
    for _ in range(rng.integers(1, 4)):
        centre = tuple(side * rng.uniform(0.35, 0.65, 2))
        drawing.polygon(outline(rng, centre, side * rng.uniform(0.08, 0.24), 0.3))
    return drawing.alpha().filter(ImageFilter.GaussianBlur(side * rng.uniform(0.004, 0.05)))


def net(rng: np.random.Generator, side: int) -> Image.Image:
    """A net, grid, racket or spoked wheel: thin bars inside a rim."""
    drawing = Drawing(side)
    rim = outline(rng, (side / 2, side / 2), side * 0.44, 0.05 * rng.random(), 72)
    closed = np.concatenate([rim, rim[:2]])
    width = side / 512 * np.exp(rng.uniform(np.log(0.7), np.log(6)))
    bars = int(rng.integers(4, 22))
    if rng.random() < 0.35:
        hub = rim.mean(0)
        for k in range(bars):
            drawing.line(np.stack([hub, rim[k * len(rim) // bars]]), width)
        drawing.polygon(outline(rng, tuple(hub), side * rng.uniform(0.02, 0.09), 0))
    else:
        _warped_grid(rng, drawing, bars, width)
        drawing.clip(rim)
    if rng.random() < 0.85:
        drawing.line(closed, width * rng.uniform(1.5, 5))
    return drawing.alpha()


def _warped_grid(rng: np.random.Generator, drawing: Drawing, bars: int, width: float) -> None:
    side = drawing.side
    t = np.linspace(-0.1, 1.1, 40)
    turn, sag = rng.uniform(0, np.pi), rng.normal(0, 0.04)
    phase, waves = rng.uniform(0, 6, 2), rng.uniform(2, 7)
    crossing = rng.choice([np.pi / 2, np.pi / 3, np.pi / 2.5])
    for direction in (turn, turn + crossing):
        along = np.array([math.cos(direction), math.sin(direction)])
        across = np.array([-along[1], along[0]])
        for k in range(-1, bars + 2):
            offset = (k / bars - 0.5) * 1.2 + sag * np.sin(waves * t + phase[0] + 0.3 * k)
            line = 0.5 + (t - 0.5)[:, None] * along * 1.3 + offset[:, None] * across
            drawing.line(line * side, width)


def bars(rng: np.random.Generator, side: int) -> Image.Image:
    """A fence, ladder or railing: parallel bars of one width, and rails across them."""
    drawing = Drawing(side)
    count = int(rng.integers(3, 26))
    pitch = 0.84 / count
    width = side * pitch * rng.uniform(0.12, 0.6)
    lean, turn = rng.normal(0, 0.12), rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.15)
    low, high = rng.uniform(0.02, 0.3), rng.uniform(0.7, 0.98)
    ragged = rng.uniform(0, 0.06)

    def place(points: np.ndarray) -> np.ndarray:
        c, s = math.cos(turn), math.sin(turn)
        return side * (0.5 + (points - 0.5) @ np.array([[c, s], [-s, c]]))

    for k in range(count):
        x = 0.08 + pitch * (k + 0.5)
        top, bottom = low + ragged * rng.normal(), high + ragged * rng.normal()
        drawing.line(place(np.array([[x + lean * top, top], [x + lean * bottom, bottom]])), width)
    for y in rng.uniform(low + 0.05, high - 0.05, rng.integers(1, 5)):
        drawing.line(
            place(np.array([[0.06 + lean * y, y], [0.94 + lean * y, y]])), width * rng.uniform(0.5, 2)
        )
    if rng.random() < 0.3:
        drawing.line(place(np.array([[0.08, low], [0.92, high]])), width)
    return drawing.alpha()


def scribble(rng: np.random.Generator, side: int) -> Image.Image:
    """Wires, ropes and twigs: a few long smooth curves of one width, sometimes out of focus."""
    drawing = Drawing(side)
    width = side / 512 * np.exp(rng.uniform(np.log(1.5), np.log(16)))
    t = np.linspace(0, 1, 160)[:, None]
    for _ in range(rng.integers(1, 7)):
        curve = np.full((len(t), 2), 0.5)
        for k in range(1, int(rng.integers(2, 8))):
            curve = curve + 0.28 / k**0.7 * rng.normal(0, 1, 2) * np.sin(np.pi * k * t + rng.uniform(0, 6, 2))
        curve = 0.5 + (curve - curve.mean(0)) / max(1, np.abs(curve - curve.mean(0)).max() / 0.46)
        drawing.line(side * curve, width * rng.uniform(0.7, 1.3))
    alpha = drawing.alpha()
    if rng.random() < 0.35:
        alpha = alpha.filter(ImageFilter.GaussianBlur(float(width * rng.uniform(0.1, 0.8))))
    return alpha


def lace(rng: np.random.Generator, side: int) -> Image.Image:
    """Lace, leaves eaten by insects, perforated sheets: a body with many holes in rows."""
    drawing = Drawing(side)
    body = outline(rng, (side / 2, side / 2), side * rng.uniform(0.28, 0.44), 0.2)
    drawing.polygon(body)
    rows = int(rng.integers(3, 16))
    pitch = side / rows
    radius = pitch * rng.uniform(0.15, 0.42)
    scatter, aspect = rng.uniform(0, 0.25), rng.uniform(0.5, 1.6)
    shape = outline(rng, (0, 0), 1.0, rng.uniform(0, 0.3), 20) * (1, aspect)
    for row in range(rows):
        for column in range(math.ceil(rows * 1.2)):
            if rng.random() < 0.1:
                continue
            centre = (np.array([column + 0.5 * (row % 2), row + 0.5]) + rng.normal(0, scatter, 2)) * pitch
            drawing.polygon(centre + radius * rng.uniform(0.7, 1.1) * shape, 0)
    drawing.line(np.concatenate([body, body[:2]]), side * rng.uniform(0.003, 0.02))
    return drawing.alpha()


def pane(rng: np.random.Generator, side: int) -> Image.Image:
    """A half transparent pane or veil with an opaque rim, holes and folds."""
    drawing = Drawing(side)
    body = outline(rng, (side / 2, side / 2), side * rng.uniform(0.25, 0.42), 0.2)
    drawing.polygon(body, int(255 * rng.uniform(0.25, 0.85)))
    for _ in range(rng.integers(0, 6)):
        centre = tuple(side * rng.uniform(0.3, 0.7, 2))
        value = int(rng.choice([0, 0, 140, 255]))
        drawing.polygon(outline(rng, centre, side * rng.uniform(0.02, 0.1), 0.15), value)
    rim_width = side * rng.uniform(0.004, 0.03)
    drawing.line(np.concatenate([body, body[:2]]), rim_width)
    alpha = drawing.alpha()
    if rng.random() < 0.4:
        folds = Image.fromarray(rng.integers(90, 256, (5, 5), dtype=np.uint8))
        alpha = ImageChops.multiply(alpha, folds.resize(alpha.size, Image.Resampling.BICUBIC))
    return alpha


SHAPES = {
    "strands": strands,
    "smoke": smoke,
    "defocused": defocused,
    "net": net,
    "bars": bars,
    "scribble": scribble,
    "lace": lace,
    "pane": pane,
}


def procedural_alpha(
    rng: np.random.Generator, side: int, shapes: tuple[str, ...] = tuple(SHAPES)
) -> Image.Image:
    """A random alpha map of one of `shapes` (keys of SHAPES): L picture, `side` x `side` pixels."""
    return SHAPES[shapes[rng.integers(len(shapes))]](rng, side)
