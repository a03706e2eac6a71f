"""What is no clip, or only part of one, is refused with a sentence that says what to do."""

import builtins

import numpy as np
import pytest
from PIL import Image

from sama.errors import ClipError
from sama.video.clip import open_clip
from tests.video.films import ffmpeg, film

pytest.importorskip("av")
pytest.importorskip("imageio_ffmpeg")

H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", 6)


def refused(path, **limits) -> str:
    with pytest.raises(ClipError) as caught:
        list(open_clip(path, **limits))
    sentence = str(caught.value)
    assert sentence.endswith(".") and ". " not in sentence and "\n" not in sentence
    assert ";" in sentence, "no remedy"
    assert str(path.parent) not in sentence or not path.exists()
    return sentence


@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart")])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_mp4(tmp_path, options, share):
    whole = film(tmp_path / "whole.mp4", *H264, *options, frames=40).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: int(len(whole) * share)])
    assert "cut.mp4 is cut short or damaged; export or download it again" in refused(tmp_path / "cut.mp4")


@pytest.mark.parametrize("name", ["a.webm", "a.mkv", "a.gif", "a.apng"])
def test_other_truncated_clips(tmp_path, name):
    options = {"a.webm": ("-c:v", "libvpx-vp9", "-cpu-used", 8, "-deadline", "realtime"), "a.mkv": H264}
    whole = film(tmp_path / name, *options.get(name, ()), frames=40).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * 0.7)])
    assert "cut short" in refused(tmp_path / name)


def test_pictures_are_no_clips(tmp_path):
    for name in ("a.jpg", "a.png", "a.tif", "a.webp", "a.bmp"):
        Image.new("RGB", (9, 9)).save(tmp_path / name)
        assert refused(tmp_path / name) == f"{name} is one picture and no clip; open it as a photo."
    assert "open it as a photo" in refused(film(tmp_path / "one.mp4", *H264, frames=1))
    (tmp_path / "folder").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "folder" / "0.png")
    assert "open it as a photo" in refused(tmp_path / "folder")


def test_sound_alone(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.3", tmp_path / "a.m4a")
    assert (
        refused(tmp_path / "a.m4a") == "a.m4a has no pictures, only sound in it; choose a clip with pictures."
    )


def test_limits_are_said_before_a_frame_is_decoded(tmp_path):
    wide = film(tmp_path / "wide.mkv", "-c:v", "ffv1", size=(10_000, 16), frames=2)
    assert "wide.mkv is 10000 x 16 and the limit is 8192 pixels a side; scale it down" in refused(wide)
    small = film(tmp_path / "small.mp4", *H264, frames=8)
    assert "has frames of 0.003072 megapixels and the limit is 0.003" in refused(small, max_pixels=3000)
    assert refused(small, max_frames=7) == "small.mp4 has 8 frames and the limit is 7; cut it shorter first."
    ffmpeg("-i", small, "-c", "copy", tmp_path / "small.mkv")  # which does not say how many there are
    assert "the limit is 7" in refused(tmp_path / "small.mkv", max_frames=7)


def test_marks_that_hold_nothing(tmp_path):
    clip = open_clip(film(tmp_path / "a.mp4", *H264, frames=4))
    with pytest.raises(ClipError, match=r"Frame 4 lies behind the last of a.mp4; choose one up to frame 3\."):
        clip.between(4)
    with pytest.raises(ClipError, match="is empty; set the mark out behind the mark in"):
        clip.between(2, 2)
    with pytest.raises(ClipError, match="numbered from 0"):
        clip.frame(-1)
    assert [frame.index for frame in clip.between(2, 99)] == [2, 3]


def test_what_is_no_clip_at_all(tmp_path):
    # Lists of other files and addresses among them, which FFmpeg would follow.
    lists = b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", b"ffconcat version 1.0\nfile a.mp4\n"
    for data in (b"", b"hello", b"\0" * 5000, np.random.default_rng(0).bytes(3000), *lists):
        (tmp_path / "x.mp4").write_bytes(data)
        assert "MP4, MOV, WebM, MKV, AVI, GIF or APNG" in refused(tmp_path / "x.mp4")
    assert "does not exist; check its path" in refused(tmp_path / "none.mp4")


def test_damage_anywhere_is_a_sentence_or_a_picture(tmp_path):
    whole = film(tmp_path / "a.mp4", *H264, frames=8).read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(25):
        bad = bytearray(whole)
        for at in rng.integers(32, len(bad), 6):
            bad[at] = rng.integers(256)
        (tmp_path / "bad.mp4").write_bytes(bad)
        try:
            frames = [frame.rgb.shape for frame in open_clip(tmp_path / "bad.mp4")]
        except ClipError:
            continue
        assert len(frames) > 1 and len(set(frames)) == 1


def test_without_the_extra_it_says_how_to_get_it(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4", *H264, frames=2)
    real = builtins.__import__

    def without(name, *rest):
        if name == "av" or name.startswith("av."):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert refused(path) == "Clips need PyAV; run `pip install 'sama-studio[video]'`."
