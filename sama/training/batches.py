"""Batches, prepared by processes beside the one that trains."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from sama.errors import SamaError
from sama.training.data.clips import ClipData
from sama.training.data.dataset import Ingredients, TrainingData

if TYPE_CHECKING:
    from sama.training.trainer import TrainSettings

MakeData = Callable[[str, int], TrainingData | ClipData]  # from a task and the side of its frames


class Batches(Dataset):
    """Batch `step` of the task whose turn it is; size and content depend on (seed, step, progress) alone."""

    def __init__(self, make_data: MakeData, batch: int, painted: bool = True):
        self.make_data = make_data
        self.batch = batch
        self.painted = painted
        self.cache: dict[tuple[str, int], TrainingData | ClipData] = {}

    def load(self, step: int, task: str, size: int) -> dict | list[Ingredients]:
        """Return the collated batch of one step, or what it is made of."""
        key = (task, size)
        if key not in self.cache:
            self.cache[key] = self.make_data(task, size)
        data = self.cache[key]
        indices = range(step * self.batch, (step + 1) * self.batch)
        if isinstance(data, TrainingData) and not self.painted:  # clips are composed where they are prepared
            return [data.ingredients(i) for i in indices]
        return default_collate([data[i] for i in indices])


class Plan(Dataset):
    """The steps from `first` to `last` at one frame size, as a map-style dataset for a DataLoader."""

    def __init__(self, batches: Batches, tasks: tuple[str, ...], size: int, first: int, last: int):
        self.batches, self.tasks, self.size, self.first, self.last = batches, tasks, size, first, last

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, index: int) -> dict | list[Ingredients] | SamaError:
        """The batch of a step, or what is wrong with the data: raised, it would arrive with a traceback in it."""
        step = self.first + index
        try:
            return self.batches.load(step, self.tasks[step % len(self.tasks)], self.size)
        except SamaError as error:
            return error


def stream(
    batches: Batches, tasks: tuple[str, ...], size: int, step: int, settings: "TrainSettings"
) -> Iterator[dict | list[Ingredients]]:
    """The batches from `step` on at one frame size; raises SamaError for data of which nothing can be learnt."""
    last = settings.steps if settings.steps is not None else step + 10**7
    plan = Plan(batches, tasks, size, step, last)
    loader = DataLoader(
        plan,
        batch_size=None,
        num_workers=settings.workers,
        prefetch_factor=2 if settings.workers else None,
        pin_memory=batches.painted and settings.device.startswith("cuda"),
        worker_init_fn=_one_thread,
    )
    for batch in loader:
        if isinstance(batch, SamaError):
            raise batch
        yield batch


def _one_thread(_: int) -> None:
    # A worker that used all cores would fight the training process for them. Numba, which PyMatting runs on, must not
    # touch OpenMP here: it would give PyTorch its threads back, and those of a forked process never answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the training process, which ends this one
    os.environ |= {"NUMBA_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "workqueue"}
    torch.set_num_threads(1)
