"""Which parts of a photo a predictor has looked closer at, and its answers there."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sama.predict.close_up import Region, placed, region_of, scaled, united
from sama.predict.prediction import Prediction
from sama.request.prompts import Prompts

if TYPE_CHECKING:
    from sama.predict.predictor import SamaPredictor


class CloserLook:
    """Looks at one photo; `parts` are those of the last answer, each with a predictor whose photo it is."""

    def __init__(self, photo: np.ndarray, size: tuple[int, int]):
        """photo: RGB uint8, the photo or a smaller copy; size: the photo's own (width, height)."""
        self.photo = photo
        self.parts: dict[Region, SamaPredictor] = {}
        height, width = photo.shape[:2]
        self._size = width, height
        self._scale = width / size[0], height / size[1]

    def region(self, group: Prompts) -> Region | None:
        """Where to look for one of `Prompts.groups`, in pixels of the copy; None for the whole photo."""
        return None if group.mask is not None else region_of(scaled(group, *self._scale), self._size)

    def pending(self, groups: list[Prompts]) -> bool:
        """Whether an answer needs parts that the last one did not."""
        return any(region not in self.parts for region in map(self.region, groups) if region is not None)

    def answer(
        self,
        groups: list[Prompts],
        size: tuple[int, int],
        fork: "Callable[[], SamaPredictor]",
        ask: Callable[..., Prediction],
    ) -> Prediction:
        """Answer every group where it is best seen, unite the answers at `size` (width, height), forget other parts.

        fork: makes a predictor for a part. ask: `SamaPredictor.predict` without closer looks, called with a predictor
        (None: the photo's own), prompts, and output_size.
        """
        before, self.parts = self.parts, {}
        answers = []
        for group in groups:
            region = self.region(group)
            if region is None:
                answers.append(ask(None, group, output_size=size))
                continue
            started = time.perf_counter()
            if region not in before:
                before[region] = fork()
                before[region].set_image(region.cut(self.photo))
            part = self.parts[region] = before[region]
            inside = region.prompts(scaled(group, *self._scale))
            answer = ask(part, inside, output_size=region.detail(size))
            encoding = time.perf_counter() - started - sum(answer.seconds.values())
            answers.append(
                replace(placed(answer, region, size), seconds={"closer": encoding, **answer.seconds})
            )
        return united(answers)
