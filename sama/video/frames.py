"""What a clip is, wherever its frames come from: numbered pictures of one size, each at its time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

import numpy as np

from sama.errors import ClipError


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a clip.

    index: its number, from 0; time: seconds since the first frame, exact; rgb: (H, W, 3) uint8, sRGB, upright, the
    caller's own.
    """

    index: int
    time: Fraction
    rgb: np.ndarray


@dataclass(frozen=True)
class Steady:
    """Frames without a file that come at a steady rate, as a writer needs to know them; size: (width, height)."""

    size: tuple[int, int]
    rate: Fraction = Fraction(25)
    has_sound: bool = field(default=False, init=False)
    variable_rate: bool = field(default=False, init=False)

    @property
    def tick(self) -> Fraction:
        """See `Clip`."""
        return 1 / self.rate

    def time(self, index: int) -> Fraction:
        """Seconds from the first frame to this one."""
        return index / self.rate


class Clip(ABC):
    """An opened clip; a context manager. Frames are decoded when they are asked for, and never kept.

    size: (width, height) of the upright frames; frames: how many there are, None where only decoding would tell;
    rate: frames a second, on average where `variable_rate`; has_sound: whether there is a sound track; notes: what was
    done on opening and decoding, as of a `Photo`; name: of the file or folder, without those above it; tick: seconds
    of which all times are multiples, but for the rounding of a container whose clock is too coarse for a steady rate.

    Iterations are independent of one another: several may go on at once, in any threads. Each opens the file for itself
    and closes it at its end or when it is dropped; between them nothing is held open.
    """

    size: tuple[int, int]
    frames: int | None
    rate: Fraction
    has_sound: bool
    notes: tuple[str, ...]
    name: str
    variable_rate: bool
    tick: Fraction

    @abstractmethod
    def between(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """Yield the frames from `start` on and before `end`; None means to the last. Raises ClipError, at once for a
        mark behind the last frame, while it is iterated for a frame that is damaged."""

    @abstractmethod
    def time(self, index: int) -> Fraction:
        """Seconds from the first frame to a frame, or for the number after the last to the clip's end. Raises
        ClipError."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield all frames, in order."""
        return self.between()

    def frame(self, index: int) -> Frame:
        """Return one frame; the seek is exact. Raises ClipError."""
        for found in self.between(index, index + 1):
            return found
        raise self._beyond(index)

    @property
    def seconds(self) -> float | None:
        """How long the clip is; None where `frames` is."""
        return None if self.frames is None else float(self.time(self.frames))

    def index_at(self, seconds: float) -> int:
        """Return the number of the frame that is seen at a time, the last one after the end."""
        low, high = 0, self.frames or 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.time(middle) <= seconds else (low, middle)
        return low

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error) -> None:
        return None  # nothing is held open

    def _check_range(self, start: int, end: int | None) -> None:
        """Raise ClipError unless there are frames from `start` on and before `end`."""
        if start < 0:
            raise ClipError(f"Frame {start} is none of {self.name}; frames are numbered from 0.")
        if end is not None and end <= start:
            raise ClipError(
                f"The range from frame {start} to before frame {end} is empty; set the mark out behind the mark in."
            )
        if self.frames is not None and start >= self.frames:
            raise self._beyond(start)

    def _beyond(self, index: int) -> ClipError:
        last = "its end" if self.frames is None else f"frame {self.frames - 1}"
        return ClipError(f"Frame {index} lies behind the last of {self.name}; choose one up to {last}.")
