"""When the frames of a stream are shown, read from its packets without decoding one."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sama.video.limits import check_frames
from sama.video.sniff import cut_short

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_SLACK = Fraction(12, 100)  # seconds that a container may say it is longer than its packets are


@dataclass(frozen=True)
class Timing:
    """stamps: of the frames in the order in which they are shown, in ticks; end: the tick at which the last is over;
    tick: seconds; rate: frames a second, on average where `variable`; told: whether the stamps are the file's own, or
    made up from the rate for a file that has none."""

    stamps: list[int]
    end: int
    tick: Fraction
    rate: Fraction
    variable: bool
    told: bool

    def time(self, index: int) -> Fraction:
        """Seconds from the first frame to a frame; to the end for the number after the last."""
        stamp = self.stamps[index] if index < len(self.stamps) else self.end
        return (stamp - self.stamps[0]) * self.tick

    @property
    def start(self) -> Fraction:
        """When the first frame is shown, on the file's own clock, which its sound goes by."""
        return self.stamps[0] * self.tick if self.told else Fraction(0)

    def index(self, stamp: int) -> int:
        """Which frame is shown at a tick; -1 before the first."""
        return bisect_right(self.stamps, stamp) - 1


def read_timing(
    container: "InputContainer", stream: "VideoStream", kind: str, name: str, max_frames: int | None
) -> Timing:
    """Read a container to its end; kind: its reader, see `sniff`. Raises ClipError for one that is cut short, has too
    many frames, or one."""
    check_frames(name, max(stream.frames, 2), max_frames)
    tick = stream.time_base or Fraction(1, 90_000)
    stamps, unshown, until, last = [], 0, Fraction(0), 0
    streams = [stream, *container.streams.audio]
    for packet in container.demux(*streams):
        if packet.size == 0:  # the end
            continue
        if packet.is_corrupt:
            raise cut_short(name)
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and packet.time_base:
            until = max(until, (stamp + (packet.duration or 0)) * packet.time_base)
        if packet.stream_index != stream.index:
            continue
        if packet.is_discard:
            unshown += 1
            continue
        stamps.append(packet.pts)
        last = packet.duration or last
        check_frames(name, max(len(stamps), 2), max_frames)
    check_frames(name, len(stamps), max_frames)
    _check_whole(container, stream, kind, name, len(stamps) + unshown, until)
    return _timing(stamps, tick, last, stream)


def _check_whole(
    container: "InputContainer", stream: "VideoStream", kind: str, name: str, found: int, until: Fraction
) -> None:
    """Raise ClipError where there is less than the container says."""
    if found == 0 or (kind == "mp4" and found < stream.frames):  # such files say how many they hold
        raise cut_short(name)
    if kind == "matroska" and container.duration:
        begun = Fraction(max(container.start_time or 0, 0), 1_000_000)
        if until + _SLACK < Fraction(container.duration, 1_000_000) - begun:
            raise cut_short(name)


def _timing(stamps: list[int | None], tick: Fraction, last: int, stream: "VideoStream") -> Timing:
    known = sorted({stamp for stamp in stamps if stamp is not None})
    said = stream.average_rate or stream.guessed_rate or Fraction(25)
    if len(known) < len(stamps):  # without stamps, as in an AVI with frames that are not in order
        tick = 1 / said
        return Timing(list(range(len(stamps))), len(stamps), tick, said, variable=False, told=False)
    each = Fraction(known[-1] - known[0], len(known) - 1)  # ticks a frame, on average
    rounding = 1 if each > 4 else 0  # of a clock much finer than the frames
    slack = max(each / 50, rounding)
    frames, ticks = len(known) - 1, known[-1] - known[0]
    near = [rate for rate in (stream.average_rate, stream.guessed_rate) if rate]
    rate = next(
        (r for r in near if abs(frames / (r * tick) - ticks) <= slack),
        (1 / (each * tick)).limit_denominator(1001),
    )
    variable = any(abs(stamp - known[0] - i * each) > slack for i, stamp in enumerate(known))
    if last <= 0 or (not variable and abs(last - each) > slack):
        last = max(1, round(each))
    return Timing(known, known[-1] + last, tick, rate, variable, told=True)
