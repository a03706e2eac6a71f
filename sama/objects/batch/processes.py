"""A batch in several processes, each with a model of its own; one that dies costs the photo that it had open."""

import os
import signal
import threading
from collections import deque
from collections.abc import Generator
from dataclasses import replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait

import torch

from sama.errors import SamaError
from sama.objects.batch.result import FAILED, Result
from sama.objects.batch.work import Job, Stop, Task, Worker

_READY = "ready"
PATIENCE = 10.0  # seconds for a process that is asked to end


def in_processes(job: Job, tasks: list[Task], workers: int) -> Generator[Result]:
    """Results as they come. Raises Stop; however it ends, no process stays."""
    job = replace(job, threads=max(1, torch.get_num_threads() // workers))
    waiting, crew = deque(tasks), {}
    try:
        for _ in range(min(workers, len(tasks))):
            _join(crew, job)
        while crew:
            for pipe in wait(list(crew)):
                mate = crew[pipe]
                said = mate.heard()
                if isinstance(said, SamaError):
                    raise said
                if isinstance(said, Result):
                    yield said
                if said is None:
                    del crew[pipe]
                    yield mate.lost()
                    if waiting:
                        _join(crew, job)
                elif not mate.give(waiting.popleft() if waiting else None):
                    del crew[pipe]
    finally:
        for mate in crew.values():
            mate.process.terminate()
        for mate in crew.values():
            mate.process.join(PATIENCE)
            mate.process.kill()
            mate.process.join()


def _join(crew: dict[Connection, "_Mate"], job: Job) -> None:
    mate = _Mate(job)
    crew[mate.pipe] = mate


class _Mate:
    """A process, seen from the one that started it; `task` is what it works on."""

    def __init__(self, job: Job):
        context = get_context("spawn")  # a forked torch may hang
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(job, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.task: Task | None = None

    def heard(self) -> Result | SamaError | str | None:
        """What it says; None where it has died."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return None

    def give(self, task: Task | None) -> bool:
        """Give it a task, or None for the end; returns whether it has one. One that has just died will be noticed."""
        self.task = task
        try:
            self.pipe.send(task)
        except OSError:
            return task is not None
        if task is None:
            self.process.join()
        return task is not None

    def lost(self) -> Result:
        """The result of the task that it died of; raises Stop where it had none."""
        self.process.join()
        code = self.process.exitcode
        if self.task is None:
            raise Stop(f"A worker ended while it loaded the model (exit code {code}); use fewer --workers.")
        sentence = f"It ended the worker that had it open (exit code {code}), often for want of memory; scale it down."
        return Result(self.task.photo.name, self.task.folder, FAILED, sentence)


def _serve(job: Job, pipe: Connection) -> None:
    """What a process does: load the model, then one task after the other until None comes."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches all processes; the first one ends the others
    signal.signal(signal.SIGTERM, leave)
    torch.set_num_threads(job.threads)
    worker = Worker(job)
    try:
        worker.predictor  # noqa: B018  loads
        pipe.send(_READY)
        while (task := pipe.recv()) is not None:
            pipe.send(worker.cut(task))
    except SamaError as error:
        pipe.send(Stop(str(error)))
    except (EOFError, BrokenPipeError):
        pass


def leave(kind: int, frame: object) -> None:
    """End like Ctrl-C, as a handler of signals."""
    raise SystemExit(1)  # so that half-written files go


def end_with_parent() -> None:
    """In a thread of its own: end this process with the one that started it, however that ends."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
