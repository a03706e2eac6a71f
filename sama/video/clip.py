"""Open any clip: a file of frames and sound, or a folder of pictures."""

from fractions import Fraction
from os import PathLike
from pathlib import Path

from sama.errors import ClipError
from sama.video.container import FileClip
from sama.video.folder import FolderClip
from sama.video.frames import Clip, Frame, Steady
from sama.video.limits import MAX_PIXELS

__all__ = ["Clip", "Frame", "Steady", "open_clip"]


def open_clip(
    path: str | PathLike,
    *,
    max_pixels: int = MAX_PIXELS,
    max_frames: int | None = None,
    rate: Fraction | int | None = None,
) -> Clip:
    """Open a clip (MP4, MOV, WebM, Matroska, AVI, MPEG, GIF, APNG) or a folder of frames in the order of their names.

    max_pixels: of a frame; max_frames: `limits.MAX_FRAMES` unless said; both are compared with what the file says
    before a frame is decoded. rate: frames a second of a folder, 25 unless said, for nothing in it tells. Raises
    ClipError, with one sentence, for what is no clip, is damaged or beyond the limits.
    """
    path = Path(path)
    if not path.exists():
        raise ClipError(f"{path} does not exist; check its path.")
    try:
        if path.is_dir():
            return FolderClip(path, max_pixels, max_frames, Fraction(rate or 25))
        return FileClip(path, max_pixels, max_frames)
    except OSError as error:
        raise ClipError(
            f"{path.name} cannot be read ({error.strerror or error}); change its permissions."
        ) from error
    except MemoryError as error:
        raise ClipError(f"{path.name} does not fit into memory; scale it down first.") from error
