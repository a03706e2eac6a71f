"""The sound of a clip beside its new pictures: copied where the new container takes it, encoded anew where not."""

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sama.video.container import import_av
from sama.video.sniff import kind_of

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler, Packet
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

# What a container takes as it is, and what its sound is encoded as otherwise; 48 kHz, which Opus insists on.
COPIED = {
    "webm": ("opus", "vorbis"),
    "mp4": ("aac", "mp3", "alac"),
    "mov": ("aac", "mp3", "alac", "pcm_s16le", "pcm_s24le"),
}
_ENCODERS = {"webm": ("libopus", "flt"), "mp4": ("aac", "fltp"), "mov": ("pcm_s16le", "s16")}
_RATE = 48_000
_NEEDS_HEADER = ("aac", "alac", "vorbis", "opus")


class Sound:
    """The sound of one source, written in step with the pictures, packet by packet.

    What lies before the first written frame is left out, and what lies after the last; to within a packet, about 20 ms.
    """

    def __init__(self, output: "OutputContainer", kind: str, source: Path, start: Fraction):
        """output: where it goes, of a kind in COPIED, before its first packet; start: on the source's clock, in
        seconds, of what is time 0 there. Raises av.FFmpegError for a source that cannot be opened."""
        av = import_av()
        self._output, self._start = output, start
        self._input = av.open(f"file:{source}", format=kind_of(source), metadata_errors="replace")
        stream = self._input.streams.audio[0]
        codec = stream.codec_context
        self._copied = codec.name in COPIED[kind] and (
            codec.name not in _NEEDS_HEADER or bool(codec.extradata)
        )
        if start > 0:
            self._input.seek(int(start / (stream.time_base or 1)), stream=stream, backward=True)
        if self._copied:
            self._target = cast("AudioStream", output.add_stream_from_template(stream))
            packets = self._copies(stream)
        else:
            name, sample = _ENCODERS[kind]
            self._target = cast("AudioStream", output.add_stream(name, rate=_RATE))
            layout = "mono" if codec.channels == 1 else "stereo"
            self._target.codec_context.layout = layout
            self._target.codec_context.format = sample
            packets = self._encoded(stream, sample, layout)
        self._packets = packets
        self._next: tuple[Fraction, Packet] | None = None

    def write(self, until: Fraction) -> None:
        """Write what is heard before a time, in seconds from the first written frame."""
        while True:
            if self._next is None:
                self._next = next(self._packets, None)
            if self._next is None or self._next[0] >= until:
                return
            self._output.mux(self._next[1])
            self._next = None

    def close(self) -> None:
        """Let go of the source."""
        self._packets.close()
        self._input.close()

    def _copies(self, stream: "AudioStream") -> Generator[tuple[Fraction, "Packet"]]:
        tick = stream.time_base or Fraction(1, _RATE)
        shift, first = round(self._start / tick), True
        for packet in self._input.demux(stream):
            if packet.pts is None or packet.size == 0 or packet.is_corrupt:
                continue
            at = packet.pts - shift
            if at < -((packet.duration or 0) // 2):
                continue
            packet.pts = packet.dts = max(0, at) if first else at
            first = False
            packet.stream = self._target
            yield at * tick, packet

    def _encoded(
        self, stream: "AudioStream", sample: str, layout: str
    ) -> Generator[tuple[Fraction, "Packet"]]:
        import av

        encoder = self._target.codec_context
        encoder.open()
        resampler = av.AudioResampler(sample, layout, _RATE, encoder.frame_size or None)
        for packet in self._sound_of(resampler, self._heard(stream)):
            yield (packet.pts or 0) * (packet.time_base or Fraction(1, _RATE)), packet

    def _sound_of(self, resampler: "AudioResampler", heard: Iterator["AudioFrame"]) -> Iterator["Packet"]:
        """Yield encoded packets; their clock starts with the first frame that is heard."""
        done: int | None = None
        for frame in heard:
            if done is None:
                done = round(max(Fraction(0), (_time(frame) or self._start) - self._start) * _RATE)
            frame.pts = None
            for part in resampler.resample(frame):
                part.pts, part.time_base = done, Fraction(1, _RATE)
                done += part.samples
                yield from self._target.encode(part)
        for part in resampler.resample(None) if done is not None else ():
            part.pts, part.time_base = done, Fraction(1, _RATE)
            done = (done or 0) + part.samples
            yield from self._target.encode(part)
        yield from self._target.encode(None)

    def _heard(self, stream: "AudioStream") -> Iterator["AudioFrame"]:
        """Yield decoded frames from the start on."""
        from av.error import FFmpegError

        for packet in self._input.demux(stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                continue  # a damaged packet is a moment of silence, and no reason to lose the pictures
            for frame in frames:
                at = _time(frame)
                if at is not None and at - self._start >= -Fraction(frame.samples, 2 * frame.sample_rate):
                    yield frame


def _time(frame: "AudioFrame") -> Fraction | None:
    """When a frame is heard, on its source's clock."""
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
