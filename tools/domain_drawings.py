"""Pictures of domains.py that are drawn, with labels by their own geometry."""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

Points = np.ndarray | list[list[int]] | list[list[float]]  # (n, 2), x and y
Picture = tuple[np.ndarray, np.ndarray]  # (H, W, 3) uint8, and labels (H, W) uint8, 0 the background
SIDE = 640
FINE = 3  # times: what is drawn is drawn larger, and shrunk


class Sheet:
    """A picture being drawn, and beside it which object each pixel is of."""

    def __init__(self, ground: np.ndarray):
        """ground: (SIDE, SIDE, 3) uint8, what everything lies on."""
        self._rgb = Image.fromarray(ground).resize((SIDE * FINE, SIDE * FINE), Image.Resampling.NEAREST)
        self._labels = Image.new("L", self._rgb.size)
        self.pens = ImageDraw.Draw(self._rgb), ImageDraw.Draw(self._labels)

    def polygon(self, points: Points, colour: tuple[int, ...], label: int | None) -> None:
        """points (n, 2) in pixels; label: None for what belongs to no object and hides none."""
        flat = [tuple(point) for point in (np.asarray(points) * FINE).tolist()]
        self.pens[0].polygon(flat, fill=colour)
        if label is not None:
            self.pens[1].polygon(flat, fill=label)

    def line(self, points: Points, colour: tuple[int, ...], width: float) -> None:
        """A stroke that belongs to nothing."""
        flat = [tuple(point) for point in (np.asarray(points) * FINE).tolist()]
        self.pens[0].line(flat, fill=colour, width=max(1, round(width * FINE)), joint="curve")

    def done(self, noise: float, seed: int, light: float = 1.0) -> Picture:
        """noise: standard deviation per channel; light: what share of it there is, with the noise of few photons."""
        rng = np.random.default_rng(seed)
        small = np.asarray(self._rgb.resize((SIDE, SIDE), Image.Resampling.BOX), np.float64) * light
        if light < 1:
            small = rng.poisson(small)
        rgb = (small + rng.normal(0, noise, small.shape)).clip(0, 255).astype(np.uint8)
        labels = self._labels.resize((SIDE, SIDE), Image.Resampling.NEAREST)
        return rgb, np.asarray(labels)


def turned(points: Points, degrees: float, at: tuple[float, float]) -> np.ndarray:
    """Points (n, 2) around the origin, turned and put at a place."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points, float) @ turn + at


def box(width: float, height: float) -> np.ndarray:
    """Corners (4, 2) around the origin."""
    return np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)


def ellipse(width: float, height: float, wobble: float = 0, seed: int = 0) -> np.ndarray:
    """Points (120, 2) of an ellipse around the origin, its radius varied by a share `wobble` in five waves."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    waves = np.random.default_rng(seed).normal(0, 1, (2, 5))
    radius = 1 + wobble / 5 * sum(
        a * np.cos(k * angle) + b * np.sin(k * angle) for k, (a, b) in enumerate(waves.T, 1)
    )
    return np.stack([np.cos(angle) * radius * width / 2, np.sin(angle) * radius * height / 2], 1)


def texture(colour: tuple[int, ...], roughness: float, scale: float, seed: int) -> np.ndarray:
    """A ground (SIDE, SIDE, 3) of one colour with soft spots."""
    spots = ndimage.gaussian_filter(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)), scale)
    return (np.array(colour) + roughness * (spots / spots.std())[..., None]).clip(0, 255).astype(np.uint8)


def aerial(seed: int) -> Picture:
    """Fields from above: a street, houses with shadows, a pond, a car."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(texture((104, 122, 74), 12, 6, seed))
    sheet.polygon([[0, 0], [260, 0], [230, 210], [0, 240]], (142, 128, 82), None)
    street = np.array([[0, 330], [220, 320], [430, 350], [640, 330]], float)
    sheet.line(street, (120, 118, 116), 34)
    sheet.line(street, (196, 194, 186), 2)
    places = [(150, 440), (330, 480), (520, 430)]
    for label, (place, roof) in enumerate(
        zip(places, [(150, 80, 64), (172, 108, 78), (96, 96, 104)], strict=True), 1
    ):
        corners = box(*rng.uniform(70, 110, 2))
        turn = rng.uniform(-40, 40)
        sheet.polygon(turned(corners, turn, (place[0] + 12, place[1] + 14)), (58, 68, 46), None)
        sheet.polygon(turned(corners, turn, place), roof, label)
        ridge = turned(np.array([[corners[0, 0], 0], [-corners[0, 0], 0]]), turn, place)
        sheet.line(ridge, tuple(round(0.8 * c) for c in roof), 3)
    sheet.polygon(turned(ellipse(150, 90, 0.25, seed), 15, (480, 150)), (54, 82, 96), 4)
    sheet.polygon(turned(box(34, 16), -3, (180, 322)), (186, 40, 40), 5)
    return sheet.done(4, seed)


def document(seed: int, *, parts: bool) -> Picture:
    """A sheet of paper on a desk, with lines of text, a picture and a round stamp; either the sheet is the object, or
    these two parts of it are."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(texture((112, 84, 58), 10, 3, seed))
    turn, middle = rng.uniform(-12, 12), (320.0, 320.0)

    def put(points: Points, colour: tuple[int, ...], label: int | None, by=(0.0, 0.0)) -> None:
        sheet.polygon(turned(np.asarray(points) + by, turn, middle), colour, label)

    put(box(380, 520), (238, 236, 228), None if parts else 1)
    for row in range(22):
        length = rng.uniform(200, 320) if row % 5 == 4 else 320
        if not 6 <= row <= 12:
            words = np.cumsum(rng.uniform(14, 46, 40))
            for start, end in zip(words[:-1:2], words[1::2], strict=False):
                if end < length:
                    put(
                        box(end - start - 5, 7), (52, 52, 56), None, ((start + end) / 2 - 160, row * 21 - 230)
                    )
    put(box(200, 130), (88, 132, 168), 1 if parts else None, (-50, -28))
    put([[-150, 37], [-90, -40], [-50, 0], [-10, -50], [50, 37]], (64, 96, 62), None)
    put(ellipse(86, 86), (176, 46, 60), 2 if parts else None, (100, 180))
    put(ellipse(66, 66), (206, 112, 118), None, (100, 180))
    return sheet.done(3, seed)


def night(seed: int) -> Picture:
    """A street lamp's light and little else: a parked van, a barrel, a sign, in the noise of few photons."""
    sheet = Sheet(texture((120, 116, 124), 8, 20, seed))
    sheet.polygon([[0, 430], [640, 400], [640, 640], [0, 640]], (84, 82, 86), None)
    sheet.polygon([[110, 320], [330, 310], [380, 380], [384, 470], [104, 480]], (150, 160, 190), 1)
    sheet.polygon([[310, 325], [334, 325], [364, 380], [312, 382]], (60, 66, 86), None)
    for x in (165, 325):
        sheet.polygon(turned(ellipse(54, 54), 0, (x, 478)), (34, 34, 38), 1)
    sheet.polygon(turned(ellipse(70, 110, 0.05, seed), 0, (470, 470)), (196, 120, 70), 2)
    sheet.line([[560, 480], [560, 300]], (130, 130, 130), 6)
    sheet.polygon(turned(box(84, 84), 45, (560, 250)), (220, 200, 90), 3)
    return sheet.done(2.5, seed, light=0.16)


def drawn(seed: int) -> Picture:
    """Outlines filled with flat colours, as in a picture book: a cat, a house and a balloon."""
    sheet = Sheet(np.full((SIDE, SIDE, 3), (250, 244, 226), np.uint8))
    ink = (40, 34, 40)

    def shape(points: Points, colour: tuple[int, ...], label: int) -> None:
        sheet.polygon(points, colour, label)
        sheet.line(np.concatenate([points, points[:2]]), ink, 4)

    shape(turned(ellipse(170, 210, 0.04, seed), 0, (180, 440)), (236, 160, 74), 1)
    shape(turned(ellipse(120, 108), 0, (180, 300)), (236, 160, 74), 1)
    for x in (140, 220):
        shape(np.array([[x - 22, 268], [x + (x - 180) / 3, 206], [x + 22, 262]]), (236, 160, 74), 1)
        sheet.polygon(turned(ellipse(12, 18), 0, (180 + (x - 180) * 0.6, 296)), ink, None)
    shape(np.array([[350, 560], [350, 400], [550, 400], [550, 560]]), (206, 222, 232), 2)
    shape(np.array([[330, 402], [450, 300], [570, 402]]), (176, 70, 60), 2)
    shape(turned(ellipse(110, 130), 0, (480, 130)), (90, 160, 120), 3)
    sheet.line([[480, 195], [470, 240], [486, 280]], ink, 2)
    return sheet.done(0, seed)
