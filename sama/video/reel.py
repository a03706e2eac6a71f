"""A clip that somebody works on: what has been followed is kept on disk, so that a correction redoes what comes after
it and nothing before, and memory does not grow with the clip."""

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from sama.errors import ClipError, PromptError
from sama.request.prompts import Prompts
from sama.video.belief import SURE
from sama.video.clips import Pace
from sama.video.follower import FollowedFrame, Follower
from sama.video.frames import Clip
from sama.video.settings import FollowSettings

_WAIT = 60.0  # seconds for another work on the same clip to stop
BUSY = "This clip is being worked on; cancel that, then try again."
_PACKED = 1  # of 9: quick


class Reel:
    """One clip with its marks, and what was found in it.

    clip: the opened clip; reports: `FollowedFrame.report` by number of the frame, for frames that are done.
    """

    def __init__(self, clip: Clip, folder: str | Path | None = None):
        """folder: where the maps of the frames are kept meanwhile, by default the system's for temporary files."""
        self.clip, self.reports = clip, dict[int, dict]()
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
        self._place = Path(tempfile.mkdtemp(prefix="sama-reel-", dir=folder))
        self._tidy = weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)
        self._follower: Follower | None = None
        self._how = FollowSettings()
        self._marks: dict[int, Prompts] = {}
        self._next = 0  # the frame that the follower is to be given
        self._lock, self.left = Lock(), False

    def leave(self) -> None:
        """Whoever works on it stops, and nothing is kept."""
        self.left = True
        self._follower, self.reports = None, {}
        self._tidy()

    def follow(
        self,
        make: Callable[[FollowSettings], Follower],
        marks: dict[int, Prompts],
        start: int = 0,
        end: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        how: FollowSettings | None = None,
    ) -> Generator[tuple[FollowedFrame, Pace], None, None]:
        """Follow from the first frame whose marks have changed, or from where it was stopped; yields each frame and how
        far the work is.

        make: a fresh follower; marks: by the number of their frame; start, end: mark in, and before which frame to end.
        stop: asked before every frame. how: as given to `make`; another one than before begins anew. Raises PromptError
        and ClipError.
        """
        last = (
            self.clip.frames
            if end is None
            else end
            if self.clip.frames is None
            else min(end, self.clip.frames)
        )
        inside = {at: each for at, each in marks.items() if start <= at and (last is None or at < last)}
        if not inside:
            raise PromptError(
                "Nothing is marked between the marks in and out; draw a box around the object there."
            )
        with self._alone():
            begin = self._begin(make, inside, how or FollowSettings())
            total = None if last is None else max(last - begin, 0)
            if total == 0:
                return
            for at in [at for at in self.reports if at >= begin or at < min(inside)]:
                del self.reports[at]
            self._marks, began = inside, time.perf_counter()
            for done, frame in enumerate(self.clip.between(begin, last), 1):
                if self.left or stop():
                    return
                yield self._step(frame.index, frame.rgb), Pace(done, total, time.perf_counter() - began)

    def first(self) -> int:
        """The first frame that is done; raises ClipError where none is."""
        if not self.reports:
            raise ClipError("Nothing is followed yet; mark the object on a frame, then choose Go.")
        return min(self.reports)

    def maps(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The matte, SAMA's and SAM's mask of a frame that is done, (H, W) uint8 each, the masks 0 or 255."""
        with Image.open(self._file(index)) as picture:
            alpha, mask, sam = np.moveaxis(np.asarray(picture), 2, 0)
        return alpha, mask, sam

    def rows(self, y: int, frames: range) -> np.ndarray:
        """The matte's row y in each of the frames, (frames, W) uint8; zeros where a frame is not done."""
        found = np.zeros((len(frames), self.clip.size[0]), np.uint8)
        for number, index in enumerate(frames):
            if index in self.reports:
                found[number] = self.maps(index)[0][y]
        return found

    def _begin(
        self, make: Callable[[FollowSettings], Follower], marks: dict[int, Prompts], how: FollowSettings
    ) -> int:
        """Take the follower to where it is to go on, and return the number of that frame."""
        first = min(marks)
        changed = [at for at in {*marks, *self._marks} if marks.get(at) != self._marks.get(at)]
        begin = min([self._next, *changed])
        if self._follower is None or begin <= first or first != min(self._marks) or how != self._how:
            self._follower, self._how, self._next = make(how), how, first
        elif begin < self._next:
            alpha, mask, _ = self.maps(begin - 1)
            logits = np.where(mask > 0, SURE, -SURE).astype(np.float32)
            before = self.clip.frame(begin - 1).rgb, logits, alpha / np.float32(255)
            self._follower.back_to(begin, before)
            self._next = begin
        return self._next

    def _step(self, index: int, rgb: np.ndarray) -> FollowedFrame:
        follower = self._follower
        if follower is None:
            raise ClipError("The clip was closed meanwhile; open it again.")
        found = follower.step(index, rgb, self._marks.get(index))
        maps = [np.rint(found.alpha * 255), 255 * (found.mask > 0), 255 * (found.sam > 0)]
        picture = Image.fromarray(np.stack(maps, -1).astype(np.uint8))
        if not self.left:
            picture.save(self._file(index), compress_level=_PACKED)
            self.reports[index] = found.report
        self._next = index + 1
        return found

    def _file(self, index: int) -> Path:
        return self._place / f"{index:05d}.png"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One work at a time."""
        if not self._lock.acquire(timeout=_WAIT):
            raise ClipError(BUSY)
        try:
            yield
        finally:
            self._lock.release()
