"""A predictor that looks closer: small boxes are answered on the part of the photo around them, see `close_up`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from sama.photo.resize import fit_within
from sama.predict.answer import Answer, ModelInfo, Progress, merged_seconds
from sama.predict.close_up import Region, placed, region_of, scaled
from sama.predict.predictor import SamaPredictor
from sama.predict.second_look import GRID, SamAlone, Where, clicks_alone, small_box
from sama.predict.seen import Finisher
from sama.request.listing import Listing
from sama.request.prompts import Prompts, box_of
from sama.request.request import Request


class CloserPredictor:
    """Called like `SamaPredictor`, which it wraps; `parts` are those of the last answer, each with a predictor whose
    photo it is."""

    def __init__(self, whole: SamaPredictor):
        """whole: looks at the whole photo."""
        self.whole = whole
        self.parts: dict[Region, SamaPredictor] = {}

    def fork(self) -> "CloserPredictor":
        """Return a predictor without a photo that shares the model and the bounded cache."""
        return CloserPredictor(self.whole.fork())

    def twin(self) -> "CloserPredictor":
        """See `SamaPredictor.twin`."""
        other = CloserPredictor(self.whole.twin())
        other.parts = dict(self.parts)
        return other

    def attach(self, other: "SamaPredictor | CloserPredictor") -> "CloserPredictor":
        """See `SamaPredictor.attach`; parts that were not encoded are forgotten."""
        whole = other.whole if isinstance(other, CloserPredictor) else other
        if self.whole.loaded is None:
            self.whole.attach(whole)
            parts = self.parts.items()
            self.parts = {key: part for key, part in parts if part.attach(whole).encoded}
        return self

    @property
    def info(self) -> ModelInfo:
        """What runs, and where."""
        return self.whole.info

    @property
    def model(self):
        """The `Sama` module."""
        return self.whole.model

    @property
    def photo(self) -> np.ndarray | None:
        """See `SamaPredictor.photo`."""
        return self.whole.photo

    @property
    def photo_size(self) -> tuple[int, int] | None:
        """(width, height) of the open photo."""
        return self.whole.photo_size

    def set_image(self, image: np.ndarray) -> Iterator[Progress]:
        """See `SamaPredictor.set_image`."""
        self.parts = {}
        return self.whole.set_image(image)

    def reset_image(self) -> None:
        """Forget the photo."""
        self.parts = {}
        self.whole.reset_image()

    def pending(self, request: Request) -> bool:
        """Whether `answer` would first encode a part of the photo that it has not looked at last."""
        if not request.closer or self.photo is None:
            return False
        regions = map(self.region_for, request.objects)
        return any(region not in self.parts for region in regions if region is not None)

    def answer(
        self, request: Request, method: Finisher, progress: Callable[[float], None] | None = None
    ) -> Answer:
        """See `SamaPredictor.answer`. Every object is answered where it is best seen; other parts are forgotten."""
        self.whole.opened.check(request)
        wheres = self._wheres(request, method)
        if not any(wheres):
            return self.whole.answer(request, method, progress)
        before, self.parts = self.parts, {}
        answers = []
        for i, (prompts, where) in enumerate(zip(request.objects, wheres, strict=True)):
            if where is None:
                candidate = request.candidate_of(i)
                alone = _about(request, prompts, request.photo_size, candidate, request.output_size)
                answers.append(self.whole.answer(alone, method, progress))
            else:
                answers.append(self._look(where, i, request, method, progress, before))
        objects = tuple(each for answer in answers for each in answer.objects)
        return Answer(method.name, objects, merged_seconds([answer.seconds for answer in answers]))

    def _wheres(self, request: Request, method: Finisher) -> list[Where | None]:
        """Where to look closer for each object; None: on the whole photo."""
        if not request.closer:
            return [None for _ in request.objects]
        regions = [self.region_for(prompts) for prompts in request.objects]
        wheres = [
            region and Where(region, prompts)
            for region, prompts in zip(regions, request.objects, strict=True)
        ]
        refined = bool(method.tasks) and self.whole.trained
        clicked = [i for i, prompts in enumerate(request.objects) if refined and clicks_alone(prompts)]
        if clicked:
            alone = replace(request, closer=False)
            grid = fit_within(*request.photo_size, GRID)  # so that panel and download look at the same place
            seen = self.whole.answer(replace(alone, output_size=grid), SamAlone()).objects
            boxes = {i: small_box(seen[i], request.photo_size) for i in clicked}
            found = self.whole.answer(alone, SamAlone()).objects if any(boxes.values()) else ()
            for i, box in boxes.items():
                boxed = box and replace(request.objects[i], boxes=(box,))
                region = boxed and self.region_for(boxed)
                wheres[i] = Where(region, boxed, found[i]) if boxed and region else None
        return wheres

    def _look(
        self,
        where: Where,
        number: int,
        request: Request,
        method: Finisher,
        progress: Callable[[float], None] | None,
        before: dict[Region, SamaPredictor],
    ) -> Answer:
        """Answer object `number` on a part of the photo; before: the parts of the last answer."""
        started, region, prompts = time.perf_counter(), where.region, request.objects[number]
        part = before.get(region)
        if part is None:
            part = before[region] = self.whole.fork()
            part.set_image(region.cut(self.whole.opened.copy))
        self.parts[region] = part
        inside = region.prompts(scaled(where.prompts, *self._scale))
        if prompts.mask is not None:
            inside = replace(inside, mask=region.mask(prompts.mask))
        # Of clicks and the box around what SAM has made of them there is one candidate.
        candidate = request.candidate_of(number) if where.sam is None else None
        asked = _about(request, inside, region.size, candidate, region.detail(request.output_size))
        answer = part.answer(asked, method, progress)
        encoding = time.perf_counter() - started - sum(answer.seconds.values())
        (found,) = answer.objects
        whole = where.beside_sam(placed(found, prompts, region, request.output_size))
        return Answer(method.name, (whole,), {"closer": encoding, **answer.seconds})

    @property
    def _scale(self) -> tuple[float, float]:
        """Pixels of the copy that is cut for one of the photo."""
        photo = self.whole.opened
        height, width = photo.copy.shape[:2]
        return width / photo.size[0], height / photo.size[1]

    def region_for(self, prompts: Prompts) -> Region | None:
        """Where to look for one object, in pixels of the copy; None for the whole photo."""
        height, width = self.whole.opened.copy.shape[:2]
        if prompts.mask is not None:
            boxes = (*prompts.boxes, box_of(prompts.mask))
            prompts = Prompts(prompts.points, boxes, strokes=prompts.strokes)
        return region_of(scaled(prompts, *self._scale), (width, height))


def _about(
    request: Request,
    prompts: Prompts,
    photo_size: tuple[int, int],
    candidate: int | None,
    output_size: tuple[int, int],
) -> Request:
    """The same request about one object, on the photo or on a part of it."""
    return replace(
        request,
        prompts=prompts,
        photo_size=photo_size,
        candidate=candidate,
        output_size=output_size,
        closer=False,
        listing=Listing(),
    )
