"""One photo of a batch after the other, in one process with one model."""

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from sama.errors import PromptError, SamaError
from sama.export.files import FILES, names_of
from sama.export.outputs import Outputs
from sama.export.writing import ExportError, write_outputs
from sama.methods import METHODS, answer, method_of
from sama.methods.findings import finding_of
from sama.methods.own import check_own
from sama.objects.batch.result import DONE, FAILED, MISSED, Result
from sama.objects.batch.sources import Source, digest
from sama.photo import source as sources
from sama.photo.opening import MAX_PIXELS, Photo, open_image
from sama.predict.loading import Predictor
from sama.request.request import Request
from sama.request.settings import Settings

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}  # a disk that takes no other photo's files either


class Stop(SamaError):
    """What ends the whole batch: a model that cannot be loaded or is another one, a disk that is full."""


class Task(NamedTuple):
    """A photo's path, and the name of its folder in OUT."""

    photo: Path
    folder: str


@dataclass(frozen=True)
class Job:
    """What is the same for all photos; it can be pickled if its parts can.

    out: where folders go; load: loads the model; settings: replace what a source's prompts bring, by the names of
    session files; only: names of FILES, None for all; most: pixels of a photo; weights: the digest that the model's
    must have, empty for any; threads: of each process beside this one.
    """

    out: Path
    source: Source
    load: Callable[[], Predictor]
    settings: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    most: int = MAX_PIXELS
    weights: str = ""
    threads: int = 1

    def check(self) -> None:
        """Raise SamaError for settings and names that no photo could be answered with."""
        Settings.from_dict(dict(self.settings), methods=METHODS, paths=True)
        for name in self.only or ():
            if name not in FILES:
                raise PromptError(f"There is no file called {name!r:.40}; choose of {', '.join(FILES)}.")


class Worker:
    """Answers photos with a model that is loaded once."""

    def __init__(self, job: Job):
        self.job = job

    @cached_property
    def predictor(self) -> Predictor:
        """The model. Raises Stop."""
        try:
            predictor = self.job.load()
        except SamaError as error:
            raise Stop(str(error)) from error
        digest = predictor.info.weights_digest
        if self.job.weights not in ("", digest):
            raise Stop(
                f"The results in {self.job.out} are by other weights ({self.job.weights}, now {digest}); give another "
                "--out, or make all of them --again."
            )
        return predictor

    def cut(self, task: Task) -> Result:
        """Make one photo's files. What is wrong with a photo becomes its result; raises Stop for all else."""
        known: dict[str, Any] = {"photo": task.photo.name, "folder": task.folder}
        try:
            return self._cut(task, known)
        except Stop:
            raise
        except ExportError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL:
                raise Stop(str(error)) from error
            return Result(**known, status=FAILED, message=str(error))
        except SamaError as error:
            return Result(**known, status=FAILED, message=str(error))
        except MemoryError:
            sentence = "It does not fit into memory; scale it down, or run with fewer --workers."
        except Exception as error:  # a mistake of ours at one photo is no reason to lose the others
            sentence = f"SAMA failed at it ({type(error).__name__}: {error!s:.200}); report this, please."
        return Result(**known, status=FAILED, message=sentence)

    def _cut(self, task: Task, known: dict[str, Any]) -> Result:
        """known: gathers what is known of the photo, for a failure too."""
        name = task.photo.name
        data = sources.read(task.photo, sources.short_name(name))
        known["content"] = digest(data)
        photo = open_image(data, name=name, max_pixels=self.job.most, keep_own=True)
        known |= {"size": photo.size, "pixels": photo.digest}
        known["mark"] = self.job.source.mark(photo.name, photo.digest)
        outputs, request = self._answered(photo)
        wanted = self.job.only
        names = None if wanted is None else [each for each in wanted if _there_is(each, outputs)]
        if wanted and not names:
            raise PromptError(f"This method makes no {wanted[0]}; ask for another file.")
        folder = self.job.out / task.folder
        written = write_outputs(folder, outputs, names)
        found, union = finding_of(outputs.answer, request), outputs.answer.union
        return Result(
            **known,
            status=MISSED if found.missed else DONE,
            message=" ".join([*request.notes, *([found.text] if found.text else [])]),
            objects=len(outputs.answer.objects),
            score=round(float(union.scores[union.chosen]), 4) if len(union.scores) else None,
            weights=outputs.info.weights_digest,
            files={path.relative_to(folder).as_posix(): path.stat().st_size for path in written},
        )

    def _answered(self, photo: Photo) -> tuple[Outputs, Request]:
        predictor = self.predictor
        predictor.set_image(photo.rgb)  # answering encodes as much of it as the method needs
        asked = self.job.source.asked(photo, predictor)
        settings = Settings.from_dict({**asked.settings, **self.job.settings}, methods=METHODS, paths=True)
        request = Request.of(asked.prompts, photo.size, **settings.asked)
        check_own(request.method, photo.name, photo.alpha)
        info = predictor.info
        method_of(request.method, info).check(request, info)
        return Outputs(photo, answer(predictor, request), request, settings, info), request


def _there_is(name: str, outputs: Outputs) -> bool:
    return name in names_of(outputs) or not FILES[name].needs_own_mask
