"""One film file: pictures through an encoder, sound beside them, time stamps as they are."""

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from sama.errors import ClipError
from sama.video.container import FileClip, import_av
from sama.video.frames import Clip, Steady
from sama.video.sound import Sound

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_BT709 = 1  # H.273's number of primaries, curve and matrix alike
_NARROW = 1  # samples from 16 to 235
# What encodes H.264 differs between builds; MPEG-4 is what each has.
_FILM = (
    ("libx264", {"crf": "16", "preset": "veryfast"}),
    ("libopenh264", {"b": "8M"}),
    ("mpeg4", {"b": "20M", "qmin": "1", "qmax": "4"}),
)


class Film:
    """A film that is being written; `kind` is its container: webm, mp4 or mov."""

    def __init__(
        self,
        path: Path,
        source: Clip | Steady,
        *,
        encoder: str,
        pixels: str,
        options: dict[str, str],
        sound_from: Fraction | None,
    ):
        """source: whose size, clock and sound these are; pixels: the encoder's format; sound_from: the time in the clip
        from which its sound is kept, None for none. Raises ClipError, OSError."""
        av = import_av()
        self.kind = path.suffix[1:]
        self._pixels, self._tick = pixels, source.tick
        self._even = pixels == "yuv420p" and encoder != "libvpx-vp9"
        self._sound = None
        self._durations: dict[int, int] = {}
        self._output = av.open(str(path), "w", format=self.kind, options=_muxing(self.kind, source.tick))
        self._stream = cast("VideoStream", self._output.add_stream(encoder, rate=_rate(source)))
        self._setup(source.size, options)
        if sound_from is not None and isinstance(source, FileClip) and source.has_sound:
            self._sound = Sound(self._output, self.kind, source.path, source.start + sound_from)

    def write(self, rgb: np.ndarray, time: Fraction, duration: Fraction) -> None:
        """Write a picture (H, W, 3 or 4), uint8 or uint16 of 0 to 65535; times in seconds from the first."""
        from av import VideoFrame
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        if self._even and (rgb.shape[0] % 2 or rgb.shape[1] % 2):
            rgb = np.pad(rgb, ((0, rgb.shape[0] % 2), (0, rgb.shape[1] % 2), (0, 0)), "edge")
        deep = "64le" if rgb.dtype == np.uint16 else ""
        frame = VideoFrame.from_ndarray(
            np.ascontiguousarray(rgb), ("rgba" if rgb.shape[2] == 4 else "rgb24") + deep
        )
        how = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP
        frame = frame.reformat(
            format=self._pixels,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=int(how),
        )
        frame.color_primaries = frame.color_trc = _BT709
        frame.pts, frame.time_base = round(time / self._tick), self._tick
        self._durations[frame.pts] = max(1, round(duration / self._tick))
        if self._sound is not None:
            self._sound.write(time + duration)
        self._mux(frame)

    def finish(self) -> None:
        """Write what the encoder still holds, and the file's end."""
        self._mux(None)
        self._output.close()

    def close(self) -> None:
        """Let go of everything, finished or not."""
        if self._sound is not None:
            self._sound.close()
        self._output.close()

    def _setup(self, size: tuple[int, int], options: dict[str, str]) -> None:
        stream, codec = self._stream, self._stream.codec_context
        codec.width, codec.height = (n + n % 2 for n in size) if self._even else size
        codec.pix_fmt = self._pixels
        codec.time_base = stream.time_base = self._tick
        codec.color_primaries = codec.color_trc = codec.colorspace = _BT709
        codec.color_range = _NARROW
        codec.options = options
        codec.bit_rate = 0  # the options say how good it is

    def _mux(self, frame) -> None:
        for packet in self._stream.encode(frame):
            if packet.pts is not None and packet.time_base == self._tick:
                packet.duration = self._durations.pop(packet.pts, packet.duration)
            self._output.mux(packet)


def film_encoder() -> tuple[str, dict[str, str]]:
    """Return what films without alpha are encoded by, and its options."""
    av = import_av()
    for name, options in _FILM:
        if name in av.codecs_available:
            return name, options
    raise ClipError("This build of PyAV encodes no film; install the one from PyPI.")


def _rate(source: Clip | Steady) -> Fraction:
    return source.rate.limit_denominator(1_000_000)


def _muxing(kind: str, tick: Fraction) -> dict[str, str]:
    """Options of a container: an MP4's clock is the clip's own, and its index comes first."""
    if kind not in ("mp4", "mov"):
        return {}
    scale = tick.denominator
    while scale < 10_000:
        scale *= 2
    return {"video_track_timescale": str(scale), "movflags": "+faststart+write_colr"}
