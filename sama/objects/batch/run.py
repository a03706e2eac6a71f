"""A folder of photos becomes one of cut-outs; what stops in the middle goes on where it stopped."""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sama.errors import SamaError
from sama.export.turns import alone_in, is_held
from sama.export.writing import explained, staging, sweep
from sama.objects.batch.journal import Journal, folders_for, is_current
from sama.objects.batch.report import Report, write_report
from sama.objects.batch.result import Result
from sama.objects.batch.sessions import Sessions
from sama.objects.batch.sources import Source
from sama.objects.batch.work import Job, Task, Worker
from sama.photo.folders import photos_in
from sama.photo.opening import MAX_PIXELS
from sama.predict.loading import Predictor, load

Progress = Callable[[int, int, int], None]
Means = Callable[[Job, list[Task]], Generator[Result]]  # how tasks become results, in any order
_DEFAULT_MODEL = "mini"


def batch(
    photos: Path | str,
    out: Path | str,
    source: Source | None = None,
    *,
    model: str | None = None,
    settings: Mapping[str, Any] | None = None,
    only: Collection[str] | None = None,
    workers: int | None = None,
    ray: str | None = None,
    again: bool = False,
    max_pixels: int = MAX_PIXELS,
    progress: Progress | None = None,
    loading: Callable[..., Predictor] | None = None,
    **how: Any,
) -> Report:
    """Cut the objects out of all photos in a folder: OUT/NAME has of each what `sama predict` writes of one.

    source: prompts, by default those of the session files beside the photos. model, how: see `sama.load`; without a
    model that of the sessions. settings: as in session files, which they replace. only: some of the files. workers:
    processes, each with a model and its share of the threads, by default one. ray: the address of a Ray cluster whose
    actors are the workers, host:port, "auto" or "local", which starts one; by default one a GPU or a node. again: make
    anew what is there. progress: called with photos done, of how many, and how many of them had been there. loading:
    instead of `sama.load`, called with the model and how; other processes import it.

    Run again after it was stopped, it goes on; photos that have changed, or of which something else is asked, are made
    anew, and those that failed are tried again. Raises SamaError where nothing can be done at all; whatever is wrong
    with a photo is in the report.
    """
    photos, out = Path(photos), Path(out)
    found = photos_in(photos)
    if workers is not None and workers < 1:
        raise SamaError(f"{workers} workers can do nothing; give 1 or more.")
    if out.resolve() == photos.resolve():
        raise SamaError(f"{out} holds the photos themselves; give another --out, such as {out / 'cutouts'}.")
    source = Sessions.found(photos, beside=True) if source is None else source
    model = model or _model_of(source)
    taken = partial(loading or load, model, cache_bytes=0, **how)  # no photo comes twice
    job = Job(out, source, taken, settings or {}, None if only is None else tuple(only), max_pixels)
    job.check()
    same = {
        "photos": str(photos.resolve()),
        "prompts": source.about(),
        "settings": dict(job.settings),
        "only": None if only is None else sorted(only),
        "model": model,
    }
    means = _means(workers, ray, how.get("device", "auto"))
    with _alone(out):
        journal = Journal(out, same, again=again)
        tasks = folders_for(found, journal.earlier)
        job = replace(job, weights=journal.weights)
        results = _run(job, tasks, journal, means, progress)
        write_report(out, photos, same, results)
        journal.end()
    kept = sum(each is journal.earlier.get(each.photo) for each in results)
    return Report(out, tuple(results), kept, source.unreadable if isinstance(source, Sessions) else ())


def _model_of(source: Source) -> str:
    models = sorted(source.models) if isinstance(source, Sessions) else [_DEFAULT_MODEL]
    if len(models) > 1:
        raise SamaError(f"The sessions are of several models, {', '.join(models)}; choose one with --model.")
    return models[0]


def _means(workers: int | None, ray: str | None, device: str) -> Means:
    if ray is not None:
        from sama.objects.batch.cluster import cluster

        return cluster(ray, workers, device)
    if workers is not None and workers > 1:
        from sama.objects.batch.processes import in_processes

        return partial(in_processes, workers=workers)
    return lambda job, tasks: (worker.cut(task) for worker in [Worker(job)] for task in tasks)


def _run(
    job: Job,
    tasks: Sequence[Task],
    journal: Journal,
    means: Means,
    progress: Progress | None,
) -> list[Result]:
    """The results of all tasks, in their order; only those that are not there are worked on."""
    results: dict[str, Result] = {}
    todo = []
    for task in tasks:
        earlier = journal.earlier.get(task.photo.name)
        if earlier is not None and is_current(earlier, task, job.source, job.out):
            results[task.photo.name] = earlier
        else:
            sweep(job.out / task.folder, new=0)
            todo.append(task)
    kept = len(results)
    if progress is not None:
        progress(kept, len(tasks), kept)
    with closing(means(job, todo)) as coming:  # so that other processes end before anything else does
        for result in coming if todo else ():
            journal.add(result)
            results[result.photo] = result
            if progress is not None:
                progress(len(results), len(tasks), kept)
    return [results[task.photo.name] for task in tasks]


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """See that OUT can be written to, and that no other batch does so until this one is done."""
    made = not out.exists()
    with explained(out), staging(out):
        if is_held(out):
            raise SamaError(f"Another batch writes to {out}; wait for it, or give another --out.")
    try:
        with alone_in(out):
            sweep(out, new=0)
            yield
    finally:
        if made and not any(out.iterdir()):
            out.rmdir()
