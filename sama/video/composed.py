"""Clips whose mattes are exact: cut-out things that move over a background, drawn by a seed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sama.errors import INSTALL_VIDEO, ClipError

_WAVES = 3  # of a deformation, each with its own direction and pace
_AWAY = 0.35, 0.65  # of a clip: between these an object that leaves is out of sight


@dataclass(frozen=True)
class Pose:
    """Where a thing is: its middle in parts of the frame, its longer side in parts of the frame's shorter, and its turn
    in radians."""

    x: float
    y: float
    scale: float
    turn: float


def compose_clip(
    foregrounds: Sequence[np.ndarray],
    background: np.ndarray,
    seed: int,
    *,
    frames: int = 32,
    times: Sequence[float] | None = None,
    size: tuple[int, int] = (320, 180),
    occluder: np.ndarray | None = None,
    leaves: bool = False,
    elastic: float = 0.015,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (rgb, alpha) of each frame: (H, W, 3) uint8 and (H, W) float32 in [0, 1], the visible part of the object.

    foregrounds: (h, w, 4) uint8 each, straight alpha; the first is the object, others move behind it and count as
    background; background: (h, w, 3) uint8, of which a slowly moving part is seen; size: (width, height); occluder:
    (h, w, 4) uint8, passes in front of the object once; leaves: the object goes out of sight and comes back; elastic:
    how far the object is bent, in parts of its longer side; times: of 0 to 1, the moments that are drawn, instead of
    `frames` of them evenly. At 0 the object is seen whole.

    I = alpha F + (1 - alpha) B on sRGB's bytes, as everywhere in SAMA. The same arguments give the same clip. Raises
    ClipError where OpenCV is missing.
    """
    cv2 = _import_cv2()
    rng = np.random.default_rng(seed)
    side = min(size)
    camera = _camera(rng, background, size)
    first = _Thing(rng, foregrounds[0], side, elastic)
    path = _path(rng, leaves)
    behind = [(_Thing(rng, each, side, elastic), _path(rng, False)) for each in foregrounds[1:]]
    front = None if occluder is None else _Thing(rng, occluder, side, 0.0)
    from_left = rng.random() < 0.5

    for t in [k / max(1, frames - 1) for k in range(frames)] if times is None else times:
        picture = _moved(cv2, background, camera(t), size)
        for thing, way in behind:
            picture, _ = _over(picture, thing.drawn(cv2, way(t), t, size))
        pose = path(t)
        picture, alpha = _over(picture, first.drawn(cv2, pose, t, size))
        if front is not None:
            x = -0.4 + 1.8 * (
                t if from_left else 1 - t
            )  # it meets the object's height in the middle of the clip
            picture, cover = _over(picture, front.drawn(cv2, Pose(x, pose.y, 0.5, 0.0), t, size))
            alpha = alpha * (1 - cover)
        yield np.rint(np.clip(picture, 0, 255)).astype(np.uint8), alpha


class _Thing:
    """A cut-out thing, its colours multiplied by its alpha, and how it bends."""

    def __init__(self, rng: np.random.Generator, rgba: np.ndarray, side: int, elastic: float):
        rows, columns = np.flatnonzero(rgba[..., 3].any(1)), np.flatnonzero(rgba[..., 3].any(0))
        if len(rows):  # its size is that of what is seen
            rgba = rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        rgba = np.pad(rgba, ((1, 1), (1, 1), (0, 0)))  # so that its rim is drawn as softly as its inside
        height, width = rgba.shape[:2]
        most = max(height, width)
        wanted = min(
            most, round(1.3 * side)
        )  # no larger than it is ever drawn: enlarging later shows no steps
        self.pixels = _shrunk(_premultiplied(rgba), wanted / most)
        angles = rng.uniform(0, 2 * np.pi, _WAVES)
        pitch = rng.uniform(1.0, 2.2, _WAVES) * 2 * np.pi / wanted  # radians a pixel
        self.waves = np.stack([np.cos(angles) * pitch, np.sin(angles) * pitch], 1)
        self.pace = rng.uniform(-2, 2, _WAVES) * 2 * np.pi  # radians a clip
        self.phase = rng.uniform(0, 2 * np.pi, (2, _WAVES))
        self.bend = elastic * wanted / np.sqrt(_WAVES)

    def drawn(self, cv2, pose: Pose, t: float, size: tuple[int, int]) -> np.ndarray:
        """Return it (H, W, 4) float32, in a frame of size (width, height), at time t of 0 to 1."""
        width, height = size
        h, w = self.pixels.shape[:2]
        scale = pose.scale * min(size) / max(h, w)
        x, y = np.meshgrid(
            np.arange(width, dtype=np.float32) - np.float32(pose.x * width),
            np.arange(height, dtype=np.float32) - np.float32(pose.y * height),
        )
        cos, sin = np.float32(np.cos(pose.turn) / scale), np.float32(np.sin(pose.turn) / scale)
        u, v = cos * x + sin * y + np.float32((w - 1) / 2), cos * y - sin * x + np.float32((h - 1) / 2)
        if self.bend:
            moved = np.zeros((2, *u.shape), np.float32)
            for wave, pace, phase in zip(self.waves, self.pace, self.phase.T, strict=True):
                along = np.float32(wave[0]) * u + np.float32(wave[1]) * v + np.float32(pace * t)
                moved[0] += np.sin(along + np.float32(phase[0]))
                moved[1] += np.sin(along + np.float32(phase[1]))
            u, v = u + np.float32(self.bend) * moved[0], v + np.float32(self.bend) * moved[1]
        pixels = self.pixels
        if scale < 0.7:  # drawn much smaller than it is stored, it would flicker
            pixels = _shrunk(pixels, scale)
            by = pixels.shape[1] / w, pixels.shape[0] / h
            u, v = (u + 0.5) * by[0] - 0.5, (v + 0.5) * by[1] - 0.5
        return cv2.remap(pixels, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)


def _path(rng: np.random.Generator, leaves: bool) -> Callable[[float], Pose]:
    """Return the way of a thing: three poses, eased between; out of sight in between where it leaves."""
    low, high = (0.36, 0.64) if leaves else (0.3, 0.7)
    scales = rng.uniform(0.45, 0.6) * np.array([1, rng.uniform(0.8, 1.25), rng.uniform(0.75, 1.35)])
    turns = np.cumsum([rng.uniform(-0.2, 0.2), *rng.uniform(-0.35, 0.35, 2)])
    x, y = rng.uniform(low, high, 3), rng.uniform(0.38, 0.62, 3)
    x[1], x[2] = x[0] + rng.choice([-1, 1]) * rng.uniform(0.1, 0.25), rng.uniform(low, high)
    side = rng.choice([-1, 1])

    def pose(t: float) -> Pose:
        at, part = (0, 2 * t) if t < 0.5 else (1, 2 * t - 1)
        eased = part * part * (3 - 2 * part)
        values = [each[at] + (each[at + 1] - each[at]) * eased for each in (x, y, scales, turns)]
        return Pose(values[0] + side * _gone(t) * leaves, *values[1:])

    return pose


def _gone(t: float) -> float:
    """How far a thing that leaves is away at a time: 0 in sight, 1.2 frames out of it."""
    start, end = _AWAY
    part = np.clip(min(t - (start - 0.2), (end + 0.2) - t) / 0.2, 0, 1)
    return float(1.2 * part * part * (3 - 2 * part))


def _camera(
    rng: np.random.Generator, background: np.ndarray, size: tuple[int, int]
) -> Callable[[float], tuple[float, float, float]]:
    """Return the part of a background that is seen over time: left, top, and pixels of it a pixel of the frame."""
    height, width = background.shape[:2]
    fit = min(width / size[0], height / size[1])
    zoom = rng.uniform(0.75, 0.95, 2)
    places = rng.uniform(0, 1, (2, 2))
    places[1] = places[0] + np.clip(places[1] - places[0], -0.4, 0.4)

    def view(t: float) -> tuple[float, float, float]:
        eased = t * t * (3 - 2 * t)
        by = fit * (zoom[0] + (zoom[1] - zoom[0]) * eased)
        x, y = places[0] + (places[1] - places[0]) * eased
        return x * (width - size[0] * by), y * (height - size[1] * by), by

    return view


def _moved(
    cv2, background: np.ndarray, view: tuple[float, float, float], size: tuple[int, int]
) -> np.ndarray:
    """Return the part of a background (H, W, 3) float32 of 0 to 255."""
    left, top, by = view
    source = background.astype(np.float32)
    if by > 1.5:  # shrinking without steps
        source, left, top, by = _shrunk(source, 1 / by), left / by, top / by, 1.0
    matrix = np.array([[by, 0, left + (by - 1) / 2], [0, by, top + (by - 1) / 2]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(source, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _over(below: np.ndarray, thing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a premultiplied thing (H, W, 4) over a picture (H, W, 3), and its alpha (H, W)."""
    alpha = np.clip(thing[..., 3], 0, 1)
    return thing[..., :3] + below * (1 - alpha[..., None]), alpha


def _premultiplied(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.concatenate([rgba[..., :3] * alpha, alpha], 2)


def _shrunk(pixels: np.ndarray, by: float) -> np.ndarray:
    cv2 = _import_cv2()
    height, width = pixels.shape[:2]
    size = max(1, round(width * by)), max(1, round(height * by))
    return pixels if size == (width, height) else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _import_cv2():
    try:
        import cv2
    except ImportError as error:
        raise ClipError(f"Composed clips need OpenCV; {INSTALL_VIDEO}.") from error
    return cv2
