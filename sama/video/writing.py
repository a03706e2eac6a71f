"""Write a clip with its mattes, frame by frame; all files or none."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from os import PathLike
from pathlib import Path

import numpy as np

from sama.errors import ClipError
from sama.export.turns import alone_in
from sama.export.writing import explained, staging
from sama.matting import Background, parse_background
from sama.video.container import import_av
from sama.video.cut import CutFrame
from sama.video.files import FILES, WITH, Plan, Sink
from sama.video.frames import Clip, Steady

_NUMBERED = re.compile(r"\d{5,}\.png")


class _Nothing(Exception):
    """Leaves a folder as it was, for no frame was written."""


@contextmanager
def writer(
    names: Iterable[str] | str,
    out_dir: str | PathLike,
    source: Clip | Steady,
    *,
    start: int = 0,
    background: Background | str = "transparent",
    foreground: bool = True,
    sound: bool = True,
) -> Iterator["ClipWriter"]:
    """Give what writes files of FILES to a folder, made where needed.

    names: keys of FILES, one or several; source: the clip that the frames are from, for its size, time stamps and
    sound, or a `Steady`; start: the number of the first written frame in it; background: of "composite", as
    `sama.matting.parse_background` reads it; foreground: whether the object's colours are estimated in each frame, so
    that no background shines through; sound: whether the clip's is kept.

    The files appear when the context is left. Left without an error, also after fewer frames than the clip has, they
    hold what was written; without any frame there are none. Left by an error, the folder is as it was. Raises
    ClipError for what makes no sense, before anything is written, and ExportError where writing is impossible.
    """
    wanted = _known([names] if isinstance(names, str) else names)
    chosen = parse_background(background) if isinstance(background, str) else background
    if "composite" in wanted and chosen.kind == "transparent":
        raise ClipError(
            "A film has no transparent background; choose a colour, a picture or blur, or write WebM or ProRes."
        )
    import_av()
    out, plan = Path(out_dir), Plan(source, start, chosen, sound)
    source.time(start)  # raises for what is behind the last frame
    with ExitStack() as stack:
        with _explained(out):
            stack.enter_context(suppress(_Nothing))
            folder = stack.enter_context(staging(out))
            sinks = _begin(stack, wanted, out, folder, plan)
        result = ClipWriter(out, plan, sinks, foreground)
        yield result
        if not result.frames:
            raise _Nothing
        with _explained(out):
            for sink in sinks.values():
                sink.finish()
                sink.close()
            with alone_in(out):
                _move(folder, out, [FILES[name].name for name in wanted])
        result.paths = tuple(out / FILES[name].name for name in wanted)


class ClipWriter:
    """Takes frames by `write`. frames: how many it has; paths: the files, once the context is left; notes: what is to
    be said of them."""

    def __init__(self, out: Path, plan: Plan, sinks: dict[str, Sink], foreground: bool):
        """See `writer`; sinks: by their names in FILES."""
        self._out, self._plan, self._sinks, self._foreground = out, plan, sinks, foreground
        self.frames = 0
        self.paths: tuple[Path, ...] = ()
        self.notes = tuple(_remarks(plan, sinks))

    def write(self, rgb: np.ndarray, alpha: np.ndarray) -> None:
        """Write the next frame: rgb (H, W, 3) uint8 and alpha (H, W), floats in [0, 1] or uint8.

        Raises ClipError for another size than the clip's, for more frames than it has, and where an encoder fails;
        ExportError where the disk is full.
        """
        width, height = self._plan.source.size
        if rgb.shape != (height, width, 3) or alpha.shape != (height, width):
            raise ClipError(
                f"A frame of shape {rgb.shape} with a matte of shape {alpha.shape} does not fit a clip of "
                f"{width} x {height}; write frames of the clip's own size."
            )
        if alpha.dtype == np.uint8:
            alpha = alpha / np.float32(255)
        alpha = np.clip(np.asarray(alpha, np.float32), 0, 1)
        now, after = self._time(self.frames), self._time(self.frames + 1)
        cut = CutFrame(rgb, alpha, self._plan.start + self.frames, now, after - now, self._foreground)
        with _explained(self._out):
            for sink in self._sinks.values():
                sink.write(cut)
        self.frames += 1

    def _time(self, number: int) -> Fraction:
        """Seconds from the first written frame to another; on the steady clock where the clip has one."""
        source, start = self._plan.source, self._plan.start
        source.time(start + number)  # raises for more than the clip has
        if not source.variable_rate:
            return number / source.rate
        return source.time(start + number) - source.time(start)


def _begin(stack: ExitStack, wanted: list[str], out: Path, folder: Path, plan: Plan) -> dict[str, Sink]:
    """Begin files in a folder; the stack closes them whatever happens."""
    sinks = {}
    for name in wanted:
        file = FILES[name].name
        _refuse_others(out / file)
        sinks[name] = FILES[name].open(folder / file, plan)
        stack.callback(_close, sinks[name])
    return sinks


def _close(sink: Sink) -> None:
    """Close a file that may be half written, which an encoder may refuse."""
    with suppress(Exception):
        sink.close()


def _known(names: Iterable[str]) -> list[str]:
    """Return what is to be written, each once, with what goes along, in the order of FILES."""
    asked = list(names)
    for name in asked:
        if name not in FILES:
            raise ClipError(f"{name!r:.40} is no kind of file; choose from {', '.join(FILES)}.")
    if not asked:
        raise ClipError(f"Nothing is to be written; choose from {', '.join(FILES)}.")
    along = {each for name in asked for each in WITH.get(name, ())}
    return [name for name in FILES if name in asked or name in along]


def _remarks(plan: Plan, names: Iterable[str]) -> Iterator[str]:
    width, height = plan.source.size
    even = [FILES[name].name for name in names if FILES[name].even]
    if even and (width % 2 or height % 2):
        yield (
            f"{' and '.join(even)}: {width + width % 2} x {height + height % 2}, the last column or row twice, for "
            "such films have even sides"
        )


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Turn an encoder's refusals and the system's into one sentence."""
    from av.error import FFmpegError

    with explained(out):
        try:
            yield
        except FFmpegError as error:
            if isinstance(error, OSError):
                raise
            raise ClipError(
                f"The film cannot be encoded ({error.strerror}); choose another kind of file."
            ) from error


def _refuse_others(path: Path) -> None:
    """Raise OSError where a folder of frames holds what is not ours, or a folder is where a file goes."""
    if not path.is_dir():
        if path.suffix or not path.exists():
            return
        raise NotADirectoryError(None, f"{path.name} in it is a file")
    if path.suffix:
        raise IsADirectoryError(None, f"{path.name} in it is a folder")
    if any(not _NUMBERED.fullmatch(each.name) for each in path.iterdir()):
        raise IsADirectoryError(None, f"{path.name} in it holds files of others")


def _move(folder: Path, out: Path, names: list[str]) -> None:
    """Move files and folders into `out`; should one fail, put everything back."""
    previous = folder / "previous"
    previous.mkdir()
    try:
        for name in names:
            _refuse_others(out / name)
            if os.path.lexists(out / name):
                os.replace(out / name, previous / name)
            os.replace(folder / name, out / name)
    except BaseException:
        for name in names:
            if not os.path.lexists(folder / name):  # it was moved
                os.replace(out / name, folder / name)
            if os.path.lexists(previous / name):
                os.replace(previous / name, out / name)
        raise
