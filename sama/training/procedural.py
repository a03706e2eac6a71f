"""Drawn foregrounds with exact alpha: strands, smoke, defocused shapes, nets, panes with holes."""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SUPERSAMPLING = 4
LARGEST_DRAWING = 2400


class Drawing:
    """A grey canvas of `side` pixels, drawn at several times that size for smooth edges."""

    def __init__(self, side: int):
        self.side = side
        self.zoom = max(2, min(SUPERSAMPLING, LARGEST_DRAWING // side))
        self.picture = Image.new("L", (side * self.zoom, side * self.zoom))
        self._pen = ImageDraw.Draw(self.picture)

    def line(self, points: np.ndarray, width: float, value: int = 255) -> None:
        """Polyline through points (n, 2); x, y and `width` in pixels, widths down to 1 / zoom."""
        flat = (points * self.zoom).ravel().tolist()
        width = max(1, round(width * self.zoom))
        # Without a joint, wide lines show teeth on the outside of bends.
        self._pen.line(flat, fill=value, width=width, joint="curve" if width > 8 else None)

    def polygon(self, points: np.ndarray, value: int = 255) -> None:
        self._pen.polygon((points * self.zoom).ravel().tolist(), fill=value)

    def clip(self, points: np.ndarray) -> None:
        """Erase what lies outside the polygon."""
        mask = Image.new("L", self.picture.size)
        ImageDraw.Draw(mask).polygon((points * self.zoom).ravel().tolist(), fill=255)
        self.picture = ImageChops.multiply(self.picture, mask)
        self._pen = ImageDraw.Draw(self.picture)

    def alpha(self) -> Image.Image:
        """The drawing averaged down to `side` pixels."""
        return self.picture.reduce(self.zoom)


def outline(
    rng: np.random.Generator, centre: tuple[float, float], radius: float, wobble: float, n: int = 48
) -> np.ndarray:
    """Closed smooth outline (n, 2) around `centre`; `wobble` 0 makes an ellipse."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    r = np.ones(n)
    for k in range(2, 6):
        r += wobble * rng.normal() / k * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    stretch = rng.uniform(0.65, 1.0, 2)
    turn = rng.uniform(0, np.pi)
    xy = np.stack([np.cos(angle) * stretch[0], np.sin(angle) * stretch[1]], 1)
    c, s = math.cos(turn), math.sin(turn)
    xy = xy @ np.array([[c, s], [-s, c]]) * np.maximum(r, 0.3)[:, None]
    return np.array(centre) + radius * xy


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
    "pane": pane,
}


def procedural_alpha(
    rng: np.random.Generator, side: int, shapes: tuple[str, ...] = tuple(SHAPES)
) -> Image.Image:
    """A random alpha map of one of `shapes` (keys of SHAPES): L picture, `side` x `side` pixels."""
    return SHAPES[shapes[rng.integers(len(shapes))]](rng, side)
