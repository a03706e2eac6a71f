"""A batch on a Ray cluster: Ray Data hands its photos to actors, each with a model of its own.

Ray is met in a process beside this one, whose output goes nowhere: what it logs stays away from the terminal, what it
waits for can be given up, and when the process ends, so do its actors, and with "local" the cluster.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

import torch

from sama.errors import INSTALL_CLUSTER, SamaError
from sama.export.writing import sweep
from sama.objects.batch.actors import results_of
from sama.objects.batch.processes import PATIENCE, end_with_parent, leave
from sama.objects.batch.result import Result
from sama.objects.batch.work import Job, Stop, Task

LOCAL, AUTO = "local", "auto"
_READY = "ready"
_WITHOUT = ("cpu", "mps")  # devices for which no GPU of Ray's is wanted
_REACHED = 5.0  # seconds for a port to take a connection
_JOINED, _STARTED = 60.0, 180.0  # seconds to join a cluster, or to start one on a busy machine
_STORE = 128 * 2**20  # bytes of shared memory of a local cluster: names go through it, no pictures


class _Place(NamedTuple):
    """address: LOCAL, AUTO or host:port; workers: actors, None for one a GPU or node; device: as of `sama.load`;
    threads: of the machine, for LOCAL; folder: what relative paths mean."""

    address: str
    workers: int | None
    device: str
    threads: int
    folder: str


def cluster(address: str, workers: int | None, device: str) -> Callable[[Job, list[Task]], Generator[Result]]:
    """The way to run a batch on the cluster at an address: LOCAL starts one here, AUTO is the one that this machine is
    part of, else HOST:PORT. Raises SamaError where there is no Ray, or nobody at the address."""
    if find_spec("ray") is None or find_spec("pyarrow") is None:
        raise SamaError(f"A batch on a cluster needs Ray Data; {INSTALL_CLUSTER}.")
    if address not in (LOCAL, AUTO):
        _reach(address)
    place = _Place(address, workers, device, torch.get_num_threads(), os.getcwd())
    return partial(_on_cluster, place=place)


def _reach(address: str) -> None:
    """Ray itself takes more than a minute to find out that nobody is there."""
    host, _, port = address.rpartition(":")
    if "/" in address or not host or not port.isdecimal():
        raise SamaError(
            f"{address!r:.80} is no address of a Ray cluster; give host:port as `ray start` prints it, {AUTO} or "
            f"{LOCAL}."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACHED).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise SamaError(
            f"No Ray cluster answers at {address:.80}; start one with `ray start --head`, or give --ray {LOCAL}."
        ) from error


def _on_cluster(job: Job, tasks: list[Task], place: _Place) -> Generator[Result]:
    """Results as they come. Raises SamaError; however it ends, no actor stays."""
    job = replace(job, out=job.out.absolute())
    tasks = [task._replace(photo=task.photo.absolute()) for task in tasks]
    left = {task.photo.name: task for task in tasks}
    context = get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=_drive, args=(job, tasks, place, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        patience = _STARTED if place.address == LOCAL else _JOINED
        if not pipe.poll(patience):
            raise SamaError(
                f"Ray at {place.address} let nobody in within {patience:.0f} seconds; run this on one of the cluster's "
                "own machines, with the address that `ray status` works with."
            )
        while left:
            said = _heard(pipe)
            if isinstance(said, SamaError):
                raise said
            if isinstance(said, Result):
                del left[said.photo]
                yield said
    finally:
        if left:  # else it ends by itself
            process.terminate()
        process.join(PATIENCE)
        process.kill()
        process.join()
        for task in left.values():
            sweep(job.out / task.folder, new=0)


def _heard(pipe: Connection) -> Result | SamaError | str:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return Stop(
            "Ray ended before the photos were done; look into its logs, and run the same again to go on."
        )


def _drive(job: Job, tasks: list[Task], place: _Place, pipe: Connection) -> None:
    """What the process beside this one does: join, and pass on results, or the SamaError that ends it all."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it ends it
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    import ray

    try:
        _join(place)
        signal.signal(signal.SIGTERM, leave)  # Ray has put its own there
        pipe.send(_READY)
        for result in results_of(
            job, tasks, workers=place.workers, gpus=place.device not in _WITHOUT, folder=place.folder
        ):
            pipe.send(result)
    except SamaError as error:
        pipe.send(Stop(str(error)))
    except Exception as error:
        told = str(error).strip().rpartition("\n")[2]  # where Ray quotes an error, its traceback is before
        pipe.send(Stop(f"Ray failed ({type(error).__name__}: {told:.300}); run the same again to go on."))
    finally:
        ray.shutdown()


def _join(place: _Place) -> None:
    """Raises SamaError."""
    import ray

    try:
        if place.address == LOCAL:
            count = max(place.threads, place.workers or 1)
            os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # the actors find what we find
            ray.init(
                LOCAL,
                num_cpus=count,
                object_store_memory=_STORE,
                include_dashboard=False,
                log_to_driver=False,
            )
        else:
            ray.init(place.address, log_to_driver=False)
    except Exception as error:  # Ray has no class of its own for them
        told = str(error).strip().partition("\n")[0].rstrip(".")
        raise SamaError(
            f"No Ray cluster can be joined by --ray {place.address} ({told:.200}); check that it runs, with the Ray "
            f"and Python of this machine, or give --ray {LOCAL}."
        ) from error
