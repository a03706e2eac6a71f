"""A folder of frames as a clip, in the order of the numbers in their names."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from sama.errors import ClipError, PhotoError
from sama.photo.folders import photos_in
from sama.photo.opening import open_image, upright_size
from sama.video.frames import Clip, Frame
from sama.video.limits import check_frames, check_size


class FolderClip(Clip):
    """See `Clip`; all pictures have one size."""

    def __init__(self, folder: Path, max_pixels: int, max_frames: int | None, rate: Fraction):
        """Raises ClipError."""
        try:
            self._files = sorted(photos_in(folder), key=_natural)
            check_frames(folder.name, len(self._files), max_frames)
            self.size = upright_size(self._files[0], max_pixels=max_pixels)
        except PhotoError as error:
            raise ClipError(str(error)) from error
        check_size(folder.name, self.size, max_pixels)
        self._max_pixels = max_pixels
        self.frames = len(self._files)
        self.rate = rate
        self.tick = 1 / rate
        self.has_sound = self.variable_rate = False
        self.notes = (f"a folder has no frame rate; {float(rate):.4g} a second is taken",)
        self.name = folder.name

    def between(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """See `Clip`."""
        self._check_range(start, end)
        return self._frames(start, min(len(self._files), len(self._files) if end is None else end))

    def time(self, index: int) -> Fraction:
        """See `Clip`."""
        if not 0 <= index <= len(self._files):
            raise self._beyond(index)
        return index / self.rate

    def _frames(self, start: int, end: int) -> Iterator[Frame]:
        for index in range(start, end):
            path = self._files[index]
            try:
                rgb = open_image(path, max_pixels=self._max_pixels).rgb
            except PhotoError as error:
                raise ClipError(str(error)) from error
            if rgb.shape[1::-1] != self.size:
                raise ClipError(
                    f"{path.name} is {rgb.shape[1]} x {rgb.shape[0]} and the first frame {self.size[0]} x "
                    f"{self.size[1]}; bring all frames to one size first."
                )
            yield Frame(index, self.time(index), rgb)


def _natural(path: Path) -> tuple:
    """The order of people: frame2 before frame10."""
    parts = re.split(r"(\d+)", path.name)
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts), path.name
