"""Short clips to learn following from: three frames of a composed one, as a follower would cut them, with the flow
between."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from sama.errors import SamaError
from sama.models.views import Frame, make_frame
from sama.predict.close_up import Region, around
from sama.training.data.backdrops import gradient
from sama.training.data.composites import draw_object
from sama.training.data.cutting import CutCache
from sama.training.data.dataset import ATTEMPTS, LENGTH, DataPlan
from sama.training.data.degrade import degrade, draw_degradation
from sama.training.data.sources import Sources
from sama.video.composed import compose_clip
from sama.video.flow import Motion, grey_of
from sama.video.settings import FollowSettings

FRAMES = 3  # one that is marked, then two that are followed
SIDES = 160, 300  # pixels of a clip's shorter side
ASPECTS = (16 / 9, 16 / 9, 4 / 3, 1.0, 3 / 4, 9 / 16)
STEPS = (0.04, 0.3), (0.04, 0.15)  # of a clip's length, from frame to frame
BEHIND, IN_FRONT, LEAVES = 0.3, 0.3, 0.15  # shares of clips
GOES, COMES = (0.17, 0.27), (0.73, 0.83)  # when a thing that leaves is partly seen
WIDER = 2.0  # how much more is seen of a frame in which the object is looked for
SOUGHT = 0.15  # share of followed frames in which it is
JITTER = 0.05  # of a box's sides, at most, by which a cut lies elsewhere
LEAST = 150, 0.12  # pixels of the object that are seen in a frame, and share of what was seen in the first
OUTSIDE = 3.0  # in the coordinates of `grid_sample`, whatever is beyond 1


@dataclass(frozen=True)
class Shot:
    """A frame: rgb (H, W, 3) uint8, alpha (H, W) float32 in [0, 1], and which part of it is looked at."""

    rgb: np.ndarray
    alpha: np.ndarray
    region: Region


class ClipData(Dataset):
    """Map-style data set whose item i depends on nothing but `seed` and i. The rest as in `TrainingData`.

    With views of S pixels and g = S / 4, an item is a dict of
      image: (3, 3, S, S) uint8, the cuts of three frames, each at the top left, its long side S, the rest 0;
      height, width: (3,) valid extents in pixels;
      target: (3, 1, g, g) uint8, the object's alpha;
      flow: (2, g, g, 2) float32, where each cell of the second and third frame was in the cut before, as `grid_sample`
        takes it;
      sought: (2,) bool, nothing is known of where the object went, and the cut is wider.

    Raises SamaError for a mixture without this task, and when nothing is found.
    """

    def __init__(
        self,
        plan: DataPlan,
        root: Path,
        *,
        size: int,
        task: str,
        seed: int = 0,
        sources: Iterable[str] | None = None,
        cuts: Path | None = None,
    ):
        self.plan, self.mixture = plan, plan.mixture[task]
        self.size, self.seed = size, seed
        self.sources = Sources(plan.data, root, sources, plan.scenery)
        self.cuts = CutCache(cuts)

    def __len__(self) -> int:
        return LENGTH

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        for attempt in range(ATTEMPTS):
            rng = np.random.default_rng((self.seed, index, attempt))
            sought = np.array([False, *(rng.random(FRAMES - 1) < SOUGHT)])
            shots = self._shots(rng, sought)
            if shots is not None:
                return self._item(rng, shots, sought[1:])
        raise SamaError(f"In {ATTEMPTS} clips no object was seen well; check the data folders.")

    def _shots(self, rng: np.random.Generator, sought: np.ndarray) -> list[Shot] | None:
        """Compose three frames; None where the object is not seen well enough in one of them."""
        short, aspect = int(rng.integers(*SIDES)), rng.choice(ASPECTS)
        size = (round(short * aspect), short) if aspect >= 1 else (short, round(short / aspect))
        behind, front = rng.random() < BEHIND, rng.random() < IN_FRONT
        things = [self._thing(rng) for _ in range(1 + behind + front)]
        if any(thing is None for thing in things):
            return None
        things = [thing for thing in things if thing is not None]
        leaves = bool(rng.random() < LEAVES)
        frames = compose_clip(
            things[: 1 + behind],
            self._background(rng, size),
            int(rng.integers(2**31)),
            times=_times(rng, leaves),
            size=size,
            occluder=things[-1] if front else None,
            leaves=leaves,
            elastic=float(rng.uniform(0, 0.03)),
        )
        shots, first = [], 0
        for (rgb, alpha), lost in zip(frames, sought, strict=True):
            seen = int(np.count_nonzero(alpha > 0.5))
            first = first or seen
            if seen < max(LEAST[0], LEAST[1] * first):
                return None
            shots.append(Shot(rgb, alpha, _cut(rng, alpha, FollowSettings.cut * (WIDER if lost else 1))))
        return shots

    def _thing(self, rng: np.random.Generator) -> np.ndarray | None:
        picture = draw_object(rng, self.sources, self.mixture, SIDES[1], self.cuts)
        if picture is None:
            return None
        picture.thumbnail((2 * SIDES[1], 2 * SIDES[1]))
        return np.asarray(picture.convert("RGBA"))

    def _background(self, rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
        picture = self.sources.scenery(rng)
        if picture is None:
            picture = gradient(rng, size)
        picture = picture.copy()
        picture.thumbnail((3 * max(size), 3 * max(size)), Image.Resampling.BOX)
        return np.asarray(picture)

    def _item(self, rng: np.random.Generator, shots: list[Shot], sought: np.ndarray) -> dict[str, Tensor]:
        plan = draw_degradation(rng, self.plan.degradation)
        grid = self.size // 4
        images, targets, extents = [], [], []
        for number, shot in enumerate(shots):
            image = torch.from_numpy(shot.region.cut(shot.rgb)).permute(2, 0, 1)
            # One camera takes all frames: only its noise is another in each.
            image, _ = degrade(
                replace(plan, seed=plan.seed + number), image.float(), image[:0].float(), False
            )
            images.append(make_frame(image.round().clamp(0, 255).byte(), self.size).round().byte())
            alpha = torch.from_numpy(shot.region.cut(shot.alpha) * 255)[None]
            targets.append(make_frame(alpha.expand(3, -1, -1), grid)[:1].round().byte())
            extents.append(Frame(*shot.region.size, self.size).extent())
        pairs = zip(shots, shots[1:], strict=False)
        height, width = (torch.tensor(each) for each in zip(*extents, strict=True))
        return {
            "image": torch.stack(images),
            "height": height,
            "width": width,
            "target": torch.stack(targets),
            "flow": torch.stack([flow_between(earlier, later, grid) for earlier, later in pairs]),
            "sought": torch.from_numpy(sought),
        }


def flow_between(earlier: Shot, later: Shot, grid: int) -> Tensor:
    """Where each cell (g, g) of the later cut's view was in the earlier one's: (g, g, 2) float32 x, y in [-1, 1]."""
    motion = Motion.between(grey_of(earlier.rgb), grey_of(later.rgb))
    back = later.region.cut(motion.at(later.rgb.shape[:2]))  # (h, w, 2), in pixels of the frame
    height, width = Frame(*later.region.size, grid).extent()
    moves = torch.from_numpy(np.ascontiguousarray(back)).permute(2, 0, 1)[None]
    moves = F.interpolate(moves, (height, width), mode="bilinear", antialias=True)[0]  # (2, height, width)
    across, down = later.region.size
    x = later.region.left + (torch.arange(width) + 0.5) * (across / width) + moves[0]
    y = later.region.top + (torch.arange(height)[:, None] + 0.5) * (down / height) + moves[1]
    there = Frame(*earlier.region.size, grid).extent()
    x = (x - earlier.region.left) * (there[1] / earlier.region.size[0])  # in cells of the earlier view
    y = (y - earlier.region.top) * (there[0] / earlier.region.size[1])
    found = torch.full((grid, grid, 2), OUTSIDE)
    found[:height, :width] = torch.stack([2 * x / grid - 1, 2 * y / grid - 1], -1)
    return found


def _times(rng: np.random.Generator, leaves: bool) -> tuple[float, ...]:
    if leaves:
        return 0.0, float(rng.uniform(*GOES)), float(rng.uniform(*COMES))
    first, second = (float(rng.uniform(*step)) for step in STEPS)
    begin = float(rng.uniform(0, 1 - first - second))
    return begin, begin + first, begin + first + second


def _cut(rng: np.random.Generator, alpha: np.ndarray, margin: float) -> Region:
    """Where a follower would look, about."""
    rows, columns = np.flatnonzero((alpha > 0.5).any(1)), np.flatnonzero((alpha > 0.5).any(0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
    box += rng.uniform(-JITTER, JITTER, 4) * np.tile(box[2:] - box[:2], 2)
    height, width = alpha.shape
    x0, y0, x1, y1 = (float(each) for each in np.clip(box, 0, [width, height, width, height]))
    return around([(x0, y0, x1, y1)], (width, height), margin) or Region(0, 0, width, height, width, height)
