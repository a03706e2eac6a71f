"""The endless, reproducible stream of training items."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sama.errors import SamaError
from sama.models.sama import TASKS
from sama.training.data.composites import Mixture, synthetic_sample
from sama.training.data.cutting import CutCache
from sama.training.data.degrade import Degradation, Rates, degrade, draw_degradation
from sama.training.data.painting import Scene, paint
from sama.training.data.photographs import Crops, Sample, photo_sample
from sama.training.data.sources import Folder, Scenery, Sources

LENGTH = 2**31
ATTEMPTS = 40
COMPOSITE = "(composite)"  # no folder's name


@dataclass(frozen=True)
class DataPlan:
    """What a recipe says of its data: the folders by name, the mixture of every task, and how pictures are varied."""

    data: dict[str, Folder]
    mixture: dict[str, Mixture]
    scenery: Scenery = Scenery()
    crops: Crops = Crops()
    degradation: Rates = Rates()


@dataclass(frozen=True)
class Ingredients:
    """What an item is made of: small arrays, before any pixel of the frame is painted.

    targets (k, h, w) uint8 and known (k, h, w) bool are of k objects, `order` (P,) and `part` (P,) say which of them is
    which prompt's.
    """

    size: int
    scene: Scene
    degradation: Degradation
    targets: np.ndarray
    known: np.ndarray
    order: np.ndarray
    part: np.ndarray
    exact: bool


def develop(ingredients: Ingredients, device: torch.device | str = "cpu") -> dict[str, Tensor | int | bool]:
    """Paint, degrade and pad an item on a device; see TrainingData."""
    targets = torch.from_numpy(ingredients.targets).to(device, non_blocking=True).float()
    known = torch.from_numpy(ingredients.known).to(device, non_blocking=True)
    image = paint(ingredients.scene, device)
    image, targets = degrade(ingredients.degradation, image, targets, ingredients.exact)
    order = torch.from_numpy(ingredients.order).to(device)
    height, width = image.shape[-2:]

    def frame(x: Tensor) -> Tensor:
        pixels = x.new_zeros((len(x), ingredients.size, ingredients.size), dtype=torch.uint8)
        pixels[:, :height, :width] = x
        return pixels

    return {
        "image": frame(image.round()),
        "height": height,
        "width": width,
        "targets": frame(targets.round())[order],
        "known": frame(known)[order],
        "part": torch.from_numpy(ingredients.part),
        "exact": ingredients.exact,
    }


class TrainingData(Dataset):
    """Map-style data set whose item i depends on nothing but `seed` and i.

    A resumed run therefore continues exactly. plan: the folders and the mixture of every task. root: what the
    folders are relative to. size: side S of the model frame in pixels. task: "mini" (whole objects and parts),
    "segmentation" (whole objects) or "matting" (mostly exact alpha). prompts: objects an item, P. sources: names of
    the folders to use; None for all. cuts: folder that keeps refined objects, see `cutting`; None to make them anew.

    An item is a dict of
      image: (3, S, S) uint8 sRGB; the photo at the top left, its long side S, the rest 0;
      height, width: valid extent in pixels;
      targets: (P, S, S) uint8 alpha, 255 = opaque; objects repeat when fewer than P are shown;
      known: (P, S, S) uint8, 1 = supervise, 0 = uncertain label or padding;
      part: (P,) bool, the object is a piece of a larger one that a click could mean too;
      exact: bool, soft edges of the targets are the truth.

    Raises SamaError for an unknown task or source, and when nothing is found.
    """

    def __init__(
        self,
        plan: DataPlan,
        root: Path,
        *,
        size: int,
        task: str,
        prompts: int = 4,
        seed: int = 0,
        sources: Iterable[str] | None = None,
        cuts: Path | None = None,
    ):
        if task not in plan.mixture:
            raise SamaError(f"There is no training task called {task}; use {', '.join(plan.mixture)}.")
        self.plan, self.mixture = plan, plan.mixture[task]
        self.size, self.task, self.prompts, self.seed = size, task, prompts, seed
        self.sources = Sources(plan.data, root, sources, plan.scenery)
        self.cuts = CutCache(cuts)
        mix = {
            n: share for n, share in self.mixture.photographs.items() if share and n in self.sources.photos
        }
        mix |= {COMPOSITE: self.mixture.composites} if self.mixture.composites or not mix else {}
        self._kinds = list(mix)
        shares = np.array(list(mix.values()))
        self._shares = shares / shares.sum() if shares.sum() else np.ones(len(mix)) / len(mix)

    def __len__(self) -> int:
        return LENGTH

    def __getitem__(self, index: int) -> dict[str, Tensor | int | bool]:
        return develop(self.ingredients(index))

    def ingredients(self, index: int) -> Ingredients:
        """What item `index` is made of, for `develop`."""
        if not 0 <= index < LENGTH:
            raise IndexError(index)
        rng = np.random.default_rng((self.seed, index))
        sample = self._sample(rng)
        # Each object once before any is repeated.
        chosen = rng.permutation(len(sample.targets))[: self.prompts]
        order = np.resize(np.arange(len(chosen)), self.prompts)
        return Ingredients(
            size=self.size,
            scene=sample.scene,
            degradation=draw_degradation(rng, self.plan.degradation),
            targets=np.ascontiguousarray(sample.targets[chosen]),
            known=np.ascontiguousarray(sample.known[chosen]),
            order=order,
            part=np.array(sample.part)[chosen][order],
            exact=sample.exact,
        )

    def _sample(self, rng: np.random.Generator) -> Sample:
        for _ in range(ATTEMPTS):
            kind = str(rng.choice(self._kinds, p=self._shares))
            if kind == COMPOSITE:
                sample = synthetic_sample(rng, self.sources, self.mixture, self.size, self.cuts)
            else:
                photo = self.sources.labelled(kind, rng)
                parts = self.task not in TASKS  # of SAMA, whose prompts mean whole objects
                sample = photo_sample(rng, photo, self.size, self.prompts, parts, self.plan.crops)
            if sample is not None and (sample := self._with_known_core(sample)) is not None:
                return sample
        raise SamaError(
            "The training pictures show no object large enough to learn from; add pictures or labels."
        )

    def _with_known_core(self, sample: Sample) -> Sample | None:
        """The sample without objects of which little more than the uncertain edge is seen."""
        least = (self.size / 100) ** 2
        core = np.count_nonzero((sample.targets > 127) & sample.known, axis=(1, 2))
        keep = np.flatnonzero(core >= least)
        if len(keep) == len(core):
            return sample
        if not len(keep):
            return None
        return replace(
            sample,
            targets=sample.targets[keep],
            known=sample.known[keep],
            part=[sample.part[k] for k in keep],
        )
