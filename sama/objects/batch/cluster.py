"""A batch on a Ray cluster, through Ray Data: a model in each actor, a photo at a time.

Photos and results are files: every machine must see both folders at the same place. What comes back are results alone.
"""

import json
import logging
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from sama.errors import SamaError
from sama.objects.batch.result import Result
from sama.objects.batch.work import Job, Stop, Task, Worker

INSTALL_CLUSTER = "run `pip install 'sama-studio[cluster]'`, or `pip install '.[cluster]'` in the repository"
LOCAL = "local"
_BLOCKS = 1000  # in which tasks travel, at most: what is done is told block by block


def on_cluster(actors: int, address: str) -> Callable[[Job, list[Task]], Generator[Result]]:
    """How tasks become results on the cluster at an address; LOCAL for one on this machine. Raises SamaError."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise SamaError(f"Ray is not installed; {INSTALL_CLUSTER}.") from error

    def results(job: Job, tasks: list[Task]) -> Generator[Result]:
        with _connected(ray, address, actors):
            threads, gpus = _share(ray.cluster_resources(), actors)
            context = ray.data.DataContext.get_current()
            context.enable_progress_bars = False
            context.print_on_execution_start = False
            rows = [{"photo": str(task.photo.absolute()), "folder": task.folder} for task in tasks]
            here = replace(job, out=job.out.absolute(), threads=threads)
            data = ray.data.from_items(rows, override_num_blocks=min(len(rows), _BLOCKS)).map_batches(
                _Actor,
                fn_constructor_args=(here,),
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
                num_cpus=threads,
                num_gpus=gpus,
            )
            for row in data.iter_rows():
                if row["stop"]:
                    raise Stop(row["stop"])
                yield Result.from_dict(json.loads(row["result"]))

    return results


class _Actor:
    """What Ray keeps on a machine: a worker."""

    def __init__(self, job: Job):
        torch.set_num_threads(job.threads)
        self.worker = Worker(job)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        done: dict[str, list[str]] = {"result": [], "stop": []}
        for photo, folder in zip(batch["photo"], batch["folder"], strict=True):
            result, stop = "", ""
            try:
                result = json.dumps(self.worker.cut(Task(Path(str(photo)), str(folder))).to_dict())
            except SamaError as error:  # what Ray would try again, and tell in pages
                stop = str(error)
            done["result"].append(result)
            done["stop"].append(stop)
        return done


@contextmanager
def _connected(ray: Any, address: str, actors: int) -> Iterator[None]:
    """A connection of our own, quiet, unless there is one already."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a local cluster tells nobody of itself
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
    try:
        if address == LOCAL:
            cpus = max(actors, os.cpu_count() or 1)  # that each actor may have one
            ray.init(address=LOCAL, num_cpus=cpus, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise SamaError(
            f"There is no Ray cluster at {address} ({str(error).splitlines()[0]:.200}); start one with "
            f"`ray start --head`, or give {LOCAL}."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _share(resources: Mapping[str, float], actors: int) -> tuple[int, float]:
    """Processors and GPUs of an actor."""
    cpus, gpus = int(resources.get("CPU", 1)), resources.get("GPU", 0.0)
    return max(1, cpus // actors), 1.0 if gpus >= actors else 0.0
