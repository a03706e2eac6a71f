"""Clips are read as another program reads them, one frame at a time."""

import weakref
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from sama.errors import ClipError
from sama.video.clip import open_clip
from sama.video.picture import Painter
from tests.video.films import decoded, ffmpeg, film, near

pytest.importorskip("av")
pytest.importorskip("imageio_ffmpeg")

H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", 5)
KINDS = {
    "h264.mp4": H264,
    "h264.ts": H264,
    "vp9.webm": ("-c:v", "libvpx-vp9", "-g", 5, "-cpu-used", 8, "-deadline", "realtime"),
    "ten_bit.mkv": ("-c:v", "ffv1", "-pix_fmt", "yuv422p10le"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-bf", 2, "-q:v", 2),
    "mpeg2.mpg": ("-c:v", "mpeg2video", "-q:v", 2),
    "sorenson.flv": ("-c:v", "flv", "-q:v", 2),
    "wmv2.wmv": ("-c:v", "wmv2", "-q:v", 2),
    "palette.gif": (),
    "moving.apng": ("-plays", 0),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", 3),
    "full.mov": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", 2),
}


@pytest.mark.parametrize("name", KINDS)
def test_frames_are_those_that_ffmpeg_shows(tmp_path, name):
    path = film(tmp_path / name, *KINDS[name])
    with open_clip(path) as clip:
        frames = list(clip)
        assert (clip.size, clip.frames, clip.rate, clip.has_sound) == ((64, 48), 12, 25, False)
        assert not clip.variable_rate
        near(np.stack([frame.rgb for frame in frames]), decoded(path, (64, 48)))
        assert [frame.index for frame in frames] == list(range(12))
        assert [frame.time for frame in frames][:2] == [0, Fraction(1, 25)] and clip.time(12) == Fraction(
            12, 25
        )
        for index in (7, 0, 11):
            assert np.array_equal(clip.frame(index).rgb, frames[index].rgb)
        assert [frame.index for frame in clip.between(3, 6)] == [3, 4, 5]
        assert clip.index_at(0.3) == 7 and clip.index_at(99) == 11


@pytest.mark.parametrize("turn", ["0", "90", "180", "-90", "flip"])
def test_phones_are_held_as_they_like(tmp_path, turn):
    plain = film(tmp_path / "plain.mp4", *H264, frames=3)
    said = ("-display_hflip", "-display_rotation", 90) if turn == "flip" else ("-display_rotation", turn)
    ffmpeg(*said, "-i", plain, "-c", "copy", tmp_path / "turned.mp4")
    clip = open_clip(tmp_path / "turned.mp4")
    assert clip.size == ((64, 48) if turn in ("0", "180") else (48, 64))
    near(np.stack([frame.rgb for frame in clip]), decoded(tmp_path / "turned.mp4", clip.size))
    assert ("turned upright as the file says" in clip.notes) == (turn != "0")


def test_times_are_exact_where_the_rate_varies(tmp_path):
    keep = r"select=not(mod(n\,4))+eq(mod(n\,4)\,1)"
    path = film(tmp_path / "vfr.mp4", "-vf", keep, "-fps_mode", "vfr", *H264, frames=10)
    clip = open_clip(path)
    times = [Fraction(4 * (n // 2) + n % 2, 25) for n in range(10)]
    assert clip.variable_rate and [frame.time for frame in clip] == times
    assert any("variable frame rate" in note for note in clip.notes)
    assert clip.frame(7).time == times[7] and clip.index_at(float(times[6]) + 0.001) == 6


def test_odd_sizes_and_pixels_that_are_not_square(tmp_path):
    odd = film(tmp_path / "odd.webm", *KINDS["vp9.webm"], size=(65, 49), frames=3)
    near(np.stack([frame.rgb for frame in open_clip(odd)]), decoded(odd, (65, 49)))
    wide = open_clip(film(tmp_path / "wide.mp4", "-vf", "setsar=3/2", *H264, frames=2))
    assert wide.size == (96, 48) and wide.frame(1).rgb.shape == (48, 96, 3)
    assert "not square" in wide.notes[0]


@pytest.mark.parametrize(
    ("matrix", "size"), [("bt709", (64, 48)), ("smpte170m", (64, 48)), (None, (64, 48)), (None, (1280, 720))]
)
def test_colours_come_by_the_matrix_that_is_said_or_usual(tmp_path, matrix, size):
    name = matrix or ("bt709" if size[1] >= 720 else "smpte170m")
    to = f"format=gbrp,scale=out_color_matrix={name}:out_range=tv,format=yuv444p"
    tags = ("-colorspace", matrix) if matrix else ("-bsf:v", "h264_metadata=matrix_coefficients=2")
    source = f"color=c=0xC03020:size={size[0]}x{size[1]}:rate=25"
    path = film(tmp_path / "red.mp4", "-vf", to, "-c:v", "libx264", "-qp", 1, *tags, source=source, frames=2)
    rgb = open_clip(path).frame(1).rgb
    assert np.abs(rgb.astype(int) - [0xC0, 0x30, 0x20]).max() <= 3


def test_hdr_is_shown_as_on_an_ordinary_screen(tmp_path):
    # 203 cd/m2, the diffuse white of BT.2408, is 0.581 in PQ: 64 + 876 * 0.581 = 573; it is shown as half the light.
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    grey = f"format=yuv420p10le,geq=lum=573:cb=512:cr=512,{tags}"
    path = film(tmp_path / "hdr.mp4", "-vf", grey, "-c:v", "libx264", frames=2)
    clip = open_clip(path)
    assert clip.notes == ("HDR (PQ) shown as on an ordinary screen",)
    assert np.abs(clip.frame(0).rgb.astype(int) - 188).max() <= 2  # sRGB of 0.5


def test_transparency_is_shown_on_white_and_combs_are_told(tmp_path):
    fade = "format=rgba,geq=r=0:g=0:b=0:a=128"
    path = film(tmp_path / "clear.mov", "-vf", fade, "-c:v", "qtrle", frames=2)
    clip = open_clip(path)
    assert clip.notes == ("transparency shown on white",) and (clip.frame(1).rgb == 127).all()
    woven = open_clip(film(tmp_path / "woven.mp4", *H264, "-flags", "+ildct", "-x264opts", "tff=1", frames=3))
    assert woven.frames == 3 and "interlaced" in woven.notes[0]


def test_a_folder_of_frames_is_a_clip(tmp_path):
    for number, kind in ((10, "png"), (2, "jpg"), (1, "webp")):
        Image.new("RGB", (12, 8), (number, 0, 0)).save(tmp_path / f"f{number}.{kind}", lossless=True)
    clip = open_clip(tmp_path, rate=10)
    assert [int(np.rint(frame.rgb[..., 0].mean())) for frame in clip] == [1, 2, 10]
    assert (clip.size, clip.frames, clip.rate, clip.frame(2).time) == ((12, 8), 3, 10, Fraction(1, 5))
    Image.new("RGB", (13, 8)).save(tmp_path / "f3.png")
    with pytest.raises(ClipError, match=r"f3.png is 13 x 8 and the first frame 12 x 8; bring"):
        list(open_clip(tmp_path))


def test_a_long_clip_is_never_held_as_a_whole(tmp_path, monkeypatch):
    path = film(tmp_path / "long.mp4", *H264, "-preset", "ultrafast", size=(32, 32), frames=600)
    painted, paint = [], Painter.paint
    monkeypatch.setattr(Painter, "paint", lambda self, frame: painted.append(1) or paint(self, frame))
    alive, most = weakref.WeakValueDictionary(), 0
    for frame in open_clip(path):
        alive[frame.index] = frame.rgb
        most = max(most, len(alive))
        assert len(painted) <= frame.index + 1
    assert len(painted) == 600 and most <= 3


def test_iterations_go_on_side_by_side(tmp_path):
    clip = open_clip(film(tmp_path / "a.mp4", *H264))
    for one, other in zip(clip.between(2, 8), clip.between(3), strict=False):
        assert other.index == one.index + 1
    assert np.array_equal(clip.frame(5).rgb, next(clip.between(5)).rgb)


def test_an_iteration_that_is_dropped_lets_go_of_the_file(tmp_path, monkeypatch):
    import av

    path, opened, real = film(tmp_path / "a.mp4", *H264), [], av.open
    clip = open_clip(path)
    monkeypatch.setattr(av, "open", lambda *a, **k: opened.append(real(*a, **k)) or opened[-1])
    frames = clip.between(7)
    assert next(frames).index == 7
    frames.close()
    assert len(opened) == 1
    with pytest.raises(AssertionError, match="not open"):
        next(opened[0].demux())
