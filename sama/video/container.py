"""A file as a clip, decoded by PyAV (FFmpeg's libraries)."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sama.errors import INSTALL_VIDEO, ClipError
from sama.video.frames import Clip, Frame
from sama.video.limits import check_size
from sama.video.picture import Painter
from sama.video.sniff import NO_SEEK, cut_short, kind_of
from sama.video.timing import read_timing

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

_LOST = 2  # frames at the end that may be missing although the file counts them: the last one is held instead
_FIRST = 200  # packets in which the first frame must be found


class FileClip(Clip):
    """See `Clip`. Each iteration has a decoder of its own, which it closes at its end or when it is dropped."""

    def __init__(self, path: Path, max_pixels: int, max_frames: int | None):
        """Raises ClipError, OSError, MemoryError."""
        self.path = path
        self.name = path.name
        self._kind = kind_of(path)
        with self._opened() as (container, stream):
            check_size(self.name, (stream.codec_context.width, stream.codec_context.height), max_pixels)
            self._timing = read_timing(container, stream, self._kind, self.name, max_frames)
            self.has_sound = any(each.codec_context is not None for each in container.streams.audio)
        with self._opened() as (container, stream), closing(self._decoded(container, stream)) as decoded:
            first = next(decoded, None)
            if first is None:
                raise cut_short(self.name)
            self._painter = Painter(first, stream.sample_aspect_ratio)
        check_size(self.name, self._painter.size, max_pixels)
        self.size = self._painter.size
        self.frames = len(self._timing.stamps)
        self.rate = self._timing.rate
        self.tick = self._timing.tick if self._timing.variable else 1 / self.rate
        self.variable_rate = self._timing.variable
        varies = [f"variable frame rate, {float(self.rate):.4g} a second on average"] * self.variable_rate
        self.notes = (*self._painter.notes, *varies)

    @property
    def start(self) -> Fraction:
        """When the first frame is shown on the file's own clock, in seconds, which its sound goes by."""
        return self._timing.start

    def time(self, index: int) -> Fraction:
        """See `Clip`."""
        if not 0 <= index <= len(self._timing.stamps):
            raise self._beyond(index)
        return self._timing.time(index)

    def between(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """See `Clip`."""
        self._check_range(start, end)
        last = len(self._timing.stamps)
        return self._frames(start, last if end is None else min(end, last))

    def _frames(self, start: int, end: int) -> Iterator[Frame]:
        """Yield each frame from `start` on and before `end`; one that the decoder left out is the one before it."""
        number, shown = start, None
        with closing(self._pictures(start)) as pictures:
            for index, picture in pictures:
                # What the decoder left out is held from before; from after only at the start, where nothing is before.
                held = picture if shown is None else shown
                while number < min(index, end):
                    yield Frame(number, self.time(number), self._painter.paint(held))
                    number += 1
                if number == index < end:
                    yield Frame(number, self.time(number), self._painter.paint(picture))
                    number += 1
                if number >= end:
                    return
                shown = picture
        if shown is None or end - number > _LOST:
            raise cut_short(self.name)
        for left in range(number, end):
            yield Frame(left, self.time(left), self._painter.paint(shown))

    def _pictures(self, start: int) -> Generator[tuple[int, "VideoFrame"]]:
        """Yield frames as decoded with their numbers, from `start` or a little before."""
        timing = self._timing
        if start and timing.told and self._kind not in NO_SEEK:
            with self._opened() as (container, stream):
                container.seek(timing.stamps[start], stream=stream, backward=True)
                with closing(self._decoded(container, stream)) as decoded:
                    first = next(decoded, None)
                    if first is not None and first.pts is not None and timing.index(first.pts) <= start:
                        yield timing.index(first.pts), first
                        for frame in decoded:
                            yield timing.index(frame.pts or 0), frame
                        return
        with self._opened() as (container, stream), closing(self._decoded(container, stream)) as decoded:
            for count, frame in enumerate(decoded):
                stamped = timing.told and frame.pts is not None
                yield (timing.index(frame.pts) if stamped and frame.pts is not None else count), frame

    def _decoded(self, container: "InputContainer", stream: "VideoStream") -> Generator["VideoFrame"]:
        """Yield the frames from where the container stands. Raises ClipError."""
        decoder = _decoder(stream)
        found = False
        for count, packet in enumerate(container.demux(stream)):
            for frame in self._decode(decoder, packet, found):
                found = True
                yield frame
            if packet.size == 0 or (not found and count > _FIRST):
                return

    def _decode(self, decoder: "VideoCodecContext", packet: "Packet", found: bool) -> "list[VideoFrame]":
        """Return what a packet gives; before the first frame a packet may need one that is not there."""
        from av.error import EOFError as Over
        from av.error import FFmpegError

        try:
            return decoder.decode(packet if packet.size else None)
        except Over:
            return []
        except FFmpegError:
            if not found:
                return []
            raise

    @contextmanager
    def _opened(self) -> Iterator[tuple["InputContainer", "VideoStream"]]:
        """Open the file anew and find its pictures."""
        av = import_av()
        from av.error import FFmpegError

        try:
            with av.open(f"file:{self.path}", format=self._kind, metadata_errors="replace") as container:
                yield container, _pictures_of(container, self.name)
        except FFmpegError as error:
            if isinstance(error, PermissionError | FileNotFoundError):
                raise
            raise cut_short(self.name) from error


def import_av():
    """Return PyAV; raises ClipError where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise ClipError(f"Clips need PyAV; {INSTALL_VIDEO}.") from error
    return av


def _pictures_of(container: "InputContainer", name: str) -> "VideoStream":
    """Return the first stream of pictures that is no cover; raises ClipError."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise ClipError(
                    f"{name} has pictures in a format that is not read; convert it to MP4 (H.264)."
                )
            stream.thread_type = "AUTO"
            return stream
    only = "only sound" if len(container.streams.audio) else "nothing to see"
    raise ClipError(f"{name} has no pictures, {only} in it; choose a clip with pictures.")


def _decoder(stream: "VideoStream") -> "VideoCodecContext":
    """Return what decodes a stream: its own decoder, but for VP8 and VP9 with alpha, which FFmpeg's own passes over."""
    import av

    own = stream.codec_context
    other = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(own.name)
    tags = {name.lower(): value for name, value in stream.metadata.items()}
    if tags.get("alpha_mode") != "1" or other not in av.codecs_available:
        return own
    decoder = av.CodecContext.create(other, "r")
    if own.extradata:
        decoder.extradata = own.extradata
    return decoder  # pyright: ignore[reportReturnType]
