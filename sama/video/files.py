"""The table of files that a clip with its mattes makes: what each is called, what it holds, how it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from sama.matting import Background
from sama.video.cut import Backdrop, CutFrame
from sama.video.encoding import Film, film_encoder
from sama.video.frames import Clip, Steady

_COMPRESSION = 4  # of 9, as in `sama.export.files`
_VP9 = {"auto-alt-ref": "0", "crf": "18", "deadline": "good", "cpu-used": "5", "row-mt": "1"}
_PRORES = {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}


@dataclass(frozen=True)
class Plan:
    """What is written of a clip: source: the clip, or what stands for one; start: the first frame's number in it;
    background: of the composite; sound: whether the source's is kept."""

    source: Clip | Steady
    start: int
    background: Background
    sound: bool

    @property
    def sound_from(self) -> Fraction | None:
        """The time in the clip from which its sound is kept; None for no sound."""
        return self.source.time(self.start) if self.sound and self.source.has_sound else None


class Sink(Protocol):
    """A file, or a folder of files, that is being written."""

    def write(self, cut: CutFrame) -> None:
        """Add a frame."""
        ...

    def finish(self) -> None:
        """Make it whole."""
        ...

    def close(self) -> None:
        """Let go of it, finished or not."""
        ...


@dataclass(frozen=True)
class ClipFile:
    """title: for people; name: of the file or folder; open: begins it at a path; even: whether its sides are made even
    by repeating the last column and row."""

    title: str
    name: str
    open: Callable[[Path, Plan], Sink]
    even: bool = False


class _Pictures:
    """A film of one of the pictures of each frame."""

    def __init__(self, film: Film, of: Callable[[CutFrame], np.ndarray]):
        self._film, self._of = film, of
        self.finish, self.close = film.finish, film.close

    def write(self, cut: CutFrame) -> None:
        """See `Sink`."""
        self._film.write(self._of(cut), cut.time, cut.duration)


class _Folder:
    """A folder of PNGs with straight alpha, called by the frames' numbers in the clip."""

    def __init__(self, path: Path, _plan: Plan):
        self._path = path
        path.mkdir()

    def write(self, cut: CutFrame) -> None:
        """See `Sink`."""
        Image.fromarray(cut.cutout).save(self._path / f"{cut.index:05d}.png", compress_level=_COMPRESSION)

    def finish(self) -> None:
        """See `Sink`."""

    def close(self) -> None:
        """See `Sink`."""


def _webm(path: Path, plan: Plan) -> Sink:
    return _Pictures(
        Film(
            path,
            plan.source,
            encoder="libvpx-vp9",
            pixels="yuva420p",
            options=_VP9,
            sound_from=plan.sound_from,
        ),
        lambda cut: cut.cutout,
    )


def _prores(path: Path, plan: Plan) -> Sink:
    return _Pictures(
        Film(
            path,
            plan.source,
            encoder="prores_ks",
            pixels="yuva444p10le",
            options=_PRORES,
            sound_from=plan.sound_from,
        ),
        lambda cut: cut.deep_cutout,
    )


def _film(path: Path, plan: Plan, of: Callable[[CutFrame], np.ndarray], sound: bool = True) -> Sink:
    encoder, options = film_encoder()
    sound_from = plan.sound_from if sound else None
    film = Film(path, plan.source, encoder=encoder, pixels="yuv420p", options=options, sound_from=sound_from)
    return _Pictures(film, of)


def _composite(path: Path, plan: Plan) -> Sink:
    backdrop = Backdrop(plan.background)
    return _film(path, plan, lambda cut: cut.on(backdrop.behind(cut)))


FILES = {  # in the order in which they are written and offered
    "webm": ClipFile("WebM with alpha (VP9)", "cutout.webm", _webm),
    "prores": ClipFile("ProRes 4444 with alpha", "cutout.mov", _prores),
    "png": ClipFile("PNG sequence with alpha", "cutout", _Folder),
    "green": ClipFile(
        "On green", "green.mp4", lambda path, plan: _film(path, plan, lambda cut: cut.green), even=True
    ),
    "matte": ClipFile(
        "Matte, grey",
        "matte.mp4",
        lambda path, plan: _film(path, plan, lambda cut: cut.matte, sound=False),
        even=True,
    ),
    "composite": ClipFile("On the background", "composite.mp4", _composite, even=True),
}
WITH = {"green": ("matte",)}  # what goes along with a file
