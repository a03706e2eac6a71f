"""Photos through Ray Data: a pool of actors, each of which loads the model once."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from sama.errors import SamaError
from sama.objects.batch.result import FAILED, Result
from sama.objects.batch.work import Job, Stop, Task, Worker

_TRIES = 2  # how often a photo may be open when an actor ends; once may be the machine's fault


def results_of(
    job: Job, tasks: list[Task], *, workers: int | None, gpus: bool, folder: str
) -> Iterator[Result]:
    """Results as they come, in a process that has joined a cluster. workers: None for one a GPU or node; gpus: whether
    to use GPUs where there are some; folder: what relative paths mean. Raises Stop."""
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    DataContext.get_current().enable_progress_bars = False
    share = share_of(ray.nodes(), workers, gpus=gpus)
    job = replace(job, threads=share.threads)
    # What says which photos have been open already must outlast the actors.
    lasting: dict[str, Any] = {"max_restarts": -1, "max_task_retries": -1}
    opened = ray.remote(num_cpus=0, **lasting)(_opened_class()).remote()
    # A photo a block, and one at a time with each actor: so results come as soon as they are there.
    data = ray.data.from_items(list(range(len(tasks))), override_num_blocks=len(tasks)).map_batches(
        _Actor,
        batch_size=1,
        compute=ActorPoolStrategy(size=min(share.workers, len(tasks)), max_tasks_in_flight_per_actor=1),
        fn_constructor_args=(job, tasks, folder, opened),
        num_cpus=1 if share.gpus else share.threads,
        num_gpus=share.gpus,
        **lasting,
    )
    for batch in data.iter_batches(batch_size=1, prefetch_batches=0, batch_format="numpy"):
        for said in batch["said"].tolist():
            whole = json.loads(said)
            if isinstance(whole, str):
                raise Stop(whole)
            yield Result.from_dict(whole)


class Share(NamedTuple):
    """How many actors there are, the threads of each, and its part of a GPU."""

    workers: int
    threads: int
    gpus: float


def share_of(nodes: list[dict[str, Any]], workers: int | None, *, gpus: bool) -> Share:
    """What each of the workers has of a cluster's nodes, as `ray.nodes` lists them; gpus: whether they use GPUs where
    there are some. Raises Stop where there are no processors."""
    resources = [node["Resources"] for node in nodes if node["Alive"]]
    cores = [int(each.get("CPU", 0)) for each in resources]
    cores = [count for count in cores if count > 0]
    if not cores:
        raise Stop("The Ray cluster has no processors; start its nodes with `ray start --num-cpus`.")
    cards = sum(int(each.get("GPU", 0)) for each in resources) if gpus else 0
    workers = workers or cards or len(cores)
    # The most threads of each with which all of them find room, on nodes of any size.
    fitting = [n for n in range(1, max(cores) + 1) if sum(count // n for count in cores) >= workers]
    return Share(workers, max(fitting, default=1), 1 / -(-workers // cards) if cards else 0.0)


def _opened_class() -> type:
    """A class that Ray sends as it is: its process need not import ours, which takes seconds."""

    class Opened:
        """Counts how often each photo was opened."""

        def __init__(self):
            self.counts: dict[int, int] = {}

        def again(self, index: int) -> int:
            """The count before this one."""
            before = self.counts.get(index, 0)
            self.counts[index] = before + 1
            return before

    return Opened


class _Actor:
    """Answers photos, of which it is given the index, with a model that is loaded once."""

    def __init__(self, job: Job, tasks: list[Task], folder: str, opened: Any):
        with suppress(OSError):  # where all paths are absolute, nobody misses it
            os.chdir(folder)
        torch.set_num_threads(job.threads)
        self.tasks, self.opened, self.worker = tasks, opened, Worker(job)

    def __call__(self, rows: dict[str, Any]) -> dict[str, list[str]]:
        """One row in, `item`, and one out, `said`: a Result as JSON, or the sentence of what ends it all."""
        (index,) = rows["item"].tolist()
        try:
            said: Any = self._result(index).to_dict()
        except SamaError as error:
            said = str(error)
        return {"said": [json.dumps(said)]}

    def _result(self, index: int) -> Result:
        import ray

        task = self.tasks[index]
        for folder in (task.photo.parent, self.worker.job.out):
            _see(folder)
        self.worker.predictor  # noqa: B018  loads, before a photo is blamed for anything
        before: Any = ray.get(self.opened.again.remote(index))
        if before >= _TRIES:
            sentence = f"It ended the worker that had it open {_TRIES} times, often for want of memory; scale it down."
            return Result(task.photo.name, task.folder, FAILED, sentence)
        return self.worker.cut(task)


def _see(folder: Path) -> None:
    if not folder.is_dir():
        raise Stop(
            f"{folder} is not there on {socket.gethostname()}; give folders that all machines of the cluster share."
        )
